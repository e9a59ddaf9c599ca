// The bar on top: whose workspace this is, whether the app is connected, light or dark, and who you are.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { openMenu } from '../ui/menu.js';
import { avatar } from './avatar.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

const THEME_KEY = 'workspace.theme';

/** Applies the theme the person chose before; without a choice the system's theme rules. */
export function applyTheme() {
  const theme = localStorage.getItem(THEME_KEY);
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

/**
 * @param {Workspace} workspace
 * @param {(personId: string) => void} become
 */
export function createTopbar(workspace, become) {
  const node = el('header.topbar');

  function draw() {
    const { team, connected } = workspace.state;
    const app = workspace.appName();
    const me = workspace.person(workspace.meId);
    const health = !workspace.live ? 'offline' : connected ? 'ok' : 'waiting';
    const words = {
      offline: 'Workspace server not reachable',
      ok: `${app} connected`,
      waiting: `${app} is not connected`,
    }[health];
    const theme = el(
      'button.icon-button',
      {
        type: 'button',
        'aria-label': 'Switch between light and dark',
        title: 'Light or dark',
        data: { theme: '' },
        onclick: switchTheme,
      },
      icon(isDark() ? 'sun' : 'moon'),
    );
    const person = el(
      'button.you',
      {
        type: 'button',
        'aria-haspopup': 'menu',
        data: { you: workspace.meId },
        onclick: () => choosePerson(person),
      },
      el('span.you-are', null, 'You are:'),
      avatar(workspace, me, 'tiny'),
      el('strong', null, firstName(me?.real_name ?? '…')),
      icon('chevron'),
    );
    node.replaceChildren(
      el(
        'a.brand',
        { href: '#/', 'aria-label': 'All channels' },
        el('span.brand-mark', { 'aria-hidden': 'true' }, (team.name || '·').slice(0, 1)),
        el('span.brand-name', null, team.name),
        el('span.brand-kind', null, 'local workspace'),
      ),
      el(
        'span.health',
        { data: { health }, role: 'status', title: words },
        el('span.dot'),
        el('span.health-words', null, words),
      ),
      theme,
      person,
    );
  }

  function switchTheme() {
    const theme = isDark() ? 'light' : 'dark';
    localStorage.setItem(THEME_KEY, theme);
    document.documentElement.dataset.theme = theme;
    draw();
  }

  /** @param {HTMLElement} anchor */
  function choosePerson(anchor) {
    openMenu(
      anchor,
      workspace.humans().map((human) => ({
        label: human.real_name,
        note:
          [
            human.title,
            human.is_restricted && !/guest/i.test(human.title ?? '') ? 'guest' : '',
            human.team_id && human.team_id !== workspace.state.team.id ? 'other workspace' : '',
          ]
            .filter(Boolean)
            .join(' · ') || `@${human.name}`,
        value: human.id,
        lead: avatar(workspace, human, 'small'),
        checked: human.id === workspace.meId,
        run: () => become(human.id),
      })),
      { title: 'Look, write and click as' },
    );
  }

  return { node, draw };
}

/** @param {string} name */
function firstName(name) {
  return name.split(' ')[0] ?? name;
}

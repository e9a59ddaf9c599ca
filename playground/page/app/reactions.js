// Reactions below a message, and the picker that adds one.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { EMOJI_GROUPS, emojiFor } from '../text/emoji.js';
import { showAt } from '../ui/menu.js';
import { react } from './control-api.js';
import { report } from './page-context.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Message} Message */

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {string} channel
 */
export function reactionRow(workspace, message, channel) {
  const pills = (message.reactions ?? []).map((reaction) => {
    const mine = reaction.users.includes(workspace.meId);
    const names = reaction.users.map((id) => workspace.person(id)?.real_name ?? id).join(', ');
    return el(
      mine ? 'button.reaction.mine' : 'button.reaction',
      {
        type: 'button',
        title: `${names} reacted with :${reaction.name}:`,
        'aria-pressed': String(mine),
        data: { reaction: reaction.name },
        onclick: () => toggle(workspace, message, channel, reaction.name),
      },
      el('span.emoji', null, emojiFor(reaction.name.split('::')[0] ?? '') ?? `:${reaction.name}:`),
      el('span', null, reaction.count),
    );
  });
  const add = el(
    'button.reaction.add',
    { type: 'button', 'aria-label': 'Add a reaction', onclick: () => openPicker(add, pick) },
    icon('smile'),
  );
  const pick = (/** @type {string} */ name) => toggle(workspace, message, channel, name);
  return el('div.reactions', null, pills, add);
}

/**
 * Adds the person's reaction, or takes it back when it is there.
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {string} channel
 * @param {string} name
 */
export function toggle(workspace, message, channel, name) {
  const mine = message.reactions?.find((reaction) => reaction.name === name)?.users.includes(workspace.meId);
  react({ user: workspace.meId, channel, ts: message.ts, name, ...(mine ? { remove: true } : {}) }).catch(
    report,
  );
}

/**
 * @param {HTMLElement} anchor
 * @param {(name: string) => void} pick
 */
export function openPicker(anchor, pick) {
  const search = /** @type {HTMLInputElement} */ (
    el('input.text-input', { type: 'search', placeholder: 'Find an emoji', 'aria-label': 'Find an emoji' })
  );
  const body = el('div.picker-body');
  const node = el(
    'div.menu.picker',
    { popover: 'auto', role: 'dialog', 'aria-label': 'Emoji' },
    search,
    body,
  );
  const draw = () => {
    const wanted = search.value.trim().toLowerCase().replaceAll(':', '');
    const groups = EMOJI_GROUPS.map(([group, pairs]) => {
      const found = pairs.filter(([name]) => name.includes(wanted));
      if (found.length === 0) return null;
      const keys = found.map(([name, glyph]) =>
        el(
          'button.picker-key',
          { type: 'button', title: `:${name}:`, data: { emoji: name }, onclick: () => choose(name) },
          glyph,
        ),
      );
      return el('section', null, el('h4', null, group), el('div.picker-grid', null, keys));
    });
    const shown = groups.filter((group) => group !== null);
    body.replaceChildren(...(shown.length > 0 ? shown : [el('p.muted', null, 'No emoji with this name.')]));
  };
  const choose = (/** @type {string} */ name) => {
    node.hidePopover();
    pick(name);
  };
  search.addEventListener('input', draw);
  search.addEventListener('keydown', (event) => {
    const first = body.querySelector('.picker-key');
    if (event.key === 'Enter' && first instanceof HTMLElement) first.click();
  });
  draw();
  showAt(anchor, node);
  search.focus();
}

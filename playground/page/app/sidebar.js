// The left side: channels, direct messages, the app. Bold is unread, a number is for you.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { appAvatar, avatar } from './avatar.js';
import { currentRoute, linkTo } from './route.js';
import { unreadRoots } from './unread.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Channel} Channel */

/** @param {Workspace} workspace */
export function createSidebar(workspace) {
  const node = el('nav.sidebar', { 'aria-label': 'Channels' });

  function draw() {
    const mine = workspace.myChannels();
    const dms = mine.filter((channel) => channel.is_im);
    node.replaceChildren(
      section('Channels', mine.filter((channel) => !channel.is_im).map(channelRow)),
      section('Direct messages', dms.map(directRow)),
      section('Apps', [appRow()]),
      el(
        'p.sidebar-note',
        null,
        'A local workspace. It speaks Slack’s protocol on this machine; nothing leaves it. ',
        (workspace.state.samples ?? 0) > 0 && el('a', { href: '/gallery' }, 'Every message it can show'),
      ),
    );
  }

  /** @param {Channel} channel */
  function channelRow(channel) {
    return row(channel, el('span.row-icon', null, channel.is_private ? icon('lock') : '#'), channel.name);
  }

  /** @param {Channel} channel */
  function directRow(channel) {
    const other = workspace.otherSide(channel);
    return row(
      channel,
      avatar(workspace, other, 'tiny'),
      workspace.channelName(channel),
      other?.is_bot === true || other?.id === workspace.state.app.bot_user_id,
    );
  }

  /**
   * @param {Channel} channel
   * @param {Node} lead
   * @param {string} name
   * @param {boolean} [isApp]
   */
  function row(channel, lead, name, isApp = false) {
    const here = currentRoute().channel === channel.id;
    const unread = here ? [] : unreadRoots(workspace.meId, channel.id, workspace.roots.get(channel.id) ?? []);
    const forMe = channel.is_im
      ? unread.length
      : unread.filter((message) =>
          JSON.stringify([message.text, message.blocks ?? []]).includes(workspace.meId),
        ).length;
    return el(
      'a.row',
      {
        href: linkTo(channel.id),
        class: `${here ? 'here' : ''} ${unread.length > 0 ? 'unread' : ''}`,
        'aria-current': here ? 'page' : null,
        data: { channelId: channel.id },
      },
      lead,
      el('span.row-name', null, name),
      isApp && el('span.badge', null, 'APP'),
      forMe > 0 && el('span.count', null, forMe),
    );
  }

  function appRow() {
    const here = currentRoute().place === 'app';
    return el(
      'a.row',
      {
        href: '#/app',
        class: here ? 'here' : '',
        'aria-current': here ? 'page' : null,
        data: { appHome: '' },
      },
      appAvatar(workspace, 'tiny'),
      el('span.row-name', null, workspace.appName()),
      el('span.muted.row-side', null, 'Home'),
    );
  }

  return { node, draw };
}

/**
 * @param {string} title
 * @param {Node[]} rows
 */
function section(title, rows) {
  return el('section', { hidden: rows.length === 0 }, el('h2', null, title), rows);
}

// A scrolling list of messages: days, "new" line, grouping by author, and staying at the bottom while the
// person reads there.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { dayName, tsToDate } from '../text/dates.js';
import { messageItem } from './message.js';
import { syncList } from './sync-list.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Message} Message */
/** @typedef {import('./sync-list.js').ListItem} ListItem */

const GROUP_SECONDS = 300;
/** How far from the end still counts as "at the bottom". */
const NEAR_PX = 80;

/**
 * @param {Workspace} workspace
 * @param {{ inThread: boolean }} options
 */
export function createMessageList(workspace, { inThread }) {
  const content = el('div.message-list');
  const toBottom = el(
    'button.to-bottom',
    { type: 'button', hidden: true, onclick: () => stick('smooth') },
    icon('down'),
    'Latest',
  );
  const scroller = el('div.scroller', { tabindex: -1 }, content);
  const node = el('div.scroll-frame', null, scroller, toBottom);
  let pinned = true;
  let shown = '';

  /** @param {ScrollBehavior} [behavior] */
  function stick(behavior = 'instant') {
    pinned = true;
    scroller.scrollTo({ top: scroller.scrollHeight, behavior });
  }

  scroller.addEventListener('scroll', () => {
    pinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    toBottom.hidden = pinned;
  });
  const observer = new ResizeObserver(() => {
    if (pinned) stick();
  });
  observer.observe(content);
  observer.observe(scroller);

  /**
   * @param {string} place Identifies what is listed: another place starts at the bottom again.
   * @param {string} channel
   * @param {Message[]} messages
   * @param {{ newFrom?: string | null }} [options]
   */
  function draw(place, channel, messages, { newFrom = null } = {}) {
    if (place !== shown) {
      content.replaceChildren();
      pinned = true;
      shown = place;
    }
    syncList(content, inThread ? threadItems(channel, messages) : channelItems(channel, messages, newFrom));
    if (pinned) stick();
  }

  /**
   * @param {string} channel
   * @param {Message[]} messages
   * @param {string | null} newFrom
   * @returns {ListItem[]}
   */
  function channelItems(channel, messages, newFrom) {
    /** @type {ListItem[]} */
    const items = [];
    /** @type {Message | null} */
    let before = null;
    let marked = false;
    for (const message of messages) {
      const day = dayName(tsToDate(message.ts));
      if (!before || dayName(tsToDate(before.ts)) !== day) items.push(line('day', day));
      const isNew =
        !marked &&
        newFrom !== null &&
        Number(message.ts) > Number(newFrom) &&
        message.user !== workspace.meId;
      if (isNew) {
        marked = true;
        items.push(line('new', 'New'));
      }
      const compact = !isNew && continues(before, message);
      items.push(messageItem(workspace, message, { channel, inThread, compact }));
      before = message;
    }
    return items;
  }

  /**
   * @param {string} channel
   * @param {Message[]} messages
   * @returns {ListItem[]}
   */
  function threadItems(channel, messages) {
    const [root, ...replies] = messages;
    if (!root) return [];
    const items = [messageItem(workspace, root, { channel, inThread, compact: false })];
    if (replies.length > 0)
      items.push(line('count', replies.length === 1 ? '1 reply' : `${replies.length} replies`));
    /** @type {Message | null} */
    let before = null;
    for (const message of replies) {
      items.push(messageItem(workspace, message, { channel, inThread, compact: continues(before, message) }));
      before = message;
    }
    return items;
  }

  return { node, draw, stick };
}

/**
 * @param {'day' | 'new' | 'count'} kind
 * @param {string} text
 * @returns {ListItem}
 */
function line(kind, text) {
  return {
    key: `${kind}:${kind === 'day' ? text : ''}`,
    sig: text,
    render: () => el(`div.list-rule.rule-${kind}`, null, el('span', null, text)),
  };
}

/**
 * @param {Message | null} before
 * @param {Message} message
 */
function continues(before, message) {
  if (!before || before.subtype || message.subtype || before.is_ephemeral || message.is_ephemeral)
    return false;
  const same =
    before.user === message.user && before.bot_id === message.bot_id && before.username === message.username;
  const close = Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
  const sameDay = dayName(tsToDate(before.ts)) === dayName(tsToDate(message.ts));
  return same && close && sameDay && !before.reply_count && !message.bot_id;
}

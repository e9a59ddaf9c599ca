// One message: who, when, the content (blocks or text), attachments, files, reactions, the way into its thread.

import { groupBlocks, renderGroup } from '../blocks/render.js';
import { el } from '../dom.js';
import { icon } from '../icons.js';
import { ago, clock, fullDate, tsToDate } from '../text/dates.js';
import { mrkdwn } from '../text/mrkdwn.js';
import { sessionMark } from './agent.js';
import { attachmentItems, fileItems } from './attachments.js';
import { author, avatar } from './avatar.js';
import { messageTools } from './message-tools.js';
import { renderContext } from './page-context.js';
import { reactionRow } from './reactions.js';
import { linkTo } from './route.js';
import { syncList } from './sync-list.js';
import { hasUnreadReplies } from './unread.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Message} Message */

/**
 * @typedef {object} Placement
 * @property {string} channel
 * @property {boolean} inThread
 * @property {boolean} compact Same author as the message above, moments later: no face, no name.
 */

/**
 * A list item for syncList: the node is kept over updates, and inside it each unchanged block.
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {Placement} placement
 * @returns {import('./sync-list.js').ListItem}
 */
export function messageItem(workspace, message, placement) {
  const unread = !placement.inThread && hasUnreadReplies(workspace.meId, placement.channel, message);
  return {
    key: `${message.is_ephemeral ? 'e' : 'm'}${message.ts}`,
    sig: JSON.stringify([
      message,
      placement.compact,
      unread,
      workspace.meId,
      workspace.sessionOf(placement.channel, message.ts)?.status,
    ]),
    render: () => {
      const node = el('article.message', { data: { ts: message.ts, channel: placement.channel } });
      node.append(
        el('div.gutter'),
        el('div.message-main', null, el('div.message-head'), el('div.message-body'), el('div.message-foot')),
        el('div.tools'),
      );
      fill(node, workspace, message, placement);
      return node;
    },
    update: (node) => fill(node, workspace, message, placement),
  };
}

/**
 * @param {HTMLElement} node
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {Placement} placement
 */
function fill(node, workspace, message, placement) {
  const { name, isApp, face } = author(workspace, message);
  const part = (/** @type {string} */ selector) =>
    /** @type {HTMLElement} */ (
      node.querySelector(`:scope > ${selector}, :scope > .message-main > ${selector}`)
    );
  const time = timeLink(message, placement);
  node.dataset.user = message.user ?? '';
  node.classList.toggle('compact', placement.compact);
  node.classList.toggle('ephemeral', message.is_ephemeral === true);
  part('.gutter').replaceChildren(placement.compact ? time : face);
  part('.message-head').replaceChildren(
    ...(placement.compact
      ? []
      : [el('span.author', null, name), ...(isApp ? [el('span.badge', null, 'APP')] : []), time]),
  );
  syncList(part('.message-body'), bodyItems(workspace, message, placement));
  part('.message-foot').replaceChildren(...foot(workspace, message, placement));
  part('.tools').replaceChildren(
    ...(message.is_ephemeral || message.subtype === 'tombstone'
      ? []
      : messageTools(workspace, message, placement, node)),
  );
}

/**
 * @param {Message} message
 * @param {Placement} placement
 */
function timeLink(message, placement) {
  const date = tsToDate(message.ts);
  const root = message.thread_ts ?? message.ts;
  return el(
    'a.time',
    { href: linkTo(placement.channel, root), title: fullDate(date), tabindex: -1 },
    el('time', { datetime: date.toISOString() }, clock(date)),
  );
}

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {Placement} placement
 * @returns {import('./sync-list.js').ListItem[]}
 */
function bodyItems(workspace, message, placement) {
  const ctx = renderContext(workspace, {
    surface: 'message',
    place: `${placement.channel}:${message.ts}`,
    target: { channel: placement.channel, ts: message.ts },
  });
  /** @type {import('./sync-list.js').ListItem[]} */
  const items = [];
  if (message.is_ephemeral) {
    items.push({
      key: 'private',
      sig: '',
      render: () => el('div.only-you', null, icon('eye'), 'Only visible to you'),
    });
  }
  const typed = typedText(message);
  if (message.blocks && message.blocks.length > 0 && typed === null) {
    for (const [index, group] of groupBlocks(message.blocks).entries()) {
      // People's names are part of what a block shows, so switching the person draws it anew.
      items.push({
        key: `b${index}`,
        sig: JSON.stringify([shownPart(group), workspace.meId]),
        render: () => renderGroup(group, ctx),
      });
    }
  } else if (typed ?? message.text) {
    const subtle =
      message.subtype === 'tombstone' ||
      /^(channel|group)_(join|leave|topic|purpose|name)$/.test(message.subtype ?? '');
    items.push({
      key: 'text',
      sig: JSON.stringify([message.text, workspace.meId]),
      render: () =>
        el(
          subtle ? 'div.prose.message-text.subtle' : 'div.prose.message-text',
          null,
          mrkdwn(message.text ?? '', ctx),
        ),
    });
  }
  if (message.edited)
    items.push({
      key: 'edited',
      sig: message.edited.ts,
      render: () => el('span.edited', { title: fullDate(tsToDate(message.edited?.ts ?? '0')) }, '(edited)'),
    });
  return [
    ...items,
    ...attachmentItems(message.attachments ?? [], ctx),
    ...fileItems(message.files ?? [], ctx),
  ];
}

/**
 * What of a block can be seen. Slack gives a block without an id a new one at every update; it matters only
 * where there is something to click.
 * @param {import('./control-api.js').Json[]} group
 */
function shownPart(group) {
  const json = JSON.stringify(group);
  if (json.includes('"action_id"')) return json;
  return JSON.stringify(group, (name, value) => (name === 'block_id' ? undefined : value));
}

/**
 * The text of what a person typed: Slack's client keeps it as one rich_text block beside the text, and the
 * text still has the marks (`*`, backticks) that the person wrote.
 * @param {Message} message
 */
function typedText(message) {
  const own = !message.bot_id && message.blocks?.length === 1 && message.blocks[0]?.type === 'rich_text';
  return own && message.text ? message.text : null;
}

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {Placement} placement
 * @returns {HTMLElement[]}
 */
function foot(workspace, message, placement) {
  const nodes = [];
  if (message.reactions && message.reactions.length > 0)
    nodes.push(reactionRow(workspace, message, placement.channel));
  if (!placement.inThread && (message.reply_count ?? 0) > 0)
    nodes.push(replyBar(workspace, message, placement.channel));
  return nodes;
}

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {string} channel
 */
function replyBar(workspace, message, channel) {
  const count = message.reply_count ?? 0;
  const unread = hasUnreadReplies(workspace.meId, channel, message);
  const people = (message.reply_users ?? [])
    .slice(0, 4)
    .map((id) => avatar(workspace, workspace.person(id), 'tiny'));
  return el(
    unread ? 'a.reply-bar.unread' : 'a.reply-bar',
    { href: linkTo(channel, message.ts), data: { openThread: message.ts } },
    el('span.faces', null, people),
    el('strong', null, count === 1 ? '1 reply' : `${count} replies`),
    message.latest_reply &&
      el(
        'span.muted',
        { data: { agoTs: message.latest_reply } },
        `Last reply ${ago(tsToDate(message.latest_reply))}`,
      ),
    unread && el('span.new-mark', null, 'New'),
    sessionMark(workspace, channel, message.ts),
    icon('right', 'go'),
  );
}

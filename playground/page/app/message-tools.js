// What can be done with a message: react, reply, copy its link, run the app's shortcuts, edit, delete.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { unescapeText } from '../text/entities.js';
import { askConfirm } from '../ui/confirm.js';
import { openMenu } from '../ui/menu.js';
import { toast } from '../ui/toast.js';
import { createComposer } from './composer.js';
import { deleteMessage, editMessage, sendShortcut } from './control-api.js';
import { report, textContext } from './page-context.js';
import { openPicker, toggle } from './reactions.js';
import { goTo, linkTo } from './route.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Message} Message */
/** @typedef {import('./message.js').Placement} Placement */

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {Placement} placement
 * @param {HTMLElement} node
 * @returns {HTMLElement[]}
 */
export function messageTools(workspace, message, { channel, inThread }, node) {
  const tool = (
    /** @type {'smile' | 'reply' | 'more'} */ name,
    /** @type {string} */ label,
    /** @type {(button: HTMLElement) => void} */ run,
  ) => {
    const button = el(
      'button.icon-button',
      { type: 'button', title: label, 'aria-label': label, data: { tool: name }, onclick: () => run(button) },
      icon(name),
    );
    return button;
  };
  const smile = tool('smile', 'Add a reaction', (button) =>
    openPicker(button, (name) => toggle(workspace, message, channel, name)),
  );
  const reply = tool('reply', 'Reply in thread', () =>
    goTo(linkTo(channel, message.thread_ts ?? message.ts)),
  );
  const more = tool('more', 'More actions', (button) =>
    openMenu(button, moreItems(workspace, message, channel, node)),
  );
  return inThread ? [smile, more] : [smile, reply, more];
}

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {string} channel
 * @param {HTMLElement} node
 */
function moreItems(workspace, message, channel, node) {
  /** @type {(import('../ui/menu.js').MenuItem | 'line')[]} */
  const items = [
    {
      label: 'Copy link',
      value: 'copy-link',
      lead: icon('link'),
      run: () => copy(`${location.origin}/${linkTo(channel, message.thread_ts ?? message.ts)}`),
    },
  ];
  const shortcuts = (workspace.state.app.shortcuts ?? []).filter((shortcut) => shortcut.type !== 'global');
  if (shortcuts.length > 0) items.push('line');
  for (const shortcut of shortcuts) {
    items.push({
      label: shortcut.name,
      note: workspace.appName(),
      value: shortcut.callback_id,
      lead: icon('bolt'),
      run: () =>
        void sendShortcut({
          user: workspace.meId,
          callback_id: shortcut.callback_id,
          channel,
          ts: message.ts,
        }).catch(report),
    });
  }
  if (message.user !== workspace.meId) return items;
  items.push(
    'line',
    {
      label: 'Edit message',
      value: 'edit',
      lead: icon('pencil'),
      run: () => startEdit(workspace, message, channel, node),
    },
    {
      label: 'Delete message…',
      value: 'delete',
      lead: icon('trash'),
      danger: true,
      run: () => void remove(workspace, message, channel),
    },
  );
  return items;
}

/** @param {string} text */
function copy(text) {
  navigator.clipboard.writeText(text).then(
    () => toast('Link copied.'),
    () => toast(text),
  );
}

/**
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {string} channel
 */
async function remove(workspace, message, channel) {
  const sure = await askConfirm(
    {
      title: 'Delete message',
      text: 'Are you sure you want to delete this message? This cannot be undone.',
      confirm: 'Delete',
      style: 'danger',
    },
    textContext(workspace),
  );
  if (sure) await deleteMessage({ user: workspace.meId, channel, ts: message.ts }).catch(report);
}

/**
 * Puts a composer with the message's text in place of its body.
 * @param {Workspace} workspace
 * @param {Message} message
 * @param {string} channel
 * @param {HTMLElement} node
 */
function startEdit(workspace, message, channel, node) {
  if (node.classList.contains('editing')) return;
  const stop = () => {
    node.classList.remove('editing');
    box.remove();
  };
  const composer = createComposer(workspace, {
    placeholder: 'Edit the message',
    text: plainText(workspace, message.text ?? ''),
    save: true,
    cancel: stop,
    send: async ({ text }) => {
      await editMessage({ user: workspace.meId, channel, ts: message.ts, text });
      stop();
    },
  });
  const box = el('div.edit-box', null, composer.node);
  node.classList.add('editing');
  node.querySelector('.message-main')?.append(box);
  composer.focus();
}

/**
 * Message text as the person would type it: mentions by name, Slack's escapes undone.
 * @param {Workspace} workspace
 * @param {string} text
 */
function plainText(workspace, text) {
  const named = text
    .replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (whole, id) =>
      workspace.person(id) ? `@${workspace.person(id)?.name}` : whole,
    )
    .replace(/<(https?:[^|>]+)(?:\|[^>]*)?>/g, '$1');
  return unescapeText(named);
}

// The middle: one channel's messages and the place to write.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { askConfirm } from '../ui/confirm.js';
import { openMenu } from '../ui/menu.js';
import { promptRow } from './agent.js';
import { avatar } from './avatar.js';
import { createComposer } from './composer.js';
import { addMembers, openHome, postMessage, sendCommand, sendShortcut } from './control-api.js';
import { createMessageList } from './message-list.js';
import { report, textContext } from './page-context.js';
import { goTo, linkTo } from './route.js';
import { alertRow } from './sample-alert.js';
import { markRead, readUpTo } from './unread.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

/** @param {Workspace} workspace */
export function createChannelPane(workspace) {
  const head = el('header.pane-head');
  const list = createMessageList(workspace, { inThread: false });
  const prompts = el('div');
  const foot = el('div.pane-foot');
  const node = el('main.pane.channel-pane', { data: { pane: 'channel' } }, head, list.node, prompts, foot);
  let channelId = '';
  /** Up to where the person had read when the channel was opened: the "new" line stands there. */
  let readBefore = '';
  let composerFor = '';

  /** @param {string} id */
  function open(id) {
    const opened = id !== channelId;
    if (opened) readBefore = readUpTo(workspace.meId, id);
    channelId = id;
    // An agent hears that its messages were opened, and may suggest what to write.
    const channel = workspace.channel(id);
    const app = workspace.state.app.bot_user_id;
    if (opened && channel?.is_im && workspace.otherSide(channel)?.id === app)
      void openHome(workspace.meId, 'messages').catch(report);
    draw();
  }

  function draw() {
    const channel = workspace.channel(channelId);
    if (!channel) {
      composerFor = '';
      prompts.replaceChildren();
      head.replaceChildren(el('h1', null, 'Not here'));
      list.draw('', channelId, []);
      foot.replaceChildren(
        el(
          'p.muted',
          null,
          channelId ? 'This channel does not exist or is not yours to see.' : 'Choose a channel on the left.',
        ),
      );
      return;
    }
    const name = workspace.channelName(channel);
    const other = channel.is_im ? workspace.otherSide(channel) : null;
    const isApp = other?.id === workspace.state.app.bot_user_id;
    const faces = (channel.members ?? [])
      .slice(0, 4)
      .map((id) => avatar(workspace, workspace.person(id), 'tiny'));
    head.replaceChildren(
      el('a.icon-button.go-back', { href: '#/', 'aria-label': 'All channels' }, icon('back')),
      el(
        'div.pane-title',
        null,
        el(
          'h1',
          null,
          channel.is_im
            ? avatar(workspace, other, 'tiny')
            : el('span.hash', null, channel.is_private ? icon('lock') : '#'),
          name,
        ),
        channel.topic && el('p', { title: channel.topic }, channel.topic),
      ),
      el(
        'nav.tabs',
        { hidden: !isApp },
        el('a.tab', { href: '#/app' }, 'Home'),
        el('a.tab.here', { href: linkTo(channelId), 'aria-current': 'page' }, 'Messages'),
      ),
      el(
        'span.faces.members',
        { title: `${channel.members?.length ?? 0} members`, hidden: channel.is_im === true },
        faces,
        el('span.members-count', null, channel.members?.length ?? 0),
      ),
    );
    const messages = workspace.roots.get(channelId);
    list.draw(`${workspace.meId}/${channelId}/${messages ? '' : 'loading'}`, channelId, messages ?? [], {
      newFrom: readBefore,
    });
    if (document.hasFocus() || messages?.at(-1)?.user === workspace.meId)
      markRead(workspace.meId, channelId, messages?.at(-1)?.ts);
    prompts.replaceChildren(promptRow(workspace, channelId) ?? alertRow(workspace, channelId) ?? '');
    if (workspace.isMember(channel)) drawComposer(name, channel.is_im === true);
    else drawJoin(name);
  }

  /**
   * @param {string} name
   * @param {boolean} direct
   */
  function drawComposer(name, direct) {
    const key = `${workspace.meId}/${channelId}`;
    if (composerFor === key) return;
    composerFor = key;
    const composer = createComposer(workspace, {
      placeholder: `Message ${direct ? name : `#${name}`}`,
      send,
    });
    const globals = (workspace.state.app.shortcuts ?? []).filter((shortcut) => shortcut.type === 'global');
    if (globals.length > 0) composer.node.querySelector('.composer-bar')?.prepend(shortcutButton(globals));
    foot.replaceChildren(composer.node);
    if (matchMedia('(hover: hover)').matches && !workspace.thread) composer.focus();
  }

  /** @param {string} name */
  function drawJoin(name) {
    composerFor = '';
    const join = () => void addMembers(channelId, [workspace.meId]).catch(report);
    foot.replaceChildren(
      el(
        'div.visitor',
        null,
        el('span', null, 'You are looking at ', el('strong', null, `#${name}`), ' as a visitor.'),
        el(
          'button.btn.btn-primary.btn-small',
          { type: 'button', data: { join: channelId }, onclick: join },
          'Join',
        ),
      ),
    );
  }

  /**
   * Somebody who mentions the app where it is not a member would wait for an answer in vain.
   * @param {string} text
   */
  async function inviteAppIfAbsent(text) {
    const channel = workspace.channel(channelId);
    const app = workspace.person(workspace.state.app.bot_user_id);
    if (!channel || !app || channel.is_im || channel.members?.includes(app.id)) return;
    if (!new RegExp(`@${app.name}\\b`, 'i').test(text)) return;
    const sure = await askConfirm(
      {
        title: `${workspace.appName()} is not in #${channel.name}`,
        text: 'It will not see your message. Do you want to add it to the channel first?',
        confirm: 'Add it',
        deny: 'Send anyway',
      },
      textContext(workspace),
    );
    if (sure) await addMembers(channelId, [app.id]);
  }

  /** @param {{ text: string, files: import('./control-api.js').Upload[] }} draft */
  async function send({ text, files }) {
    const command = /^(\/[a-z][\w-]*)(?:\s+([\s\S]*))?$/i.exec(text);
    if (command?.[1]) {
      await sendCommand({
        user: workspace.meId,
        channel: channelId,
        command: command[1],
        text: command[2] ?? '',
      });
      return;
    }
    await inviteAppIfAbsent(text);
    await postMessage({
      user: workspace.meId,
      channel: channelId,
      text,
      ...(files.length > 0 ? { files } : {}),
    });
    readBefore = String(Date.now() / 1000);
    list.stick();
  }

  /** @param {import('./control-api.js').Shortcut[]} shortcuts */
  function shortcutButton(shortcuts) {
    const button = el(
      'button.icon-button',
      { type: 'button', title: 'Shortcuts', 'aria-label': 'Shortcuts' },
      icon('bolt'),
    );
    button.addEventListener('click', () =>
      openMenu(
        button,
        shortcuts.map((shortcut) => ({
          label: shortcut.name,
          note: shortcut.description ?? workspace.appName(),
          value: shortcut.callback_id,
          run: () =>
            void sendShortcut({
              user: workspace.meId,
              callback_id: shortcut.callback_id,
              channel: channelId,
            }).catch(report),
        })),
      ),
    );
    return button;
  }

  // A click on a message itself (not on something in it) opens its thread: threads are where the work is.
  list.node.addEventListener('dblclick', (event) => {
    const message = event.target instanceof Element ? event.target.closest('.message') : null;
    if (message instanceof HTMLElement && !getSelection()?.toString())
      goTo(linkTo(channelId, message.dataset.ts));
  });
  return { node, open, draw, current: () => channelId };
}

// The right side: one thread. This is where the product lives, so it gets the room.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { toast } from '../ui/toast.js';
import { sessionMark, stopButton } from './agent.js';
import { createComposer } from './composer.js';
import { postMessage } from './control-api.js';
import { createMessageList } from './message-list.js';
import { linkTo } from './route.js';
import { markRead } from './unread.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

const WIDTH_KEY = 'workspace.threadWidthPx';
const LEAST_WIDTH_PX = 480;

/** @param {Workspace} workspace */
export function createThreadPane(workspace) {
  const head = el('header.pane-head');
  const list = createMessageList(workspace, { inThread: true });
  const status = el('div.status-line', { role: 'status' });
  const foot = el('div.pane-foot');
  const grip = el('div.grip', {
    role: 'separator',
    'aria-orientation': 'vertical',
    'aria-label': 'Width of the thread',
    title: 'Drag to resize',
  });
  const node = el(
    'aside.pane.thread-pane',
    { data: { pane: 'thread' }, 'aria-label': 'Thread', hidden: true },
    grip,
    head,
    list.node,
    status,
    foot,
  );
  let composerFor = '';
  resizable(grip, node);

  function draw() {
    const thread = workspace.thread;
    node.hidden = thread === null;
    document.body.classList.toggle('has-thread', thread !== null);
    if (!thread) return;
    const channel = workspace.channel(thread.channel);
    const name = channel ? workspace.channelName(channel) : thread.channel;
    head.replaceChildren(
      el(
        'a.icon-button.go-back',
        { href: linkTo(thread.channel), 'aria-label': 'Back to the channel' },
        icon('back'),
      ),
      el(
        'div.pane-title',
        null,
        el('h1', null, 'Thread', sessionMark(workspace, thread.channel, thread.ts)),
        el('p', null, el('a', { href: linkTo(thread.channel) }, channel?.is_im ? name : `#${name}`)),
      ),
      stopButton(workspace, thread) ?? '',
      el(
        'button.icon-button',
        {
          type: 'button',
          'aria-label': 'Copy link to this thread',
          title: 'Copy link',
          onclick: () => copyLink(thread),
        },
        icon('link'),
      ),
      el(
        'a.icon-button.close',
        { href: linkTo(thread.channel), 'aria-label': 'Close the thread' },
        icon('close'),
      ),
    );
    const messages = thread.messages ?? [];
    const gone = thread.messages !== null && messages.length === 0;
    list.draw(
      `${workspace.meId}/${thread.channel}/${thread.ts}/${thread.messages ? '' : 'loading'}`,
      thread.channel,
      messages,
    );
    node.classList.toggle('is-gone', gone);
    if (document.hasFocus()) markRead(workspace.meId, `${thread.channel}:${thread.ts}`, messages.at(-1)?.ts);
    drawStatus();
    const key = `${workspace.meId}/${thread.channel}/${thread.ts}`;
    if (composerFor === key) return;
    composerFor = key;
    const composer = createComposer(workspace, { placeholder: 'Reply…', send });
    foot.replaceChildren(composer.node);
    if (matchMedia('(hover: hover)').matches) composer.focus();
  }

  function drawStatus() {
    const thread = workspace.thread;
    const text = thread && workspace.statusOf(thread.channel, thread.ts);
    status.replaceChildren(
      ...(text
        ? [
            el('span.dots', { 'aria-hidden': 'true' }, el('i'), el('i'), el('i')),
            el('span', null, el('strong', null, workspace.appName()), ` ${text}`),
          ]
        : []),
    );
  }

  /** @param {{ text: string, files: import('./control-api.js').Upload[] }} draft */
  async function send({ text, files }) {
    const thread = workspace.thread;
    if (!thread) return;
    if (/^\/[a-z][\w-]*(\s|$)/i.test(text)) {
      toast('Slash commands do not work in threads, as in Slack. Mention the app instead.');
    }
    await postMessage({
      user: workspace.meId,
      channel: thread.channel,
      thread_ts: thread.ts,
      text,
      ...(files.length > 0 ? { files } : {}),
    });
    list.stick();
  }

  return { node, draw, drawStatus };
}

/** @param {{ channel: string, ts: string }} thread */
function copyLink(thread) {
  const address = `${location.origin}/${linkTo(thread.channel, thread.ts)}`;
  navigator.clipboard.writeText(address).then(
    () => toast('Link copied.'),
    () => toast(address),
  );
}

/**
 * @param {HTMLElement} grip
 * @param {HTMLElement} pane
 */
function resizable(grip, pane) {
  const set = (/** @type {number} */ widthPx) => {
    if (widthPx >= LEAST_WIDTH_PX)
      document.documentElement.style.setProperty('--thread-width', `${Math.round(widthPx)}px`);
  };
  set(Number(localStorage.getItem(WIDTH_KEY)));
  grip.addEventListener('pointerdown', (event) => {
    grip.setPointerCapture(event.pointerId);
    const right = pane.getBoundingClientRect().right;
    const move = (/** @type {PointerEvent} */ to) => set(right - to.clientX);
    grip.addEventListener('pointermove', move);
    grip.addEventListener(
      'pointerup',
      () => {
        grip.removeEventListener('pointermove', move);
        localStorage.setItem(WIDTH_KEY, String(pane.getBoundingClientRect().width));
      },
      { once: true },
    );
  });
  grip.addEventListener('dblclick', () => {
    localStorage.removeItem(WIDTH_KEY);
    document.documentElement.style.removeProperty('--thread-width');
  });
}

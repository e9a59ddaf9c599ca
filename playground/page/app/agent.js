// What an app that is an agent says of itself: where a thread stands, with Slack's own Stop, and what to ask it for.

import { el } from '../dom.js';
import { postMessage, stopAgent } from './control-api.js';
import { report } from './page-context.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

/** States that a person has to know of; `active` and `closed` go without saying. */
const STATES = /** @type {Record<string, string>} */ ({
  processing: 'Working',
  suspended: 'Needs an answer',
});

/**
 * A word on where a thread stands, null where there is nothing to say.
 * @param {Workspace} workspace
 * @param {string} channel
 * @param {string} threadTs
 */
export function sessionMark(workspace, channel, threadTs) {
  const status = workspace.sessionOf(channel, threadTs)?.status ?? '';
  const words = STATES[status];
  return words ? el('span.session-mark', { data: { session: status } }, words) : null;
}

/**
 * @param {Workspace} workspace
 * @param {{ channel: string, ts: string }} thread
 */
export function stopButton(workspace, { channel, ts }) {
  if (workspace.sessionOf(channel, ts)?.status !== 'processing') return null;
  const stop = () => void stopAgent({ user: workspace.meId, channel, thread_ts: ts }).catch(report);
  return el(
    'button.btn.btn-small',
    {
      type: 'button',
      title: `Slack’s own Stop for ${workspace.appName()}`,
      data: { agentStop: ts },
      onclick: stop,
    },
    'Stop',
  );
}

/**
 * Below the last message of a conversation with the app. A click sends the message, as in Slack.
 * @param {Workspace} workspace
 * @param {string} channel
 */
export function promptRow(workspace, channel) {
  const suggested = workspace.state.prompts[channel];
  if (!suggested) return null;
  const send = (/** @type {string} */ text) =>
    void postMessage({ user: workspace.meId, channel, text }).catch(report);
  return el(
    'div.prompts',
    { role: 'group', 'aria-label': suggested.title ?? 'Suggested prompts' },
    el('span.prompts-title', null, suggested.title ?? 'Suggested prompts'),
    suggested.prompts.map(({ title, message }) =>
      el('button.prompt', { type: 'button', title: message, onclick: () => send(message) }, title),
    ),
  );
}

// An alert to try in #alerts, as a monitoring app would post it: the same one again is a repeat of it.

import { el } from '../dom.js';
import { postMessage } from './control-api.js';
import { report } from './page-context.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

/** The configuration that `npm start` writes has a rule for this app. Its name comes with each message. */
const MONITOR = { bot_id: 'B0MONITOR1', app_id: 'A0MONITOR1', username: 'Shop monitor', classic: true };

const ALERT = {
  color: '#b3261e',
  title: 'TypeError: Invalid URL',
  text: 'createShop (server.js:32)\nGET //\nThe shop was down for 8 s.',
  fallback: 'TypeError: Invalid URL',
  footer: 'brightloaf-shop · production',
};

/**
 * The button that posts it, where alerts belong; null elsewhere.
 * @param {Workspace} workspace
 * @param {string} channelId
 * @returns {HTMLElement | null}
 */
export function alertRow(workspace, channelId) {
  if (workspace.channel(channelId)?.name !== 'alerts') return null;
  const post = () =>
    void postMessage({ bot: MONITOR, channel: channelId, text: '', attachments: [ALERT] }).catch(report);
  return el(
    'div.prompts',
    { role: 'group', 'aria-label': 'An alert to try' },
    el('span.prompts-title', null, 'To try alerts'),
    el(
      'button.prompt',
      { type: 'button', title: `As the app ${MONITOR.bot_id}`, onclick: post },
      'Post an alert',
    ),
  );
}

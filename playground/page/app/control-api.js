// The workspace server's control API, as this page uses it. Every answer is JSON; every failure becomes
// a ControlError with the server's own words.

/**
 * @typedef {{ id: string, name: string, real_name: string, title?: string, avatar_color?: string, is_bot?: boolean, is_restricted?: boolean, team_id?: string }} Person
 * @typedef {{ id: string, name: string, topic?: string, is_private?: boolean, is_im?: boolean, user?: string, members?: string[] }} Channel
 * @typedef {{ name: string, type?: string, callback_id: string, description?: string }} Shortcut
 * @typedef {{ name: string, icon?: string, bot_user_id: string, shortcuts?: Shortcut[] }} AppInfo
 * @typedef {{ status: string, title?: string }} AgentSession
 * @typedef {{ title?: string | undefined, prompts: { title: string, message: string }[] }} SuggestedPrompts
 * @typedef {{ team: { id: string, name: string, domain?: string }, app: AppInfo, users: Person[], channels: Channel[], connected: boolean, sessions: Record<string, AgentSession>, prompts: Record<string, SuggestedPrompts>, samples?: number }} WorkspaceState
 * @typedef {{ name: string, users: string[], count: number }} Reaction
 * @typedef {{ id: string, name?: string, title?: string, mimetype?: string, size?: number, alt_txt?: string }} SlackFile
 * @typedef {import('../blocks/context.js').Json} Json
 * @typedef {{ ts: string, thread_ts?: string, user?: string, bot_id?: string, username?: string, subtype?: string, text?: string, blocks?: Json[], attachments?: Json[], files?: SlackFile[], edited?: { ts: string }, reactions?: Reaction[], reply_count?: number, reply_users?: string[], latest_reply?: string, is_ephemeral?: boolean, icons?: { emoji?: string } }} Message
 * @typedef {{ id: string, type?: string, callback_id?: string, hash?: string, title?: Json, submit?: Json | null, close?: Json | null, blocks?: Json[] }} View
 * @typedef {{ name: string, mimetype: string, content_base64: string }} Upload
 * @typedef {{ type: string, channel?: string, thread_ts?: string, ts?: string, user?: string, status?: string, title?: string, session?: AgentSession, prompts?: SuggestedPrompts['prompts'], connected?: boolean, message?: Message, view?: View }} StreamEvent
 */

export class ControlError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {'GET' | 'POST'} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function request(method, path, body) {
  const response = await fetch(`/control/${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  }).catch(() => null);
  if (!response) throw new ControlError('The workspace server does not answer. Is it still running?', 0);
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) {
    const words =
      typeof answer?.error === 'string' ? answer.error : (answer?.message ?? `HTTP ${response.status}`);
    throw new ControlError(`The workspace server refused: ${words}`, response.status);
  }
  return answer;
}

/** @returns {Promise<WorkspaceState>} */
export function getState() {
  return request('GET', 'state');
}

/**
 * Oldest first; without a thread the channel's roots.
 * @param {{ channel: string, threadTs?: string, as: string }} query
 * @returns {Promise<Message[]>}
 */
export async function getMessages({ channel, threadTs, as }) {
  const query = new URLSearchParams({ channel, as, ...(threadTs ? { thread_ts: threadTs } : {}) });
  return (await request('GET', `messages?${query}`)).messages;
}

/**
 * @param {({ user: string } | { bot: { bot_id: string, app_id: string, username: string, classic: boolean } }) & { channel: string, text: string, thread_ts?: string, files?: Upload[], attachments?: object[] }} message
 * @returns {Promise<{ ts: string }>}
 */
export function postMessage(message) {
  return request('POST', 'messages', message);
}

/** @param {{ user: string, channel: string, ts: string, text: string }} edit */
export function editMessage(edit) {
  return request('POST', 'messages/edit', edit);
}

/** @param {{ user: string, channel: string, ts: string }} target */
export function deleteMessage(target) {
  return request('POST', 'messages/delete', target);
}

/** @param {{ user: string, channel: string, ts: string, name: string, remove?: boolean }} reaction */
export function react(reaction) {
  return request('POST', 'reactions', reaction);
}

/**
 * @param {{ user: string, channel?: string, ts?: string, view_id?: string } & import('../blocks/context.js').Action} action
 * @returns {Promise<{ acked: boolean, ack_ms?: number }>}
 */
export function sendAction(action) {
  return request('POST', 'actions', action);
}

/**
 * @param {string} user
 * @returns {Promise<View[]>} the stack of open modals, the top one last
 */
export async function getViews(user) {
  return (await request('GET', `views?user=${encodeURIComponent(user)}`)).views ?? [];
}

/**
 * @param {{ user: string, view_id: string, values: Record<string, Record<string, unknown>> }} submission
 * @returns {Promise<{ ok: boolean, acked?: boolean, response_action?: string, errors?: Record<string, string> }>}
 */
export function submitView(submission) {
  return request('POST', 'views/submit', submission);
}

/** @param {{ user: string, view_id: string }} view */
export function closeView(view) {
  return request('POST', 'views/close', view);
}

/** @param {{ user: string, callback_id: string, channel?: string, ts?: string }} shortcut */
export function sendShortcut(shortcut) {
  return request('POST', 'shortcuts', shortcut);
}

/** @param {{ user: string, channel: string, command: string, text: string }} command */
export function sendCommand(command) {
  return request('POST', 'commands', command);
}

/**
 * Opens the app's home for this person and returns what the app has published.
 * @param {string} user
 * @returns {Promise<View | null>}
 */
export async function getHome(user) {
  return (await request('GET', `home?user=${encodeURIComponent(user)}`)).view ?? null;
}

/**
 * @param {string} channel
 * @param {string[]} userIds
 */
export function addMembers(channel, userIds) {
  return request('POST', 'channels/update', { channel, add: userIds });
}

/**
 * @param {string} user
 * @param {'home' | 'messages'} [tab]
 */
export function openHome(user, tab = 'home') {
  return request('POST', 'home', { user, tab });
}

/**
 * Slack's own Stop for a thread that an agent works on.
 * @param {{ user: string, channel: string, thread_ts: string }} thread
 */
export function stopAgent(thread) {
  return request('POST', 'agents/stop', thread);
}

/** @param {string} id */
export function fileUrl(id) {
  return `/control/files/${encodeURIComponent(id)}`;
}

// What this person has read, per channel and thread, kept in the browser.

/** @typedef {import('./control-api.js').Message} Message */

const STORE_KEY = 'workspace.read';
/** What happened before the page was first opened counts as read. */
const OPENED_TS = String(Date.now() / 1000);

/** @returns {Record<string, string>} */
function load() {
  try {
    return JSON.parse(localStorage.getItem(STORE_KEY) ?? '{}');
  } catch {
    return {};
  }
}

/**
 * @param {string} person
 * @param {string} place A channel's id, or `channel:thread`.
 */
export function readUpTo(person, place) {
  return load()[`${person}/${place}`] ?? OPENED_TS;
}

/**
 * @param {string} person
 * @param {string} place
 * @param {string | undefined} ts
 */
export function markRead(person, place, ts) {
  if (!ts) return;
  const all = load();
  const key = `${person}/${place}`;
  if (Number(all[key] ?? 0) >= Number(ts)) return;
  all[key] = ts;
  localStorage.setItem(STORE_KEY, JSON.stringify(all));
}

/**
 * @param {string} person
 * @param {string} channel
 * @param {Message[]} roots
 */
export function unreadRoots(person, channel, roots) {
  const read = Number(readUpTo(person, channel));
  return roots.filter((message) => Number(message.ts) > read && message.user !== person);
}

/**
 * @param {string} person
 * @param {string} channel
 * @param {Message} root
 */
export function hasUnreadReplies(person, channel, root) {
  return Number(root.latest_reply ?? 0) > Number(readUpTo(person, `${channel}:${root.ts}`));
}

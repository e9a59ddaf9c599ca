// Where we are, in the address: #/C123, #/C123/1699.0001 (a thread), #/app (the app's home). `?as=U…`
// chooses the person, so that a link can show a thread through somebody's eyes.

/** @typedef {{ place: 'channel' | 'app' | 'none', channel: string, thread: string }} Route */

/** @returns {Route} */
export function currentRoute() {
  const [first = '', second = ''] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  if (first === 'app') return { place: 'app', channel: '', thread: '' };
  if (first === '') return { place: 'none', channel: '', thread: '' };
  return { place: 'channel', channel: first, thread: /^\d+\.\d+$/.test(second) ? second : '' };
}

/**
 * @param {string} channel
 * @param {string} [thread]
 */
export function linkTo(channel, thread) {
  return `#/${encodeURIComponent(channel)}${thread ? `/${thread}` : ''}`;
}

/** @param {string} hash */
export function goTo(hash) {
  location.hash = hash;
}

// Slack escapes exactly three characters in message text; everything else arrives as it is.

/**
 * Undoes Slack's escaping of `&`, `<` and `>` in one pass, so that `&amp;lt;` stays `&lt;`.
 * @param {string} text
 */
export function unescapeText(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => (name === 'amp' ? '&' : name === 'lt' ? '<' : '>'));
}

/**
 * The address of a link, or null for anything that is not a web or mail address (javascript:, data:,
 * file: and friends never become links).
 * @param {string} url
 */
export function safeUrl(url) {
  if (url.startsWith('/') && !url.startsWith('//')) return url;
  try {
    const parsed = new URL(url);
    return ['http:', 'https:', 'mailto:'].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/**
 * The address of an image, or null when showing it would ask a host that is not this machine: the
 * local workspace works with no network, and a message must not be able to phone home.
 * @param {string} url
 */
export function localImageUrl(url) {
  if (
    url.startsWith('data:image/png;') ||
    url.startsWith('data:image/jpeg;') ||
    url.startsWith('data:image/gif;')
  ) {
    return url;
  }
  try {
    const parsed = new URL(url, location.href);
    const local =
      parsed.host === location.host || ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname);
    return local && /^https?:$/.test(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

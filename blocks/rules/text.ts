// Cleans, cuts, splits and escapes text from outside: no control characters, broken Unicode or Slack markup.

/** Controls except tab and line break, and the marks that reverse the reading direction. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Keeps readable characters only: line breaks as `\n`, no controls, no half surrogates, no reversed direction. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(UNSAFE, '');
}

/** Cuts a text to `max` characters, the last one an ellipsis. It never splits a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max < 1) return '';
  return `${headOf(text, max - 1).trimEnd()}…`;
}

/** The first `max` UTF-16 units, one less where that would break a character in two. */
export function headOf(text: string, max: number): string {
  const end = max > 0 && isHighSurrogate(text.charCodeAt(max - 1)) ? max - 1 : max;
  return text.slice(0, end);
}

/** One clean line of at most `max` characters. */
export function oneLine(text: string, max: number): string {
  return cut(clean(text).replace(/\s+/g, ' ').trim(), max);
}

/**
 * Escapes what Slack reads as markup, for `text` and `mrkdwn`.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escape(text: string): string {
  return clean(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Escapes a text and cuts it to `max` characters, never within an entity. */
export function escapeTo(text: string, max: number): string {
  let length = 0;
  let out = '';
  for (const char of clean(text)) {
    const safe = escape(char);
    if (length + safe.length > max) return `${out.slice(0, out.length - lastLength(out))}…`;
    length += safe.length;
    out += safe;
  }
  return out;
}

/** The length of the last escaped character, so that an ellipsis fits in its place. */
function lastLength(escaped: string): number {
  const entity = /&(?:amp|lt|gt);$/.exec(escaped);
  if (entity) return entity[0].length;
  return /[\ud800-\udbff][\udc00-\udfff]$/.test(escaped) ? 2 : Math.min(1, escaped.length);
}

/**
 * Splits a text into parts of at most `max` characters: between paragraphs, else lines, else words, else within a
 * word. The parts together are the text, except for white space at the cuts.
 */
export function splitText(text: string, max: number): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const window = headOf(rest, max);
    const at = borderIn(window);
    parts.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).replace(/^\s*\n|^ +/, '');
  }
  parts.push(rest);
  return parts.filter((part) => part.trim() !== '');
}

/** The end of the last paragraph, line or word; one in the first third would make too short a part. */
function borderIn(window: string): number {
  const least = Math.floor(window.length / 3);
  for (const border of ['\n\n', '\n', ' ']) {
    const at = window.lastIndexOf(border);
    if (at > least) return at + border.length;
  }
  return window.length;
}

/** Splits a text into parts of at most `max` characters, between lines wherever a line fits. Keeps white space. */
export function splitLines(text: string, max: number): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const window = headOf(rest, max);
    const at = window.lastIndexOf('\n') + 1;
    parts.push(at > 0 ? rest.slice(0, at - 1) : window);
    rest = rest.slice(at > 0 ? at : window.length);
  }
  parts.push(rest);
  return parts.filter((part) => part.trim() !== '');
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** `1 file`, `2 files`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

/** The first seven digits of a commit; anything else as one short line. */
export function shortCommit(commit: string): string {
  return /^[0-9a-f]{7,64}$/.test(commit) ? commit.slice(0, 7) : oneLine(commit, 12);
}

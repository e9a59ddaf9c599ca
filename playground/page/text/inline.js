// Walks a line of text with a list of rules and makes nodes; mrkdwn.js and markdown.js bring the rules.
// Rules scan by hand instead of one big regular expression: a hostile message must not be able to hang
// the page in backtracking.

import { el } from '../dom.js';
import { emojiFor } from './emoji.js';
import { safeUrl, unescapeText } from './entities.js';

/**
 * What the text renderer needs to know about the workspace.
 * @typedef {object} TextContext
 * @property {(id: string) => string | null} userName
 * @property {(id: string) => string | null} channelName
 * @property {(id: string) => boolean} isMe
 */

/**
 * Looks at `text` from `pos` on; null means "not mine".
 * @callback Rule
 * @param {string} text
 * @param {number} pos
 * @param {TextContext} ctx
 * @param {(inner: string) => Node[]} recurse
 * @param {Map<string, number>} dead Up to which position a mark is known to have no closing one.
 * @returns {{ length: number, nodes: Node[] } | null}
 */

/**
 * @param {string} text
 * @param {Rule[]} rules
 * @param {TextContext} ctx
 * @returns {Node[]}
 */
export function parseInline(text, rules, ctx) {
  /** @type {Node[]} */
  const nodes = [];
  /** @type {Map<string, number>} */
  const dead = new Map();
  let plain = '';
  let pos = 0;
  const flush = () => {
    if (plain) nodes.push(document.createTextNode(unescapeText(plain)));
    plain = '';
  };
  const recurse = (/** @type {string} */ inner) => parseInline(inner, rules, ctx);
  while (pos < text.length) {
    const found = firstMatch(rules, text, pos, ctx, recurse, dead);
    if (found) {
      flush();
      nodes.push(...found.nodes);
      pos += found.length;
    } else {
      plain += text[pos];
      pos += 1;
    }
  }
  flush();
  return nodes;
}

/**
 * @param {Rule[]} rules
 * @param {string} text
 * @param {number} pos
 * @param {TextContext} ctx
 * @param {(inner: string) => Node[]} recurse
 * @param {Map<string, number>} dead
 */
function firstMatch(rules, text, pos, ctx, recurse, dead) {
  for (const rule of rules) {
    const found = rule(text, pos, ctx, recurse, dead);
    if (found) return found;
  }
  return null;
}

const WORD = /[\p{L}\p{N}]/u;

/** @param {string | undefined} char */
export function isWord(char) {
  return char !== undefined && WORD.test(char);
}

/**
 * A pair of delimiters around text that neither starts nor ends with a space, on one line.
 * @param {string} mark
 * @param {string} tag
 * @param {{ loose?: boolean }} [options] loose: may open or close inside a word, as markdown's `**` may.
 * @returns {Rule}
 */
export function emphasis(mark, tag, { loose = false } = {}) {
  return (text, pos, _ctx, recurse, dead) => {
    if (!text.startsWith(mark, pos) || pos < (dead.get(mark) ?? 0)) return null;
    const start = pos + mark.length;
    const edge = mark[0];
    if (text[start] === undefined || /\s/.test(text[start]) || text[start] === edge) return null;
    if (!loose && isWord(text[pos - 1])) return null;
    const end = closing(text, start, mark, loose);
    if (end < 0) {
      const line = text.indexOf('\n', start);
      dead.set(mark, line < 0 ? text.length : line);
      return null;
    }
    return { length: end + mark.length - pos, nodes: [el(tag, null, recurse(text.slice(start, end)))] };
  };
}

/**
 * @param {string} text
 * @param {number} start
 * @param {string} mark
 * @param {boolean} loose
 */
function closing(text, start, mark, loose) {
  for (let i = start; i < text.length && text[i] !== '\n'; i += 1) {
    if (text[i] === '`' || text[i] === '<') {
      const close = text.indexOf(text[i] === '<' ? '>' : '`', i + 1);
      const line = text.indexOf('\n', i);
      if (close > 0 && (line < 0 || close < line)) i = close;
      continue;
    }
    if (!text.startsWith(mark, i) || /\s/.test(text[i - 1] ?? ' ')) continue;
    if (i === start) continue;
    const next = text[i + mark.length];
    if (next === mark[0] && mark.length === 1) {
      i += 1;
      continue;
    }
    if (loose || !isWord(next)) return i;
  }
  return -1;
}

/** @type {Rule} Text between equal runs of backticks; nothing inside it is parsed. */
export function codeSpan(text, pos) {
  if (text[pos] !== '`' || text[pos - 1] === '`') return null;
  let run = 1;
  while (text[pos + run] === '`') run += 1;
  const mark = '`'.repeat(run);
  let end = text.indexOf(mark, pos + run);
  while (end >= 0 && text[end + run] === '`') {
    while (text[end] === '`') end += 1;
    end = text.indexOf(mark, end);
  }
  if (end < 0) return null;
  const inner = text.slice(pos + run, end);
  if (inner.trim() === '' || inner.includes('\n\n')) return null;
  return { length: end + run - pos, nodes: [el('code.inline-code', null, unescapeText(inner))] };
}

/** @type {Rule} `:name:` from the emoji map; unknown names stay text. */
export function emojiName(text, pos) {
  if (text[pos] !== ':') return null;
  const match = /^:([a-z0-9_+'-]{1,50}):(?::skin-tone-\d:)?/.exec(text.slice(pos, pos + 70));
  const glyph = match?.[1] ? emojiFor(match[1]) : null;
  if (!match || !glyph) return null;
  return { length: match[0].length, nodes: [el('span.emoji', { title: `:${match[1]}:` }, glyph)] };
}

/** @type {Rule} A web address typed as it is. */
export function bareUrl(text, pos) {
  if (text[pos] !== 'h' || isWord(text[pos - 1])) return null;
  const match = /^https?:\/\/[^\s<>"`]+/.exec(text.slice(pos, pos + 2100));
  if (!match) return null;
  let url = match[0].replace(/[.,;:!?'*_~\]]+$/, '');
  if (url.endsWith(')') && !url.includes('(')) url = url.slice(0, -1);
  const clean = unescapeText(url);
  return { length: url.length, nodes: [link(clean, [document.createTextNode(clean)])] };
}

/** @type {Rule} */
export function lineBreak(text, pos) {
  return text[pos] === '\n' ? { length: 1, nodes: [el('br')] } : null;
}

/**
 * A link that opens beside the page; one whose address is not a web address is shown, not linked.
 * @param {string} url
 * @param {Node[]} label
 */
export function link(url, label) {
  const href = safeUrl(url);
  if (href === null) return el('span.dead-link', { title: 'This address is not a web link' }, label);
  const own = href.startsWith('/') || href.startsWith(`${location.origin}/#`);
  return el('a', own ? { href } : { href, target: '_blank', rel: 'noopener noreferrer' }, label);
}

/**
 * @param {string} id
 * @param {TextContext} ctx
 * @param {string} [label]
 */
export function userMention(id, ctx, label) {
  const name = ctx.userName(id) ?? label ?? id;
  return el(ctx.isMe(id) ? 'span.mention.mention-me' : 'span.mention', { data: { userId: id } }, `@${name}`);
}

/**
 * @param {string} id
 * @param {TextContext} ctx
 * @param {string} [label]
 */
export function channelMention(id, ctx, label) {
  const name = ctx.channelName(id) ?? label ?? id;
  return el('a.mention', { href: `#/${encodeURIComponent(id)}` }, `#${name}`);
}

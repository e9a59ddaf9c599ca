// Slack's own markup ("mrkdwn"): *bold*, _italic_, ~strike~, <url|label>, <@U…>, quotes and fences.

import { el } from '../dom.js';
import { codeBlock } from './code.js';
import { formatSlackDate } from './dates.js';
import { unescapeText } from './entities.js';
import {
  bareUrl,
  channelMention,
  codeSpan,
  emojiName,
  emphasis,
  lineBreak,
  link,
  parseInline,
  userMention,
} from './inline.js';

/** @typedef {import('./inline.js').TextContext} TextContext */
/** @typedef {import('./inline.js').Rule} Rule */

/** @type {Rule} Everything Slack writes between angle brackets. */
function controlSequence(text, pos, ctx) {
  if (text[pos] !== '<') return null;
  const end = text.indexOf('>', pos + 1);
  if (end < 0) return null;
  const inner = text.slice(pos + 1, end);
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : unescapeText(inner.slice(bar + 1));
  const node = control(target, label, ctx);
  return node && { length: end + 1 - pos, nodes: [node] };
}

/**
 * @param {string} target
 * @param {string | undefined} label
 * @param {TextContext} ctx
 * @returns {Node | null}
 */
function control(target, label, ctx) {
  if (/^@[A-Z0-9]+$/.test(target)) return userMention(target.slice(1), ctx, label);
  if (/^#[A-Z0-9]+$/.test(target)) return channelMention(target.slice(1), ctx, label);
  if (target.startsWith('!date^')) return dateToken(target, label);
  if (target.startsWith('!subteam^')) return el('span.mention', null, label ?? '@group');
  if (/^!(here|channel|everyone)$/.test(target))
    return el('span.mention.mention-me', null, `@${target.slice(1)}`);
  if (/^(https?:\/\/|mailto:)\S+$/.test(target)) {
    const url = unescapeText(target);
    return link(url, [document.createTextNode(label ?? url.replace(/^mailto:/, ''))]);
  }
  return null;
}

/**
 * @param {string} target
 * @param {string | undefined} label
 */
function dateToken(target, label) {
  const [, stamp, format = '', url] = target.split('^');
  const seconds = Number(stamp);
  if (!Number.isFinite(seconds)) return document.createTextNode(label ?? target);
  const time = el(
    'time',
    { datetime: new Date(seconds * 1000).toISOString(), title: label },
    formatSlackDate(seconds, unescapeText(format)),
  );
  return url ? link(unescapeText(url), [time]) : time;
}

/** @type {Rule[]} */
const RULES = [
  codeSpan,
  controlSequence,
  bareUrl,
  emphasis('*', 'strong'),
  emphasis('_', 'em'),
  emphasis('~', 'del'),
  emojiName,
  lineBreak,
];

/**
 * Inline nodes of a mrkdwn text, without paragraphs or fences.
 * @param {string} text
 * @param {TextContext} ctx
 */
export function mrkdwnInline(text, ctx) {
  return parseInline(text, RULES, ctx);
}

/**
 * Block nodes of a mrkdwn text.
 * @param {string} text
 * @param {TextContext} ctx
 * @returns {Node[]}
 */
export function mrkdwn(text, ctx) {
  return text.split(/```([\s\S]*?)```/).flatMap((part, index) => {
    if (index % 2 === 1) return [codeBlock(unescapeText(part.replace(/^\n/, '')))];
    return lines(part.replace(index === 0 ? /$^/ : /^\n/, ''), ctx);
  });
}

const QUOTE = /^(?:>|&gt;) ?/;
const ITEM = /^(\s*)([•◦▪–-]|\d{1,3}[.)])\s+(.*)$/;

/**
 * @param {string} text
 * @param {TextContext} ctx
 * @returns {Node[]}
 */
function lines(text, ctx) {
  /** @type {Node[]} */
  const nodes = [];
  /** @type {string[]} */
  let paragraph = [];
  /** @type {string[]} */
  let quote = [];
  const flush = () => {
    if (paragraph.some((line) => line.trim()))
      nodes.push(el('p', null, mrkdwnInline(paragraph.join('\n').trim(), ctx)));
    if (quote.length > 0) nodes.push(el('blockquote', null, mrkdwnInline(quote.join('\n'), ctx)));
    paragraph = [];
    quote = [];
  };
  const all = text.split('\n');
  for (const [index, line] of all.entries()) {
    if (/^(?:>>>|&gt;&gt;&gt;)/.test(line)) {
      flush();
      quote = [line.replace(/^(?:>>>|&gt;&gt;&gt;) ?/, ''), ...all.slice(index + 1)];
      break;
    }
    const item = ITEM.exec(line);
    if (QUOTE.test(line)) {
      if (paragraph.length > 0) flush();
      quote.push(line.replace(QUOTE, ''));
    } else if (item) {
      flush();
      nodes.push(listLine(item, ctx));
    } else {
      if (quote.length > 0 || line.trim() === '') flush();
      if (line.trim() !== '') paragraph.push(line);
    }
  }
  flush();
  return nodes;
}

/**
 * A typed list line keeps its own bullet or number and gets a hanging indent.
 * @param {RegExpExecArray} item
 * @param {TextContext} ctx
 */
function listLine(item, ctx) {
  const [, indent = '', bullet = '•', rest = ''] = item;
  return el(
    'div.list-line',
    { style: { '--depth': Math.min(4, Math.floor(indent.length / 2)) } },
    el('span.list-mark', null, bullet === '-' ? '•' : bullet),
    el('span', null, mrkdwnInline(rest, ctx)),
  );
}

/**
 * A plain_text or mrkdwn text object as nodes for one line (buttons, headers, labels).
 * @param {{ type?: string, text?: string } | string | null | undefined} object
 * @param {TextContext} ctx
 * @returns {Node[]}
 */
export function textInline(object, ctx) {
  if (object === null || object === undefined) return [];
  if (typeof object === 'string') return [document.createTextNode(object)];
  if (object.type === 'mrkdwn') return mrkdwnInline(object.text ?? '', ctx);
  return parseInline(object.text ?? '', [emojiName, lineBreak], ctx);
}

// Standard markdown, as Slack's `markdown` block takes it: the block level. Inline rules at the end.

import { el } from '../dom.js';
import { codeBlock } from './code.js';
import {
  bareUrl,
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

/** @type {Rule} */
function escaped(text, pos) {
  const next = text[pos + 1];
  if (text[pos] !== '\\' || next === undefined || !/[\\`*_{}[\]()#+.!|<>~-]/.test(next)) return null;
  return { length: 2, nodes: [document.createTextNode(next)] };
}

/** @type {Rule} [label](address), also behind a `!`: an image elsewhere is offered as a link. */
function labelledLink(text, pos, _ctx, recurse, dead) {
  const start = text[pos] === '!' ? pos + 1 : pos;
  if (text[start] !== '[' || dead.has('[')) return null;
  if (text.indexOf('](', start) < 0) {
    dead.set('[', text.length);
    return null;
  }
  const close = balanced(text, start, '[', ']');
  if (close < 0 || text[close + 1] !== '(') return null;
  const end = balanced(text, close + 1, '(', ')');
  if (end < 0) return null;
  const label = text.slice(start + 1, close);
  const url = text
    .slice(close + 2, end)
    .trim()
    .replace(/\s+"[^"]*"$/, '')
    .replace(/^<|>$/g, '');
  if (/\s/.test(url) || url === '') return null;
  return {
    length: end + 1 - pos,
    nodes: [link(url, label ? recurse(label) : [document.createTextNode(url)])],
  };
}

/** Neither a label nor an address is looked for further than this, so that many `[` stay cheap. */
const LONGEST_LINK = 2_100;

/**
 * @param {string} text
 * @param {number} start
 * @param {string} open
 * @param {string} close
 */
function balanced(text, start, open, close) {
  let depth = 0;
  const last = Math.min(text.length, start + LONGEST_LINK);
  for (let i = start; i < last && !text.startsWith('\n\n', i); i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === open) depth += 1;
    else if (text[i] === close && --depth === 0) return i;
  }
  return -1;
}

/** @type {Rule} <https://…> and Slack's <@U…>, which the block understands as well. */
function angled(text, pos, ctx) {
  if (text[pos] !== '<') return null;
  const match = /^<(?:@([UWB][A-Z0-9]+)|(https?:\/\/[^\s>|]+|mailto:[^\s>|]+)(?:\|([^>\n]*))?)>/.exec(
    text.slice(pos, pos + 2100),
  );
  if (!match) return null;
  const [whole, user, url, label] = match;
  const node = user ? userMention(user, ctx) : link(url ?? '', [document.createTextNode(label ?? url ?? '')]);
  return { length: whole.length, nodes: [node] };
}

/** @type {Rule[]} */
const RULES = [
  escaped,
  codeSpan,
  labelledLink,
  angled,
  bareUrl,
  emphasis('**', 'strong', { loose: true }),
  emphasis('__', 'strong'),
  emphasis('~~', 'del', { loose: true }),
  emphasis('*', 'em', { loose: true }),
  emphasis('_', 'em'),
  emojiName,
  lineBreak,
];

const FENCE = /^ {0,3}(```+|~~~+)\s*([\w+-]*)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/**
 * @param {string} source
 * @param {TextContext} ctx
 * @returns {Node[]}
 */
export function markdown(source, ctx) {
  return blocks(source.replace(/\r\n?/g, '\n').split('\n'), ctx, 0);
}

/**
 * @param {string[]} lines
 * @param {TextContext} ctx
 * @param {number} depth Quotes and lists deeper than eight are shown flat, so that nesting cannot exhaust the stack.
 * @returns {Node[]}
 */
function blocks(lines, ctx, depth) {
  /** @type {Node[]} */
  const nodes = [];
  let at = 0;
  /** @param {(line: string) => boolean} keep */
  const take = (keep) => {
    const from = at;
    while (at < lines.length && keep(lines[at] ?? '')) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const fence = FENCE.exec(line);
    const heading = HEADING.exec(line);
    if (line.trim() === '') {
      at += 1;
    } else if (fence?.[1]) {
      const mark = fence[1];
      at += 1;
      const body = take((next) => !next.trim().startsWith(mark));
      at += 1;
      nodes.push(codeBlock(body.join('\n'), fence[2]?.toLowerCase()));
    } else if (heading?.[1]) {
      at += 1;
      nodes.push(
        el(
          `h${Math.min(6, heading[1].length + 2)}.md-h${heading[1].length}`,
          null,
          inline(heading[2] ?? '', ctx),
        ),
      );
    } else if (RULE.test(line)) {
      at += 1;
      nodes.push(el('hr'));
    } else if (line.startsWith('>') && depth < 8) {
      const quoted = take((next) => next.startsWith('>')).map((next) => next.replace(/^> ?/, ''));
      nodes.push(el('blockquote', null, blocks(quoted, ctx, depth + 1)));
    } else if (ITEM.test(line) && depth < 8) {
      const body = take((next) => ITEM.test(next) || /^\s{2,}\S/.test(next) || next.trim() === '');
      nodes.push(...lists(body, ctx, depth));
    } else if (
      line.includes('|') &&
      TABLE_RULE.test(lines[at + 1] ?? '') &&
      (lines[at + 1] ?? '').includes('-')
    ) {
      nodes.push(
        table(
          take((next) => next.includes('|')),
          ctx,
        ),
      );
    } else {
      const first = lines[at] ?? '';
      at += 1;
      const rest = take((next) => next.trim() !== '' && !startsBlock(next));
      nodes.push(el('p', null, inline([first, ...rest].join('\n').trim(), ctx)));
    }
  }
  return nodes;
}

/** @param {string} line */
function startsBlock(line) {
  return FENCE.test(line) || HEADING.test(line) || line.startsWith('>') || ITEM.test(line) || RULE.test(line);
}

/**
 * Lists of one indentation; what is indented further belongs to the item above it.
 * @param {string[]} lines
 * @param {TextContext} ctx
 * @param {number} depth
 */
function lists(lines, ctx, depth) {
  /** @type {HTMLElement[]} */
  const result = [];
  const base = ITEM.exec(lines[0] ?? '')?.[1]?.length ?? 0;
  let at = 0;
  while (at < lines.length) {
    const item = ITEM.exec(lines[at] ?? '');
    at += 1;
    if (!item) continue;
    const ordered = /\d/.test(item[2] ?? '');
    const from = at;
    while (at < lines.length) {
      const next = ITEM.exec(lines[at] ?? '');
      if (next && (next[1]?.length ?? 0) <= base + 1) break;
      at += 1;
    }
    const inner = lines
      .slice(from, at)
      .map((line) => line.slice(Math.min(base + 2, line.length - line.trimStart().length)));
    let list = result.at(-1);
    if (list?.tagName !== (ordered ? 'OL' : 'UL')) {
      list = el(ordered ? 'ol' : 'ul', ordered ? { start: Number.parseInt(item[2] ?? '1', 10) } : null);
      result.push(list);
    }
    list.append(listItem(item[3] ?? '', blocks(inner, ctx, depth + 1), ctx));
  }
  return result;
}

/**
 * @param {string} text
 * @param {Node[]} inner
 * @param {TextContext} ctx
 */
function listItem(text, inner, ctx) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
  if (!task) return el('li', null, inline(text, ctx), inner);
  const box = el(
    'span.task-box',
    { 'aria-label': task[1] === ' ' ? 'to do' : 'done' },
    task[1] === ' ' ? '☐' : '☑',
  );
  return el('li.task-item', null, box, ' ', inline(task[2] ?? '', ctx), inner);
}

/**
 * @param {string[]} lines
 * @param {TextContext} ctx
 */
function table(lines, ctx) {
  const cells = (/** @type {string} */ line) =>
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
  const [head = [], rules = [], ...rows] = lines.map(cells);
  const align = rules.map((rule) =>
    rule.endsWith(':') ? (rule.startsWith(':') ? 'center' : 'right') : 'left',
  );
  const row = (/** @type {string} */ tag, /** @type {string[]} */ items) =>
    el(
      'tr',
      null,
      head.map((_, i) =>
        el(tag, { style: { 'text-align': align[i] ?? 'left' } }, inline(items[i] ?? '', ctx)),
      ),
    );
  return el(
    'div.table-scroll',
    null,
    el(
      'table.grid',
      null,
      el('thead', null, row('th', head)),
      el(
        'tbody',
        null,
        rows.map((items) => row('td', items)),
      ),
    ),
  );
}

/**
 * @param {string} text
 * @param {TextContext} ctx
 */
function inline(text, ctx) {
  return parseInline(text, RULES, ctx);
}

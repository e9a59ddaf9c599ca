// rich_text blocks: sections, nested lists, quotes, preformatted text and their styled elements.

import { el } from '../dom.js';
import { codeBlock } from '../text/code.js';
import { formatSlackDate } from '../text/dates.js';
import { emojiFor } from '../text/emoji.js';
import { channelMention, link, userMention } from '../text/inline.js';
import { list, string } from './context.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderRichText(block, ctx) {
  return el('div.prose', null, richTextParts(list(block.elements), ctx));
}

/**
 * @param {Json[]} elements
 * @param {RenderContext} ctx
 * @returns {Node[]}
 */
function richTextParts(elements, ctx) {
  /** @type {Node[]} */
  const nodes = [];
  let at = 0;
  while (at < elements.length) {
    const element = elements[at] ?? {};
    if (element.type === 'rich_text_list') {
      const from = at;
      while (elements[at]?.type === 'rich_text_list') at += 1;
      nodes.push(...nestLists(elements.slice(from, at), ctx));
    } else {
      nodes.push(part(element, ctx));
      at += 1;
    }
  }
  return nodes;
}

/**
 * @param {Json} element
 * @param {RenderContext} ctx
 * @returns {Node}
 */
function part(element, ctx) {
  switch (element.type) {
    case 'rich_text_section':
      return el('p', null, inlineElements(element, ctx));
    case 'rich_text_quote':
      return el('blockquote', null, inlineElements(element, ctx));
    case 'rich_text_preformatted': {
      const text = list(element.elements)
        .map((item) => string(item.text) || string(item.url))
        .join('');
      return codeBlock(text, string(element.language) || undefined);
    }
    default:
      return el('p.unknown-inline', null, `unknown rich text: ${string(element.type) || 'none'}`);
  }
}

/**
 * Slack sends a nested list as flat lists, each with its `indent`; consecutive ones become a tree.
 * @param {Json[]} lists
 * @param {RenderContext} ctx
 * @returns {HTMLElement[]}
 */
function nestLists(lists, ctx) {
  /** @type {HTMLElement[]} */
  const roots = [];
  /** @type {{ indent: number, node: HTMLElement }[]} */
  const open = [];
  for (const item of lists) {
    const indent = Math.max(0, Math.min(8, Number(item.indent) || 0));
    while (open.length > 0 && (open.at(-1)?.indent ?? 0) > indent) open.pop();
    const tag = item.style === 'ordered' ? 'ol' : 'ul';
    let top = open.at(-1);
    if (!top || top.indent < indent || top.node.tagName.toLowerCase() !== tag) {
      if (top && top.indent === indent) open.pop();
      const offset = Number(item.offset) || 0;
      const node = el(tag, tag === 'ol' && offset ? { start: offset + 1 } : null);
      const parent = open.at(-1)?.node;
      if (parent) (parent.lastElementChild ?? parent).append(node);
      else roots.push(node);
      top = { indent, node };
      open.push(top);
    }
    for (const section of list(item.elements)) top.node.append(el('li', null, inlineElements(section, ctx)));
  }
  return roots;
}

/**
 * The inline elements of a section, quote or list item.
 * @param {Json} section
 * @param {RenderContext} ctx
 * @returns {Node[]}
 */
export function inlineElements(section, ctx) {
  return list(section.elements).flatMap((element) => styled(inlineElement(element, ctx), element.style));
}

/**
 * @param {Json} element
 * @param {RenderContext} ctx
 * @returns {Node[]}
 */
function inlineElement(element, ctx) {
  switch (element.type) {
    case 'text':
      return withBreaks(string(element.text));
    case 'link':
      return [
        link(string(element.url), [document.createTextNode(string(element.text) || string(element.url))]),
      ];
    case 'user':
      return [userMention(string(element.user_id), ctx)];
    case 'channel':
      return [channelMention(string(element.channel_id), ctx)];
    case 'usergroup':
      return [el('span.mention', null, '@group')];
    case 'broadcast':
      return [el('span.mention.mention-me', null, `@${string(element.range)}`)];
    case 'emoji': {
      const glyph = string(element.unicode)
        ? fromCodePoints(element.unicode)
        : emojiFor(string(element.name));
      return [el('span.emoji', { title: `:${string(element.name)}:` }, glyph ?? `:${string(element.name)}:`)];
    }
    case 'date': {
      const time = el(
        'time',
        { title: string(element.fallback) },
        formatSlackDate(Number(element.timestamp), string(element.format)),
      );
      return [element.url ? link(string(element.url), [time]) : time];
    }
    case 'color':
      return [
        el(
          'span.colour',
          null,
          el('span.swatch', { style: { 'background-color': cssColour(element.value) } }),
          string(element.value),
        ),
      ];
    default:
      return [el('span.unknown-inline', null, `[${string(element.type) || 'unknown'}]`)];
  }
}

/**
 * @param {Node[]} nodes
 * @param {Json | undefined} style
 * @returns {Node[]}
 */
function styled(nodes, style) {
  if (!style) return nodes;
  let result = nodes;
  for (const [name, tag] of /** @type {const} */ ([
    ['code', 'code.inline-code'],
    ['bold', 'strong'],
    ['italic', 'em'],
    ['strike', 'del'],
    ['underline', 'u'],
    ['highlight', 'mark'],
  ])) {
    if (style[name]) result = [el(tag, null, result)];
  }
  return result;
}

/** @param {string} text */
function withBreaks(text) {
  return text.split('\n').flatMap((line, index) => {
    const node = document.createTextNode(line);
    return index === 0 ? [node] : [el('br'), node];
  });
}

/** @param {string} hex Slack writes an emoji as code points in hex with dashes. */
function fromCodePoints(hex) {
  const points = hex.split('-').map((point) => Number.parseInt(point, 16));
  return points.every((point) => point > 0 && point <= 0x10ffff) ? String.fromCodePoint(...points) : null;
}

/** @param {unknown} value */
function cssColour(value) {
  return /^#[0-9a-f]{3,8}$/i.test(string(value)) ? string(value) : 'transparent';
}

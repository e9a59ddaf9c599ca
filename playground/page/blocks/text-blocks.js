// Blocks that are mostly text: section, header, context, divider, markdown.

import { append, el } from '../dom.js';
import { markdown } from '../text/markdown.js';
import { mrkdwn, textInline } from '../text/mrkdwn.js';
import { list, string } from './context.js';
import { renderElement } from './elements.js';
import { imageSource } from './media.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * A text object with its paragraphs, quotes and fences.
 * @param {Json | undefined} object
 * @param {RenderContext} ctx
 * @returns {Node[]}
 */
export function textBlock(object, ctx) {
  if (!object) return [];
  if (object.type === 'mrkdwn') return mrkdwn(string(object.text), ctx);
  return [el('p', null, textInline(object, ctx))];
}

const LONG_SECTION = 900;

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderSection(block, ctx) {
  const body = el('div.section-body');
  if (block.text) {
    const text = el('div.prose', null, textBlock(block.text, ctx));
    body.append(text);
    if (ctx.surface === 'message' && block.expand !== true && string(block.text.text).length > LONG_SECTION) {
      clamp(text, body, `section:${string(block.text.text).slice(0, 60)}`, ctx);
    }
  }
  const fields = list(block.fields);
  if (fields.length > 0) {
    body.append(
      el(
        'div.fields',
        null,
        fields.map((field) => el('div.field.prose', null, textBlock(field, ctx))),
      ),
    );
  }
  const node = el('div', null, body);
  if (block.accessory) {
    node.classList.add('has-accessory');
    node.append(el('div.accessory', null, renderElement(block.accessory, string(block.block_id), ctx)));
  }
  return node;
}

/**
 * Long section text is folded behind "See more", as Slack does unless the block says `expand`.
 * @param {HTMLElement} text
 * @param {HTMLElement} body
 * @param {string} key
 * @param {RenderContext} ctx
 */
function clamp(text, body, key, ctx) {
  const button = el('button.see-more', { type: 'button' });
  const apply = () => {
    const open = ctx.isOpen(key, false);
    text.classList.toggle('clamped', !open);
    button.textContent = open ? 'See less' : 'See more';
  };
  button.addEventListener('click', () => {
    ctx.setOpen(key, !ctx.isOpen(key, false));
    apply();
  });
  apply();
  body.append(button);
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderHeader(block, ctx) {
  return el('h3', null, textInline(block.text, ctx));
}

export function renderDivider() {
  return el('hr');
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderContext(block, ctx) {
  const node = el('div');
  for (const element of list(block.elements)) {
    if (element.type === 'image') node.append(contextImage(element, ctx));
    else append(node, [el('span.context-text', null, textInline(element, ctx))]);
  }
  return node;
}

/**
 * @param {Json} element
 * @param {RenderContext} ctx
 */
function contextImage(element, ctx) {
  const source = imageSource(element, ctx);
  const alt = string(element.alt_text);
  return source
    ? el('img.context-image', { src: source, alt, title: alt })
    : el('span.context-text', null, `[${alt || 'image'}]`);
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderMarkdown(block, ctx) {
  return el('div.prose', null, markdown(string(block.text), ctx));
}

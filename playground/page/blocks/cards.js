// Blocks that frame other content: card, carousel, container, and the alert of modals.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { mrkdwn, textInline } from '../text/mrkdwn.js';
import { list, string } from './context.js';
import { renderElement } from './elements.js';
import { imageSource, picture } from './media.js';
import { renderRichText } from './rich-text.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderCard(block, ctx) {
  const blockId = string(block.block_id);
  const actions = list(block.actions);
  return el(
    'div.card',
    null,
    block.hero_image && el('div.card-hero', null, picture(block.hero_image, ctx)),
    el(
      'div.card-inner',
      null,
      (block.icon || block.title || block.subtitle) && head(block, ctx, textInline(block.title, ctx)),
      block.body && el('div.card-text.prose', null, mrkdwn(string(block.body.text), ctx)),
      actions.length > 0 &&
        el(
          'div.card-actions',
          null,
          actions.map((action) => renderElement(action, blockId, ctx)),
        ),
    ),
  );
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 * @param {Node | Node[]} title
 */
function head(block, ctx, title) {
  const source = block.icon ? imageSource(block.icon, ctx) : null;
  return el(
    'div.card-head',
    null,
    source && el('img.card-icon', { src: source, alt: string(block.icon.alt_text) }),
    el(
      'div.card-titles',
      null,
      el('div.card-title', null, title),
      block.subtitle && el('div.card-subtitle', null, textInline(block.subtitle, ctx)),
    ),
  );
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderCarousel(block, ctx) {
  const cards = list(block.elements).map((card) => {
    const node = renderCard(card, ctx);
    node.dataset.blockId = string(card.block_id) || string(block.block_id);
    return node;
  });
  const track = el(
    'div.carousel-track',
    { tabindex: 0, role: 'group', 'aria-label': 'Cards, side by side' },
    cards,
  );
  const go = (/** @type {number} */ direction) =>
    track.scrollBy({ left: direction * (track.clientWidth * 0.8), behavior: 'smooth' });
  const button = (/** @type {'back' | 'right'} */ name, /** @type {number} */ direction) =>
    el(
      'button.icon-button.carousel-turn',
      { type: 'button', 'aria-label': direction < 0 ? 'Back' : 'Forward', onclick: () => go(direction) },
      icon(name),
    );
  const many = cards.length > 1;
  return el(
    'div.carousel',
    null,
    track,
    many && el('div.carousel-turns', null, button('back', -1), button('right', 1)),
  );
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 * @param {(blocks: Json[], ctx: RenderContext) => HTMLElement[]} renderBlocks
 */
export function renderContainer(block, ctx, renderBlocks) {
  const title = block.rich_text_title
    ? renderRichText(block.rich_text_title, ctx)
    : textInline(block.title, ctx);
  const inner = el('div.container-body', null, renderBlocks(list(block.child_blocks), ctx));
  const width = ['narrow', 'standard', 'wide', 'full'].includes(block.width) ? block.width : 'standard';
  if (!block.is_collapsible) {
    const line = block.has_header_divider ? 'div.container-head.has-line' : 'div.container-head';
    return el(`div.container.width-${width}`, null, el(line, null, head(block, ctx, title)), inner);
  }
  const key = `container:${JSON.stringify(block.title ?? block.rich_text_title)}`;
  const node = el(
    `details.container.width-${width}`,
    { open: ctx.isOpen(key, block.default_collapsed !== true) },
    el('summary.container-head', null, head(block, ctx, title), icon('chevron', 'fold')),
    inner,
  );
  node
    .querySelector(':scope > summary')
    ?.addEventListener('click', () => ctx.setOpen(key, !node.hasAttribute('open')));
  return node;
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderAlert(block, ctx) {
  const level = ['info', 'warning', 'error', 'success'].includes(block.level) ? block.level : 'default';
  if (ctx.surface === 'message')
    return el(
      'div.unknown-block',
      null,
      'alert blocks are for modals only; Slack refuses this one in a message',
    );
  const name = level === 'success' ? 'check' : level === 'warning' || level === 'error' ? 'warning' : 'info';
  return el(
    `div.alert.alert-${level}`,
    { role: 'alert' },
    icon(name),
    el('div.prose', null, mrkdwn(string(block.text?.text), ctx)),
  );
}

// The list of block types and who renders them. A type that is not here shows itself in a frame.

import { el } from '../dom.js';
import { renderAlert, renderCard, renderCarousel, renderContainer } from './cards.js';
import { renderActions, renderContextActions, renderInput } from './controls.js';
import { renderFile, renderImage, renderVideo } from './media.js';
import { renderPlan, renderTaskCard } from './plan.js';
import { renderRichText } from './rich-text.js';
import { renderDataTable, renderTable } from './tables.js';
import { renderContext, renderDivider, renderHeader, renderMarkdown, renderSection } from './text-blocks.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */
/** @typedef {(block: Json, ctx: RenderContext) => HTMLElement} Renderer */

/** @type {Record<string, Renderer>} */
const RENDERERS = {
  actions: renderActions,
  alert: renderAlert,
  card: renderCard,
  carousel: renderCarousel,
  container: (block, ctx) => renderContainer(block, ctx, renderBlocks),
  context: renderContext,
  context_actions: renderContextActions,
  data_table: renderDataTable,
  divider: renderDivider,
  file: renderFile,
  header: renderHeader,
  image: renderImage,
  input: renderInput,
  markdown: renderMarkdown,
  plan: renderPlan,
  rich_text: renderRichText,
  section: renderSection,
  table: renderTable,
  task_card: renderTaskCard,
  video: renderVideo,
};

/** The types this page renders, for tests and the gallery. */
export const BLOCK_TYPES = Object.keys(RENDERERS);

/**
 * Renders one block. Never throws: a broken block is shown as a framed note, the rest of the message stays.
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderBlock(block, ctx) {
  const type = typeof block?.type === 'string' ? block.type : 'none';
  const render = Object.hasOwn(RENDERERS, type) ? RENDERERS[type] : undefined;
  if (!render) return unknownBlock('block', type, block);
  try {
    const node = render(block, ctx);
    node.classList.add('block', `block-${type}`);
    if (block.block_id) node.dataset.blockId = block.block_id;
    return node;
  } catch (error) {
    return unknownBlock(
      'broken block',
      `${type} (${error instanceof Error ? error.message : 'cannot be rendered'})`,
      block,
    );
  }
}

/**
 * Blocks that belong on one line: images that follow each other, so that a before and an after can be
 * compared; every other block is alone.
 * @param {Json[]} blocks
 * @returns {Json[][]}
 */
export function groupBlocks(blocks) {
  /** @type {Json[][]} */
  const groups = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    if (block?.type === 'image' && last?.[0]?.type === 'image') last.push(block);
    else groups.push([block]);
  }
  return groups;
}

/**
 * @param {Json[]} group
 * @param {RenderContext} ctx
 */
export function renderGroup(group, ctx) {
  const nodes = group.map((block) => renderBlock(block, ctx));
  return nodes.length === 1 && nodes[0] ? nodes[0] : el('div.image-row', null, nodes);
}

/**
 * Renders a message's or view's blocks.
 * @param {Json[]} blocks
 * @param {RenderContext} ctx
 * @returns {HTMLElement[]}
 */
export function renderBlocks(blocks, ctx) {
  return groupBlocks(blocks).map((group) => renderGroup(group, ctx));
}

/**
 * @param {string} what
 * @param {string} type
 * @param {unknown} json
 */
export function unknownBlock(what, type, json) {
  return el(
    'details.unknown-block',
    null,
    el('summary', null, `unknown ${what}: ${type}`),
    el('pre.code', null, el('code', null, JSON.stringify(json, null, 2) ?? '')),
  );
}

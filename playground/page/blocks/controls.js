// Blocks that hold interactive elements: actions, context_actions, and the labelled input of forms.

import { el } from '../dom.js';
import { textInline } from '../text/mrkdwn.js';
import { list, string } from './context.js';
import { renderElement } from './elements.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderActions(block, ctx) {
  return el(
    'div',
    null,
    list(block.elements).map((element) => renderElement(element, string(block.block_id), ctx)),
  );
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderContextActions(block, ctx) {
  return renderActions(block, ctx);
}

/**
 * A labelled field. Its error, when the app or the form refuses the value, is written into `.field-error`.
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderInput(block, ctx) {
  const element = block.element ?? {};
  const control = renderElement(element, string(block.block_id), ctx, {
    dispatch: block.dispatch_action === true,
  });
  const grouped =
    element.type === 'checkboxes' ||
    element.type === 'radio_buttons' ||
    string(element.type).startsWith('multi_');
  return el(
    grouped ? 'div' : 'label',
    grouped ? { role: 'group', 'aria-label': string(block.label?.text) } : null,
    el(
      'span.field-label',
      null,
      textInline(block.label, ctx),
      block.optional === true && el('span.optional', null, 'optional'),
    ),
    control,
    block.hint && el('span.field-hint', null, textInline(block.hint, ctx)),
    el('span.field-error', { role: 'alert', data: { errorFor: string(block.block_id) } }),
  );
}

// Elements a person types into: text, numbers, addresses, dates and times.

import { el } from '../dom.js';
import { interact, string } from './context.js';

/** @typedef {import('./context.js').Json} Json */
/** @typedef {import('./elements.js').Place} Place */

/**
 * The HTML input type, the key of the value in Slack's payload, and the key of the first value.
 * @type {Record<string, { html: string, key: string, initial: string }>}
 */
const KINDS = {
  plain_text_input: { html: 'text', key: 'value', initial: 'initial_value' },
  rich_text_input: { html: 'area', key: 'rich_text_value', initial: '' },
  email_text_input: { html: 'email', key: 'value', initial: 'initial_value' },
  url_text_input: { html: 'url', key: 'value', initial: 'initial_value' },
  number_input: { html: 'number', key: 'value', initial: 'initial_value' },
  datepicker: { html: 'date', key: 'selected_date', initial: 'initial_date' },
  timepicker: { html: 'time', key: 'selected_time', initial: 'initial_time' },
  datetimepicker: { html: 'datetime-local', key: 'selected_date_time', initial: 'initial_date_time' },
};

/**
 * @param {Json} element
 * @param {Place} place
 */
export function renderTypedInput(element, place) {
  const { blockId, ctx, dispatch } = place;
  const kind = KINDS[string(element.type)] ?? { html: 'text', key: 'value', initial: 'initial_value' };
  const actionId = string(element.action_id);
  const known = ctx.getValue(blockId, actionId);
  const start = known ? known[kind.key] : (element[kind.initial] ?? null);
  if (!known) ctx.setValue(blockId, actionId, { type: string(element.type), [kind.key]: start });
  const area = kind.html === 'area' || element.multiline === true;
  const input = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (
    el(area ? 'textarea.text-input' : 'input.text-input', {
      ...(area ? { rows: 4 } : { type: kind.html }),
      placeholder: string(element.placeholder?.text) || null,
      maxlength: element.max_length,
      min: element.min_value,
      max: element.max_value,
      step: kind.html === 'number' ? (element.is_decimal_allowed ? 'any' : '1') : null,
      autofocus: element.focus_on_load === true,
      autocomplete: 'off',
      data: { actionId },
    })
  );
  input.value = toField(start, kind.html);
  const current = () => ({ [kind.key]: fromField(input.value, kind.html) });
  const store = () => ctx.setValue(blockId, actionId, { type: string(element.type), ...current() });
  input.addEventListener('input', store);
  const on = triggers(element);
  if (dispatch) {
    if (/^date|^time/.test(kind.html))
      input.addEventListener('change', () => void interact(ctx, element, blockId, input, current()));
    if (on.includes('on_character_entered'))
      input.addEventListener(
        'input',
        () =>
          void ctx.act(
            { action_id: actionId, block_id: blockId, type: string(element.type), ...current() },
            input,
          ),
      );
    if (on.includes('on_enter_pressed')) {
      input.addEventListener('keydown', (event) => {
        if (/** @type {KeyboardEvent} */ (event).key !== 'Enter' || area) return;
        event.preventDefault();
        void interact(ctx, element, blockId, input, current());
      });
    }
  }
  return input;
}

/**
 * @param {Json} element
 * @returns {string[]}
 */
function triggers(element) {
  const on = element.dispatch_action_config?.trigger_actions_on;
  return Array.isArray(on) ? on : ['on_enter_pressed'];
}

/**
 * @param {unknown} value
 * @param {string} html
 */
function toField(value, html) {
  if (value === null || value === undefined) return '';
  if (html === 'area' && typeof value === 'object') return richToPlain(value);
  if (html !== 'datetime-local') return String(value);
  const date = new Date(Number(value) * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * @param {string} text
 * @param {string} html
 */
function fromField(text, html) {
  if (text === '') return null;
  if (html === 'datetime-local') return Math.floor(new Date(text).getTime() / 1000);
  if (html !== 'area') return text;
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
}

/** @param {any} value */
function richToPlain(value) {
  const parts = Array.isArray(value.elements) ? value.elements : [];
  return parts
    .map((/** @type {Json} */ part) =>
      (part.elements ?? []).map((/** @type {Json} */ item) => string(item.text)).join(''),
    )
    .join('\n');
}

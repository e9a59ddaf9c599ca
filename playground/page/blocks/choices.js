// Elements that choose from options: selects (own options, people, channels), multi selects, checkboxes, radios.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { textInline } from '../text/mrkdwn.js';
import { interact, list, string } from './context.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */
/** @typedef {import('./elements.js').Place} Place */
/** @typedef {{ value: string, label: string, group?: string, raw: unknown }} Choice */

/** Which key carries the choice in Slack's payload, by element type. */
const KEYS = /** @type {Record<string, string>} */ ({
  static_select: 'selected_option',
  users_select: 'selected_user',
  channels_select: 'selected_channel',
  conversations_select: 'selected_conversation',
  multi_static_select: 'selected_options',
  multi_users_select: 'selected_users',
  multi_channels_select: 'selected_channels',
  multi_conversations_select: 'selected_conversations',
  checkboxes: 'selected_options',
  radio_buttons: 'selected_option',
});

/**
 * @param {Json} element
 * @param {RenderContext} ctx
 * @returns {Choice[]}
 */
function choicesOf(element, ctx) {
  const own = (/** @type {Json} */ option, /** @type {string} */ group) => ({
    value: string(option.value),
    label: string(option.text?.text),
    group,
    raw: option,
  });
  if (/static_select$|checkboxes|radio_buttons/.test(string(element.type))) {
    const groups = list(element.option_groups);
    if (groups.length === 0) return list(element.options).map((option) => own(option, ''));
    return groups.flatMap((group) =>
      list(group.options).map((option) => own(option, string(group.label?.text))),
    );
  }
  const people = string(element.type).includes('users');
  const source = people ? ctx.people() : ctx.channels();
  return source.map(({ id, name }) => ({ value: id, label: people ? name : `#${name}`, raw: id }));
}

/**
 * The values chosen now: what the person did, else what the app asked for at first.
 * @param {Json} element
 * @param {Place} place
 * @returns {string[]}
 */
function chosen(element, { blockId, ctx }) {
  const key = KEYS[string(element.type)] ?? '';
  const state = ctx.getValue(blockId, string(element.action_id));
  const from = state
    ? state[key]
    : (element[`initial_${key.replace('selected_', '')}`] ?? (key.endsWith('s') ? [] : null));
  const values = Array.isArray(from) ? from : from ? [from] : [];
  return values.map((item) => (typeof item === 'object' ? string(item?.value) : String(item)));
}

/**
 * Keeps the choice as form state and, outside forms, tells the app.
 * @param {Json} element
 * @param {Place} place
 * @param {Choice[]} choices
 * @param {HTMLElement} control
 */
async function choose(element, { blockId, ctx, dispatch }, choices, control) {
  const key = KEYS[string(element.type)] ?? '';
  const raws = choices.map((choice) => choice.raw);
  const selected = { [key]: key.endsWith('s') ? raws : (raws[0] ?? null) };
  const before = ctx.getValue(blockId, string(element.action_id));
  ctx.setValue(blockId, string(element.action_id), { type: string(element.type), ...selected });
  if (!dispatch || (await interact(ctx, element, blockId, control, selected))) return true;
  ctx.setValue(blockId, string(element.action_id), before ?? { type: string(element.type) });
  return false;
}

/**
 * Registers what is chosen at first, so that a form nobody touched still submits it.
 * @param {Json} element
 * @param {Place} place
 * @param {Choice[]} choices
 */
function startValue(element, place, choices) {
  const values = chosen(element, place);
  const actionId = string(element.action_id);
  if (!place.ctx.getValue(place.blockId, actionId)) {
    const key = KEYS[string(element.type)] ?? '';
    const raws = choices.filter((choice) => values.includes(choice.value)).map((choice) => choice.raw);
    place.ctx.setValue(place.blockId, actionId, {
      type: string(element.type),
      [key]: key.endsWith('s') ? raws : (raws[0] ?? null),
    });
  }
  return values;
}

/**
 * @param {Json} element
 * @param {Place} place
 */
export function renderSelect(element, place) {
  const choices = choicesOf(element, place.ctx);
  const [value = ''] = startValue(element, place, choices);
  const placeholder = string(element.placeholder?.text) || 'Choose…';
  const option = (/** @type {Choice} */ choice) =>
    el('option', { value: choice.value, selected: choice.value === value }, choice.label);
  const groups = [...new Set(choices.map((choice) => choice.group ?? ''))];
  const select = /** @type {HTMLSelectElement} */ (
    el(
      'select',
      { 'aria-label': placeholder, data: { actionId: string(element.action_id) } },
      el('option', { value: '', selected: value === '' }, placeholder),
      groups.flatMap((group) => {
        const own = choices.filter((choice) => (choice.group ?? '') === group).map(option);
        return group ? [el('optgroup', { label: group }, own)] : own;
      }),
    )
  );
  let last = value;
  select.addEventListener('change', async () => {
    const picked = choices.filter((choice) => choice.value === select.value);
    if (await choose(element, place, picked, select)) last = select.value;
    else select.value = last;
  });
  return el('span.select', null, select, icon('chevron'));
}

/**
 * A box of chips that opens into a list of checkboxes.
 * @param {Json} element
 * @param {Place} place
 */
export function renderMultiSelect(element, place) {
  const choices = choicesOf(element, place.ctx);
  const picked = new Set(startValue(element, place, choices));
  const most = Number(element.max_selected_items) || Number.POSITIVE_INFINITY;
  const chips = el('span.chips');
  const node = el('details.multi', { data: { actionId: string(element.action_id) } });
  const boxes = choices.map((choice) => {
    const box = /** @type {HTMLInputElement} */ (el('input', { type: 'checkbox', value: choice.value }));
    box.checked = picked.has(choice.value);
    box.addEventListener('change', async () => {
      if (box.checked) picked.add(choice.value);
      else picked.delete(choice.value);
      draw();
      await choose(
        element,
        place,
        choices.filter((item) => picked.has(item.value)),
        node,
      );
    });
    return { box, row: el('label.option', null, box, el('span', null, choice.label)) };
  });

  function draw() {
    const shown = choices.filter((choice) => picked.has(choice.value));
    chips.replaceChildren(
      ...(shown.length > 0
        ? shown.map((choice) => el('span.chip', null, choice.label))
        : [el('span.placeholder', null, string(element.placeholder?.text) || 'Choose…')]),
    );
    for (const { box } of boxes) box.disabled = !box.checked && picked.size >= most;
  }

  draw();
  node.append(
    el('summary', null, chips, icon('chevron')),
    el(
      'div.multi-list',
      null,
      boxes.map(({ row }) => row),
    ),
  );
  return node;
}

let groupCount = 0;

/**
 * Checkboxes and radio buttons.
 * @param {Json} element
 * @param {Place} place
 */
export function renderOptionList(element, place) {
  const radio = element.type === 'radio_buttons';
  const choices = choicesOf(element, place.ctx);
  const values = startValue(element, place, choices);
  groupCount += 1;
  const name = `options-${groupCount}`;
  const node = el('div.options', {
    role: radio ? 'radiogroup' : 'group',
    data: { actionId: string(element.action_id) },
  });
  const rows = choices.map((choice) => {
    const option = /** @type {Json} */ (choice.raw);
    const box = /** @type {HTMLInputElement} */ (
      el('input', { type: radio ? 'radio' : 'checkbox', name, value: choice.value })
    );
    box.checked = values.includes(choice.value);
    box.addEventListener('change', async () => {
      const before = new Set(values);
      const now = choices.filter((_, index) => rows[index]?.box.checked);
      if (await choose(element, place, now, node))
        values.splice(0, values.length, ...now.map((item) => item.value));
      else for (const row of rows) row.box.checked = before.has(row.box.value);
    });
    const note =
      option.description && el('span.option-note', null, textInline(option.description, place.ctx));
    return {
      box,
      row: el('label.option', null, box, el('span', null, textInline(option.text, place.ctx), note)),
    };
  });
  node.append(...rows.map(({ row }) => row));
  return node;
}

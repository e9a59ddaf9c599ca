// What a person picks or types in an element, in the form Slack reports it (state.values and actions).

import { STATEFUL_ELEMENTS } from '../blocks/elements.ts';
import type { Dict } from '../records/records.ts';
import { isDict, textOf } from '../wire/args.ts';
import { richTextOf } from '../workspace/rich-text.ts';

/** An interactive element and the block it stands in. */
export interface Placed {
  blockId: string;
  block: Dict;
  element: Dict;
}

export type Choice = { ok: true; value: Dict } | { ok: false; problem: string };

/** Every interactive element of some blocks, nested ones too. */
export function placedElements(blocks: unknown, owner?: Dict): Placed[] {
  if (Array.isArray(blocks)) return blocks.flatMap((entry) => placedElements(entry, owner));
  if (!isDict(blocks)) return [];
  const block = textOf(blocks, 'block_id') === undefined ? owner : blocks;
  const here: Placed[] =
    block !== undefined && textOf(blocks, 'action_id') !== undefined
      ? [{ blockId: textOf(block, 'block_id') ?? '', block, element: blocks }]
      : [];
  const nested = Object.values(blocks).filter((member) => typeof member === 'object');
  return [...here, ...nested.flatMap((member) => placedElements(member, block))];
}

export function findPlaced(
  blocks: unknown,
  actionId: string,
  blockId: string | undefined,
): Placed | undefined {
  return placedElements(blocks).find(
    (placed) =>
      placed.element['action_id'] === actionId && (blockId === undefined || placed.blockId === blockId),
  );
}

const SINGLE_FIELD: Record<string, string> = {
  plain_text_input: 'value',
  email_text_input: 'value',
  url_text_input: 'value',
  number_input: 'value',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
  datetimepicker: 'selected_date_time',
  users_select: 'selected_user',
  channels_select: 'selected_channel',
  conversations_select: 'selected_conversation',
};

const LIST_FIELD: Record<string, string> = {
  multi_users_select: 'selected_users',
  multi_channels_select: 'selected_channels',
  multi_conversations_select: 'selected_conversations',
};

const ONE_OPTION = ['static_select', 'external_select', 'radio_buttons', 'overflow'];
const MANY_OPTIONS = ['multi_static_select', 'multi_external_select', 'checkboxes'];

/** Reads a choice given either bare ("yes", ["a"]) or as Slack's state object; checks it against the options. */
export function readChoice(element: Dict, given: unknown): Choice {
  const type = textOf(element, 'type') ?? '';
  if (ONE_OPTION.includes(type)) return oneOption(element, type, given);
  if (MANY_OPTIONS.includes(type)) return manyOptions(element, type, given);
  const single = SINGLE_FIELD[type];
  if (single !== undefined) return { ok: true, value: { type, [single]: bare(given, single) ?? null } };
  const list = LIST_FIELD[type];
  if (list !== undefined) return { ok: true, value: { type, [list]: bare(given, list) ?? [] } };
  if (type === 'rich_text_input') {
    const value = bare(given, 'rich_text_value');
    return {
      ok: true,
      value: { type, rich_text_value: typeof value === 'string' ? richTextOf(value) : value },
    };
  }
  if (type === 'file_input') return { ok: true, value: { type, files: bare(given, 'files') ?? [] } };
  return { ok: true, value: {} };
}

function bare(given: unknown, field: string): unknown {
  if (!isDict(given)) return given;
  return given[field] ?? given['value'];
}

function oneOption(element: Dict, type: string, given: unknown): Choice {
  const wanted = optionValue(bare(given, 'selected_option'));
  if (wanted === undefined) return { ok: true, value: { type, selected_option: null } };
  const option =
    optionsOf(element).find((candidate) => candidate['value'] === wanted) ?? external(type, given);
  if (option === undefined) return { ok: false, problem: `no option has the value ${wanted}` };
  return { ok: true, value: { type, selected_option: option } };
}

function manyOptions(element: Dict, type: string, given: unknown): Choice {
  const wanted = bare(given, 'selected_options');
  const values = (Array.isArray(wanted) ? wanted : [wanted])
    .map(optionValue)
    .filter((value) => value !== undefined);
  const options: Dict[] = [];
  for (const value of values) {
    const option = optionsOf(element).find((candidate) => candidate['value'] === value);
    if (option === undefined && !type.includes('external'))
      return { ok: false, problem: `no option has the value ${value}` };
    options.push(option ?? { text: { type: 'plain_text', text: value }, value });
  }
  return { ok: true, value: { type, selected_options: options } };
}

/** Options of an external select come from the app, so what the page hands in is taken as it is. */
function external(type: string, given: unknown): Dict | undefined {
  if (type !== 'external_select') return undefined;
  const option = isDict(given) ? given['selected_option'] : undefined;
  if (isDict(option)) return option;
  return typeof given === 'string' ? { text: { type: 'plain_text', text: given }, value: given } : undefined;
}

function optionValue(option: unknown): string | undefined {
  if (typeof option === 'string' && option !== '') return option;
  return textOf(option, 'value');
}

function optionsOf(element: Dict): Dict[] {
  const own = Array.isArray(element['options']) ? element['options'] : [];
  const groups = Array.isArray(element['option_groups']) ? element['option_groups'] : [];
  const grouped = groups.flatMap((group: unknown) =>
    isDict(group) && Array.isArray(group['options']) ? group['options'] : [],
  );
  return [...own, ...grouped].filter(isDict);
}

const INITIAL: [string, string][] = [
  ['initial_value', 'value'],
  ['initial_option', 'selected_option'],
  ['initial_options', 'selected_options'],
  ['initial_date', 'selected_date'],
  ['initial_time', 'selected_time'],
  ['initial_date_time', 'selected_date_time'],
  ['initial_user', 'selected_user'],
  ['initial_users', 'selected_users'],
  ['initial_channel', 'selected_channel'],
  ['initial_channels', 'selected_channels'],
  ['initial_conversation', 'selected_conversation'],
  ['initial_conversations', 'selected_conversations'],
];

export type StateValues = Record<string, Record<string, Dict>>;

/** state.values of some blocks: initial values, overlaid with what has been chosen. */
export function stateOf(blocks: unknown, chosen: StateValues): StateValues {
  const values: StateValues = {};
  for (const { blockId, element } of placedElements(blocks)) {
    if (!STATEFUL_ELEMENTS.has(textOf(element, 'type') ?? '')) continue;
    const actionId = textOf(element, 'action_id') ?? '';
    const inBlock = values[blockId] ?? {};
    inBlock[actionId] = chosen[blockId]?.[actionId] ?? initialChoice(element);
    values[blockId] = inBlock;
  }
  return values;
}

function initialChoice(element: Dict): Dict {
  const choice = readChoice(element, undefined);
  const value: Dict = choice.ok ? choice.value : { type: element['type'] };
  for (const [from, to] of INITIAL) {
    if (element[from] !== undefined) value[to] = element[from];
  }
  return value;
}

/** Whether a choice says nothing, for required inputs. */
export function isEmptyChoice(value: Dict | undefined): boolean {
  return Object.entries(value ?? {}).every(([field, member]) => {
    if (field === 'type') return true;
    return (
      member === null ||
      member === undefined ||
      member === '' ||
      (Array.isArray(member) && member.length === 0)
    );
  });
}

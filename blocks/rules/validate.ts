// Says what Slack would refuse in a message or a view, before Slack does. The sender and the tests use it.
import { messageBlocks, viewBlocks } from './blocks-table.ts';
import { id, plainText } from './elements-table.ts';
import {
  MESSAGE_BLOCKS_MAX,
  MESSAGE_CHARS_MAX,
  MESSAGE_TEXT_MAX,
  PRIVATE_METADATA_MAX,
  TABLE_CHARS_MAX,
  VIEW_BLOCKS_MAX,
  VIEW_TITLE_MAX,
} from './limits.ts';
import {
  array,
  boolean,
  byType,
  type Fields,
  isFields,
  maybe,
  object,
  oneOf,
  type Problem,
  type Report,
  string,
} from './shape.ts';
import { textLength } from './weigh.ts';

export type { Problem } from './shape.ts';

const view = object({
  type: oneOf('modal'),
  title: plainText(VIEW_TITLE_MAX),
  submit: maybe(plainText(VIEW_TITLE_MAX)),
  close: maybe(plainText(VIEW_TITLE_MAX)),
  blocks: array(byType(viewBlocks, 'a block for a modal'), 1, VIEW_BLOCKS_MAX),
  private_metadata: maybe(string(PRIVATE_METADATA_MAX, 0)),
  callback_id: maybe(id),
  external_id: maybe(id),
  clear_on_close: maybe(boolean),
  notify_on_close: maybe(boolean),
});

const home = object({
  type: oneOf('home'),
  blocks: array(byType(viewBlocks, 'a block for a Home tab'), 1, VIEW_BLOCKS_MAX),
  private_metadata: maybe(string(PRIVATE_METADATA_MAX, 0)),
  callback_id: maybe(id),
  external_id: maybe(id),
});

const message = object({
  text: string(MESSAGE_TEXT_MAX),
  blocks: array(byType(messageBlocks, 'a block for a message'), 1, MESSAGE_BLOCKS_MAX),
});

/** Every problem of a message `{text, blocks}`; an empty list means that Slack takes it. */
export function validateMessage(value: { readonly text: unknown; readonly blocks: unknown }): Problem[] {
  return collect((report) => {
    message({ text: value.text, blocks: value.blocks }, '', report);
    checkBlocks(value.blocks, report);
    const chars = textLength(value.blocks);
    if (chars > MESSAGE_CHARS_MAX)
      report('/blocks', `hold ${chars} characters; Slack refuses more than ${MESSAGE_CHARS_MAX}`);
    if (typesOf(value.blocks).filter((type) => type === 'table').length > 1)
      report('/blocks', 'hold more than one table');
  });
}

/** Every problem of a modal or of a Home tab; an empty list means that Slack shows it. */
export function validateView(value: unknown): Problem[] {
  return collect((report) => {
    const isHome = isFields(value) && value.type === 'home';
    (isHome ? home : view)(value, '', report);
    if (!isFields(value)) return;
    checkBlocks(value.blocks, report);
    if (typesOf(value.blocks).includes('input') && value.submit === undefined)
      report('/submit', 'is missing, and a view with inputs needs it');
  });
}

function collect(check: (report: Report) => void): Problem[] {
  const problems: Problem[] = [];
  check((pointer, message) => problems.push({ pointer, message }));
  return problems;
}

/** What concerns several blocks at once. */
function checkBlocks(blocks: unknown, report: Report): void {
  if (!Array.isArray(blocks)) return;
  const seen = new Set<unknown>();
  blocks.forEach((block: unknown, index) => {
    if (!isFields(block)) return;
    if (block.block_id !== undefined && seen.has(block.block_id))
      report(`/blocks/${index}/block_id`, 'is used twice');
    seen.add(block.block_id);
    if (block.type === 'table' && textLength(block) > TABLE_CHARS_MAX)
      report(`/blocks/${index}`, `holds more than ${TABLE_CHARS_MAX} characters`);
    uniqueActions(block, index, report);
  });
}

function uniqueActions(block: Fields, index: number, report: Report): void {
  if (!Array.isArray(block.elements)) return;
  const ids = block.elements
    .map((element: unknown) => (isFields(element) ? element.action_id : undefined))
    .filter((actionId) => actionId !== undefined);
  if (new Set(ids).size !== ids.length)
    report(`/blocks/${index}/elements`, 'must have a different action_id each');
}

function typesOf(blocks: unknown): readonly unknown[] {
  return Array.isArray(blocks) ? blocks.map((block: unknown) => (isFields(block) ? block.type : null)) : [];
}

// The twenty block types, where each may stand, and its limits.
// https://docs.slack.dev/reference/block-kit/blocks
import { isDict } from '../wire/args.ts';
import {
  anyText,
  imageElement,
  imageSource,
  imageSourceChoice,
  mrkdwn,
  plainText,
  RAW_CELLS,
  richText,
  richTextBody,
  urlSource,
} from './composition.ts';
import {
  accessory,
  actionsElement,
  buttonElement,
  contextActionsElement,
  contextElement,
  inputElement,
} from './elements.ts';
import {
  byType,
  type Check,
  flag,
  integer,
  later,
  list,
  note,
  noteRepeats,
  object,
  oneOf,
  type Rule,
  type Shape,
  type Surface,
  string,
  url,
} from './rules.ts';

interface BlockSpec {
  surfaces: Surface[];
  rule: Rule;
}

const EVERYWHERE: Surface[] = ['message', 'modal', 'home'];

/** A block's own fields; block_id is allowed on each. */
function block(shape: Shape): Rule {
  return object({ ...shape, optional: { ...shape.optional, block_id: string({ max: 255 }) } });
}

const CELLS: Record<string, Rule> = { ...RAW_CELLS, rich_text: richTextBody };
const tableCell = byType(CELLS);
const dataCell = byType(CELLS);
const headerCell = byType(CELLS, Object.keys(RAW_CELLS));
const MAX_TABLE_CELLS_ROW = 20;

const taskCardRule = block({
  required: {
    task_id: string({ min: 1, max: 255 }),
    title: string({ min: 1, max: 3000 }),
    status: oneOf('pending', 'in_progress', 'complete', 'error'),
  },
  optional: { details: richText, output: richText, sources: list(urlSource, { min: 0, max: 100 }) },
});

const cardRule = block({
  optional: {
    hero_image: imageElement,
    icon: imageElement,
    title: mrkdwn({ max: 150 }),
    subtitle: mrkdwn({ max: 150 }),
    body: mrkdwn({ max: 200 }),
    actions: list(buttonElement, { max: 25 }),
  },
  anyOf: ['hero_image', 'title', 'actions', 'body'],
});

function uniqueActionIds(value: Record<string, unknown>, at: string, check: Check): void {
  noteRepeats(value['elements'], 'action_id', `${at}/elements`, check);
}

/** Rows of the same width; `what` the header may hold is checked apart. */
function evenRows(value: Record<string, unknown>, at: string, check: Check): void {
  const rows = value['rows'];
  if (!Array.isArray(rows)) return;
  const width = Array.isArray(rows[0]) ? rows[0].length : 0;
  rows.forEach((row, index) => {
    if (Array.isArray(row) && row.length !== width)
      note(check, 'must have the same number of columns', `${at}/rows/${index}`);
  });
}

function headerWithoutRichText(value: Record<string, unknown>, at: string, check: Check): void {
  evenRows(value, at, check);
  const rows = value['rows'];
  const header: unknown = Array.isArray(rows) ? rows[0] : undefined;
  if (!Array.isArray(header)) return;
  header.forEach((cell, index) => {
    headerCell(cell, `${at}/rows/0/${index}`, check);
  });
}

const CONTAINER_CHILDREN = [
  'actions',
  'context',
  'divider',
  'file',
  'header',
  'image',
  'input',
  'rich_text',
  'section',
  'table',
  'video',
];

export const BLOCKS: Record<string, BlockSpec> = {
  actions: {
    surfaces: EVERYWHERE,
    rule: block({ required: { elements: list(actionsElement, { max: 25 }) }, also: uniqueActionIds }),
  },
  alert: {
    surfaces: ['modal'],
    rule: block({
      required: { text: anyText({ max: 200 }) },
      optional: { level: oneOf('default', 'info', 'warning', 'error', 'success') },
    }),
  },
  card: { surfaces: EVERYWHERE, rule: cardRule },
  carousel: {
    surfaces: ['message', 'home'],
    rule: block({ required: { elements: list(byType({ card: cardRule }), { max: 10 }) } }),
  },
  container: {
    surfaces: ['message'],
    rule: block({
      required: {
        child_blocks: list(
          later(() => childBlock),
          { max: 10 },
        ),
      },
      optional: {
        title: plainText({ max: 150 }),
        rich_text_title: richText,
        subtitle: anyText({ max: 150 }),
        width: oneOf('narrow', 'standard', 'wide', 'full'),
        icon: imageElement,
        is_collapsible: flag,
        default_collapsed: flag,
        has_header_divider: flag,
      },
      anyOf: ['title', 'rich_text_title'],
      also: (value, at, check) => {
        if (value['default_collapsed'] === true && value['is_collapsible'] !== true) {
          note(check, 'default_collapsed requires is_collapsible', `${at}/default_collapsed`);
        }
      },
    }),
  },
  context: {
    surfaces: EVERYWHERE,
    rule: block({ required: { elements: list(contextElement, { max: 10 }) } }),
  },
  context_actions: {
    surfaces: ['message'],
    rule: block({ required: { elements: list(contextActionsElement, { max: 5 }) }, also: uniqueActionIds }),
  },
  data_table: {
    surfaces: ['message'],
    rule: block({
      required: {
        caption: string({ min: 1, max: 3000 }),
        rows: list(list(dataCell, { max: MAX_TABLE_CELLS_ROW }), { min: 2, max: 101 }),
      },
      optional: { page_size: integer(1, 100), row_header_column_index: integer(0, MAX_TABLE_CELLS_ROW - 1) },
      also: headerWithoutRichText,
    }),
  },
  divider: { surfaces: EVERYWHERE, rule: block({}) },
  file: {
    surfaces: ['message'],
    rule: block({
      required: { source: oneOf('remote'), external_id: string({ min: 1, max: 255 }) },
      // Only files added through files.remote.* can be shown so, and this workspace has none.
      also: (_value, at, check) => note(check, 'remote file not found', `${at}/external_id`),
    }),
  },
  header: {
    surfaces: EVERYWHERE,
    rule: block({ required: { text: plainText({ max: 150 }) }, optional: { level: integer(1, 6) } }),
  },
  image: {
    surfaces: EVERYWHERE,
    rule: block({
      required: { alt_text: string({ min: 1, max: 2000 }) },
      optional: { ...imageSource, title: plainText({ max: 2000 }) },
      oneOf: imageSourceChoice,
    }),
  },
  input: {
    surfaces: EVERYWHERE,
    rule: block({
      required: { label: plainText({ max: 2000 }), element: inputElement },
      optional: { hint: plainText({ max: 2000 }), optional: flag, dispatch_action: flag },
      also: (value, at, check) => {
        const element = value['element'];
        if (isDict(element) && element['type'] === 'file_input' && check.surface !== 'modal') {
          note(check, 'unsupported type: file_input', `${at}/element/type`);
        }
      },
    }),
  },
  markdown: { surfaces: ['message'], rule: block({ required: { text: string({ min: 1, max: 12_000 }) } }) },
  plan: {
    surfaces: ['message'],
    rule: block({
      required: { title: string({ min: 1, max: 3000 }) },
      optional: { tasks: list(byType({ task_card: taskCardRule }), { min: 0, max: 50 }) },
      also: (value, at, check) => noteRepeats(value['tasks'], 'task_id', `${at}/tasks`, check),
    }),
  },
  rich_text: { surfaces: EVERYWHERE, rule: richTextBody },
  section: {
    surfaces: EVERYWHERE,
    rule: block({
      optional: {
        text: anyText({ max: 3000 }),
        fields: list(anyText({ max: 2000 }), { max: 10 }),
        accessory,
        expand: flag,
      },
      anyOf: ['text', 'fields'],
    }),
  },
  table: {
    surfaces: ['message'],
    rule: block({
      required: { rows: list(list(tableCell, { max: MAX_TABLE_CELLS_ROW }), { max: 100 }) },
      optional: {
        column_settings: list(
          (value, at, check) => {
            if (value === null) return;
            object({ optional: { align: oneOf('left', 'center', 'right'), is_wrapped: flag } })(
              value,
              at,
              check,
            );
          },
          { min: 0, max: MAX_TABLE_CELLS_ROW },
        ),
      },
    }),
  },
  task_card: { surfaces: ['message'], rule: taskCardRule },
  video: {
    surfaces: EVERYWHERE,
    rule: block({
      required: {
        video_url: url,
        thumbnail_url: url,
        alt_text: string({ min: 1, max: 2000 }),
        title: plainText({ max: 199 }),
      },
      optional: {
        title_url: url,
        author_name: string({ max: 49 }),
        provider_name: string({ max: 49 }),
        provider_icon_url: url,
        description: plainText({ max: 200 }),
      },
    }),
  },
};

const RULES: Record<string, Rule> = Object.fromEntries(
  Object.entries(BLOCKS).map(([type, spec]) => [type, spec.rule]),
);

const childBlock = byType(RULES, CONTAINER_CHILDREN);

/** Checks one top-level block, its place included. */
export const topLevelBlock: Rule = (value, at, check) => {
  const type = isDict(value) ? value['type'] : undefined;
  const spec = typeof type === 'string' ? BLOCKS[type] : undefined;
  if (spec !== undefined && !spec.surfaces.includes(check.surface)) {
    note(check, `unsupported type in a ${check.surface}: ${String(type)}`, `${at}/type`);
    return;
  }
  byType(RULES)(value, at, check);
};

// Slack's blocks as a table of rules: https://docs.slack.dev/reference/block-kit/blocks
import {
  anyText,
  id,
  image,
  imageSource,
  inputs,
  interactive,
  plainText,
  richTextBlock,
} from './elements-table.ts';
import {
  ACTIONS_MAX,
  CARD_BODY_MAX,
  CARD_TITLE_MAX,
  CAROUSEL_CARDS_MAX,
  CONTEXT_MAX,
  FIELD_TEXT_MAX,
  HEADER_TEXT_MAX,
  IMAGE_TEXT_MAX,
  IMAGE_URL_MAX,
  INPUT_TEXT_MAX,
  MARKDOWN_TEXT_MAX,
  PLAN_TASKS_MAX,
  SECTION_FIELDS_MAX,
  SECTION_TEXT_MAX,
  TABLE_COLUMNS_MAX,
  TABLE_ROWS_MAX,
  TASK_TITLE_MAX,
} from './limits.ts';
import {
  all,
  array,
  boolean,
  byType,
  having,
  isFields,
  maybe,
  number,
  object,
  oneOf,
  type Rule,
  string,
  text,
  url,
} from './shape.ts';

const block = (type: string, fields: Parameters<typeof object>[0]): Rule =>
  object({ type: oneOf(type), block_id: maybe(id), ...fields });

const section = all(
  block('section', {
    text: maybe(anyText(SECTION_TEXT_MAX)),
    fields: maybe(array(anyText(FIELD_TEXT_MAX), 1, SECTION_FIELDS_MAX)),
    accessory: maybe(byType({ ...interactive, image }, 'an accessory')),
    expand: maybe(boolean),
  }),
  having('at least', 'text', 'fields'),
);

const cell = byType(
  {
    raw_text: object({ type: oneOf('raw_text'), text: text(SECTION_TEXT_MAX) }),
    raw_number: object({ type: oneOf('raw_number'), value: number, text: text(FIELD_TEXT_MAX) }),
    rich_text: richTextBlock,
  },
  'a table cell',
);

const sameWidth: Rule = (value, pointer, report) => {
  if (!isFields(value) || !Array.isArray(value.rows)) return;
  const widths = value.rows.map((row: unknown) => (Array.isArray(row) ? row.length : 0));
  if (widths.some((width) => width !== widths[0]))
    report(`${pointer}/rows`, 'must all have the same number of cells');
};

const table = all(
  block('table', {
    rows: array(array(cell, 1, TABLE_COLUMNS_MAX), 1, TABLE_ROWS_MAX),
    column_settings: maybe(
      array(
        object({ align: maybe(oneOf('left', 'center', 'right')), is_wrapped: maybe(boolean) }),
        0,
        TABLE_COLUMNS_MAX,
      ),
    ),
  }),
  sameWidth,
);

const taskCard = block('task_card', {
  task_id: id,
  title: string(TASK_TITLE_MAX),
  status: oneOf('pending', 'in_progress', 'complete', 'error'),
  details: maybe(richTextBlock),
  output: maybe(richTextBlock),
  sources: maybe(
    array(
      object({ type: oneOf('url'), url: url(IMAGE_URL_MAX), text: maybe(string(FIELD_TEXT_MAX)) }),
      1,
      ACTIONS_MAX,
    ),
  ),
});

const taskIdsOnce: Rule = (value, pointer, report) => {
  if (!isFields(value) || !Array.isArray(value.tasks)) return;
  const ids = value.tasks.map((task: unknown) => (isFields(task) ? task.task_id : undefined));
  if (new Set(ids).size !== ids.length) report(`${pointer}/tasks`, 'must have a different task_id each');
};

const everywhere = {
  actions: block('actions', {
    elements: array(byType(interactive, 'an element of actions'), 1, ACTIONS_MAX),
  }),
  context: block('context', {
    elements: array(
      byType(
        { plain_text: anyText(FIELD_TEXT_MAX), mrkdwn: anyText(FIELD_TEXT_MAX), image },
        'an element of context',
      ),
      1,
      CONTEXT_MAX,
    ),
  }),
  divider: block('divider', {}),
  header: block('header', { text: plainText(HEADER_TEXT_MAX) }),
  image: all(
    block('image', { ...imageSource, title: maybe(plainText(IMAGE_TEXT_MAX)) }),
    having('exactly', 'image_url', 'slack_file'),
  ),
  rich_text: richTextBlock,
  section,
  input: block('input', {
    label: plainText(INPUT_TEXT_MAX),
    hint: maybe(plainText(INPUT_TEXT_MAX)),
    optional: maybe(boolean),
    dispatch_action: maybe(boolean),
    element: byType(inputs, 'an input'),
  }),
};

const mrkdwn = (max: number): Rule =>
  object({ type: oneOf('mrkdwn'), text: string(max), verbatim: maybe(boolean) });

const card = all(
  block('card', {
    hero_image: maybe(image),
    icon: maybe(image),
    title: maybe(mrkdwn(CARD_TITLE_MAX)),
    subtitle: maybe(mrkdwn(CARD_TITLE_MAX)),
    body: maybe(mrkdwn(CARD_BODY_MAX)),
    actions: maybe(array(interactive.button, 1, ACTIONS_MAX)),
  }),
  having('at least', 'hero_image', 'title', 'actions', 'body'),
);

/** What may stand in a message. */
export const messageBlocks: Readonly<Record<string, Rule>> = {
  ...everywhere,
  markdown: block('markdown', { text: string(MARKDOWN_TEXT_MAX) }),
  table,
  card,
  carousel: block('carousel', {
    elements: array(byType({ card }, 'a card'), 1, CAROUSEL_CARDS_MAX),
  }),
  task_card: taskCard,
  plan: all(
    block('plan', {
      title: string(TASK_TITLE_MAX),
      tasks: maybe(array(taskCard, 0, PLAN_TASKS_MAX)),
    }),
    taskIdsOnce,
  ),
};

/** What may stand in a modal or on the Home tab. */
export const viewBlocks: Readonly<Record<string, Rule>> = {
  ...everywhere,
  alert: block('alert', {
    text: anyText(200),
    level: maybe(oneOf('default', 'info', 'warning', 'error', 'success')),
  }),
};

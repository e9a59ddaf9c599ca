// What a message may have as a block: those that the product uses, as Slack takes them.
// https://docs.slack.dev/reference/block-kit/blocks
import { z } from 'zod';
import {
  anyText,
  button,
  id,
  image,
  imageSource,
  mrkdwn,
  plainText,
  richTextBlock,
  staticSelect,
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
  PLAN_TASKS_MAX,
  SECTION_TEXT_MAX,
  TABLE_COLUMNS_MAX,
  TABLE_ROWS_MAX,
  TASK_TITLE_MAX,
} from './limits.ts';
import { different, exactlyOneOf, list, someOf, string, text } from './shape.ts';

const { literal, strictObject } = z;

function block<Type extends string, Fields extends z.core.$ZodLooseShape>(type: Type, fields: Fields) {
  return strictObject({ type: literal(type), block_id: id.optional(), ...fields });
}

const actions = block('actions', {
  elements: list(
    z.discriminatedUnion('type', [button, staticSelect], 'is not an element of actions'),
    ACTIONS_MAX,
  ).check(different('action_id')),
});

const context = block('context', {
  elements: list(
    z.discriminatedUnion(
      'type',
      [plainText(FIELD_TEXT_MAX), mrkdwn(FIELD_TEXT_MAX), image],
      'is not an element of context',
    ),
    CONTEXT_MAX,
  ),
});

const imageBlock = block('image', { ...imageSource, title: plainText(IMAGE_TEXT_MAX).optional() }).check(
  exactlyOneOf('image_url', 'slack_file'),
);

const section = block('section', { text: anyText(SECTION_TEXT_MAX) });

const cell = z.discriminatedUnion(
  'type',
  [strictObject({ type: literal('raw_text'), text: text(SECTION_TEXT_MAX) }), richTextBlock],
  'is not a table cell',
);

const column = strictObject({
  align: z.enum(['left', 'center', 'right']).optional(),
  is_wrapped: z.boolean().optional(),
});

const table = block('table', {
  rows: list(list(cell, TABLE_COLUMNS_MAX), TABLE_ROWS_MAX).refine(
    (rows) => rows.every(({ length }) => length === rows[0]?.length),
    'must all have the same number of cells',
  ),
  column_settings: z.array(column).max(TABLE_COLUMNS_MAX).optional(),
});

const card = block('card', {
  hero_image: image.optional(),
  title: mrkdwn(CARD_TITLE_MAX).optional(),
  subtitle: mrkdwn(CARD_TITLE_MAX).optional(),
  body: mrkdwn(CARD_BODY_MAX).optional(),
  actions: list(button, ACTIONS_MAX).optional(),
}).check(someOf('hero_image', 'title', 'actions', 'body'));

const taskCard = block('task_card', {
  task_id: id,
  title: string(TASK_TITLE_MAX),
  status: z.enum(['pending', 'in_progress', 'complete', 'error']),
  details: richTextBlock.optional(),
});

const plan = block('plan', {
  title: string(TASK_TITLE_MAX),
  tasks: z.array(taskCard).max(PLAN_TASKS_MAX).check(different('task_id')).optional(),
});

export const messageBlock = z.discriminatedUnion(
  'type',
  [
    actions,
    block('carousel', { elements: list(card, CAROUSEL_CARDS_MAX) }),
    block('divider', {}),
    block('header', { text: plainText(HEADER_TEXT_MAX) }),
    card,
    context,
    imageBlock,
    plan,
    richTextBlock,
    section,
    table,
    taskCard,
  ],
  'is not a block for a message',
);

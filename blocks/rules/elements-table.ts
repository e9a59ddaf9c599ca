// What a message may have as an element or a composition object: those that the product uses, as Slack takes them.
// https://docs.slack.dev/reference/block-kit/block-elements, .../composition-objects
import { z } from 'zod';
import {
  BUTTON_TEXT_MAX,
  BUTTON_VALUE_MAX,
  CONFIRM_BUTTON_MAX,
  CONFIRM_TEXT_MAX,
  CONFIRM_TITLE_MAX,
  ID_MAX,
  IMAGE_TEXT_MAX,
  IMAGE_URL_MAX,
  LIST_INDENT_MAX,
  OPTION_TEXT_MAX,
  OPTION_VALUE_MAX,
  PLACEHOLDER_MAX,
  RICH_TEXT_CHARS_MAX,
  RICH_TEXT_PARTS_MAX,
  SELECT_OPTIONS_MAX,
} from './limits.ts';
import { exactlyOneOf, list, string, text, url } from './shape.ts';

const { literal, strictObject } = z;
const flag = z.boolean().optional();

export const id = string(ID_MAX);
const webAddress = url(IMAGE_URL_MAX);

export const plainText = (max: number) =>
  strictObject({ type: literal('plain_text'), text: string(max), emoji: flag });
export const mrkdwn = (max: number) =>
  strictObject({ type: literal('mrkdwn'), text: string(max), verbatim: flag });
export const anyText = (max: number) =>
  z.discriminatedUnion('type', [plainText(max), mrkdwn(max)], 'is not a text object');

const confirmDialog = strictObject({
  title: plainText(CONFIRM_TITLE_MAX).optional(),
  text: anyText(CONFIRM_TEXT_MAX),
  confirm: plainText(CONFIRM_BUTTON_MAX).optional(),
  deny: plainText(CONFIRM_BUTTON_MAX).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

/** https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object */
const slackFile = strictObject({
  id: z
    .string()
    .regex(/^F[A-Z0-9]{8,}$/)
    .optional(),
  url: webAddress.optional(),
}).check(exactlyOneOf('id', 'url'));

export const imageSource = {
  image_url: webAddress.optional(),
  slack_file: slackFile.optional(),
  alt_text: string(IMAGE_TEXT_MAX),
};
export const image = strictObject({ type: literal('image'), ...imageSource }).check(
  exactlyOneOf('image_url', 'slack_file'),
);

export const button = strictObject({
  type: literal('button'),
  action_id: id.optional(),
  text: plainText(BUTTON_TEXT_MAX),
  value: string(BUTTON_VALUE_MAX).optional(),
  url: webAddress.optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirmDialog.optional(),
  accessibility_label: string(BUTTON_TEXT_MAX).optional(),
});

export const staticSelect = strictObject({
  type: literal('static_select'),
  action_id: id.optional(),
  placeholder: plainText(PLACEHOLDER_MAX).optional(),
  options: list(
    strictObject({ text: anyText(OPTION_TEXT_MAX), value: string(OPTION_VALUE_MAX).optional() }),
    SELECT_OPTIONS_MAX,
  ),
});

const style = strictObject({
  bold: flag,
  italic: flag,
  strike: flag,
  code: flag,
  underline: flag,
}).optional();
const words = strictObject({ type: literal('text'), text: text(RICH_TEXT_CHARS_MAX), style });
const webLink = strictObject({
  type: literal('link'),
  url: webAddress,
  text: text(RICH_TEXT_CHARS_MAX).optional(),
  unsafe: flag,
  style,
});

/** `broadcast`, `usergroup`, `team` and `channel` are left out on purpose: the product never notifies a group. */
const inline = z.discriminatedUnion(
  'type',
  [
    words,
    webLink,
    strictObject({ type: literal('user'), user_id: z.string().regex(/^[UW][A-Z0-9]+$/), style }),
    strictObject({
      type: literal('date'),
      timestamp: z.int().min(0).max(253_402_300_799),
      format: string(200),
      url: webAddress.optional(),
      fallback: string(200).optional(),
      style,
    }),
  ],
  'is not an element of rich text that may be sent',
);

const border = z.int().min(0).max(1).optional();
const richSection = strictObject({
  type: literal('rich_text_section'),
  elements: list(inline, RICH_TEXT_PARTS_MAX),
});

/** https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
const richPart = z.discriminatedUnion(
  'type',
  [
    richSection,
    strictObject({
      type: literal('rich_text_list'),
      style: z.enum(['bullet', 'ordered']),
      elements: list(richSection, RICH_TEXT_PARTS_MAX),
      indent: z.int().min(0).max(LIST_INDENT_MAX).optional(),
      offset: z.int().min(0).max(1_000_000).optional(),
      border,
    }),
    strictObject({
      type: literal('rich_text_quote'),
      elements: list(inline, RICH_TEXT_PARTS_MAX),
      border,
    }),
    strictObject({
      type: literal('rich_text_preformatted'),
      elements: list(
        z.discriminatedUnion('type', [words, webLink], 'is not allowed in preformatted text'),
        RICH_TEXT_PARTS_MAX,
      ),
      language: string(30).optional(),
      border,
    }),
  ],
  'is not a part of rich text',
);

export const richTextBlock = strictObject({
  type: literal('rich_text'),
  block_id: id.optional(),
  elements: list(richPart, RICH_TEXT_PARTS_MAX),
});

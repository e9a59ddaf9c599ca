// Slack's elements and composition objects as a table of rules.
// https://docs.slack.dev/reference/block-kit/block-elements, .../composition-objects
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
  SELECT_OPTIONS_MAX,
  TEXT_INPUT_MAX,
} from './limits.ts';
import {
  all,
  array,
  boolean,
  byType,
  having,
  integer,
  matching,
  maybe,
  object,
  oneOf,
  type Rule,
  string,
  text,
  url,
} from './shape.ts';

const is = (type: string): Rule => oneOf(type);
export const id: Rule = string(ID_MAX);

export function plainText(max: number): Rule {
  return object({ type: is('plain_text'), text: string(max), emoji: maybe(boolean) });
}

export function anyText(max: number): Rule {
  return byType(
    {
      plain_text: plainText(max),
      mrkdwn: object({ type: is('mrkdwn'), text: string(max), verbatim: maybe(boolean) }),
    },
    'a text object',
  );
}

const confirmDialog = object({
  title: maybe(plainText(CONFIRM_TITLE_MAX)),
  text: anyText(CONFIRM_TEXT_MAX),
  confirm: maybe(plainText(CONFIRM_BUTTON_MAX)),
  deny: maybe(plainText(CONFIRM_BUTTON_MAX)),
  style: maybe(oneOf('primary', 'danger')),
});

const option = object({
  text: anyText(OPTION_TEXT_MAX),
  value: maybe(string(OPTION_VALUE_MAX)),
  description: maybe(plainText(OPTION_TEXT_MAX)),
  url: maybe(url(IMAGE_URL_MAX)),
});

/** https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object */
const slackFile = all(
  object({
    id: maybe(matching(/^F[A-Z0-9]{8,}$/, 'the id of a Slack file')),
    url: maybe(url(IMAGE_URL_MAX)),
  }),
  having('exactly', 'id', 'url'),
);

export const imageSource = {
  image_url: maybe(url(IMAGE_URL_MAX)),
  slack_file: maybe(slackFile),
  alt_text: string(IMAGE_TEXT_MAX),
} as const;

export const image = all(
  object({ type: is('image'), ...imageSource }),
  having('exactly', 'image_url', 'slack_file'),
);

const button = object({
  type: is('button'),
  action_id: maybe(id),
  text: plainText(BUTTON_TEXT_MAX),
  value: maybe(string(BUTTON_VALUE_MAX)),
  url: maybe(url(IMAGE_URL_MAX)),
  style: maybe(oneOf('primary', 'danger')),
  confirm: maybe(confirmDialog),
  accessibility_label: maybe(string(BUTTON_TEXT_MAX)),
});

const staticSelect = all(
  object({
    type: is('static_select'),
    action_id: maybe(id),
    placeholder: maybe(plainText(PLACEHOLDER_MAX)),
    options: maybe(array(option, 1, SELECT_OPTIONS_MAX)),
    option_groups: maybe(
      array(
        object({ label: plainText(OPTION_TEXT_MAX), options: array(option, 1, SELECT_OPTIONS_MAX) }),
        1,
        SELECT_OPTIONS_MAX,
      ),
    ),
    initial_option: maybe(option),
    confirm: maybe(confirmDialog),
    focus_on_load: maybe(boolean),
  }),
  having('exactly', 'options', 'option_groups'),
);

const plainTextInput = object({
  type: is('plain_text_input'),
  action_id: maybe(id),
  placeholder: maybe(plainText(PLACEHOLDER_MAX)),
  initial_value: maybe(string(TEXT_INPUT_MAX, 0)),
  multiline: maybe(boolean),
  min_length: maybe(integer(0, TEXT_INPUT_MAX)),
  max_length: maybe(integer(1, TEXT_INPUT_MAX)),
  dispatch_action_config: maybe(object({ trigger_actions_on: maybe(array(string(ID_MAX), 1, 2)) })),
  focus_on_load: maybe(boolean),
});

const conversationsSelect = object({
  type: is('conversations_select'),
  action_id: maybe(id),
  placeholder: maybe(plainText(PLACEHOLDER_MAX)),
  initial_conversation: maybe(id),
  default_to_current_conversation: maybe(boolean),
  filter: maybe(
    object({
      include: maybe(array(oneOf('im', 'mpim', 'private', 'public'), 1, 4)),
      exclude_bot_users: maybe(boolean),
      exclude_external_shared_channels: maybe(boolean),
    }),
  ),
  focus_on_load: maybe(boolean),
});

/** Elements that we know by heart; others are Slack's business. */
export const interactive = { button, static_select: staticSelect };
export const inputs = {
  plain_text_input: plainTextInput,
  static_select: staticSelect,
  conversations_select: conversationsSelect,
};

const style = maybe(
  object({
    bold: maybe(boolean),
    italic: maybe(boolean),
    strike: maybe(boolean),
    code: maybe(boolean),
    underline: maybe(boolean),
  }),
);
const words = object({ type: is('text'), text: text(RICH_TEXT_CHARS_MAX), style });
const webLink = object({
  type: is('link'),
  url: url(IMAGE_URL_MAX),
  text: maybe(text(RICH_TEXT_CHARS_MAX)),
  unsafe: maybe(boolean),
  style,
});

/** `broadcast`, `usergroup` and `team` are left out on purpose: this product never pings a crowd. */
const inline = byType(
  {
    text: words,
    link: webLink,
    user: object({ type: is('user'), user_id: matching(/^[UW][A-Z0-9]+$/, 'the id of a user'), style }),
    channel: object({ type: is('channel'), channel_id: id, style }),
    emoji: object({ type: is('emoji'), name: string(100), unicode: maybe(string(100)), style }),
    date: object({
      type: is('date'),
      timestamp: integer(0, 253_402_300_799),
      format: string(200),
      url: maybe(url(IMAGE_URL_MAX)),
      fallback: maybe(string(200)),
      style,
    }),
    color: object({ type: is('color'), value: string(20), style }),
  },
  'an element of rich text that may be sent',
);

const many = 2_000;
const border = maybe(integer(0, 1));
const richSection = object({ type: is('rich_text_section'), elements: array(inline, 1, many) });

/** https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
export const richParts = byType(
  {
    rich_text_section: richSection,
    rich_text_list: object({
      type: is('rich_text_list'),
      style: oneOf('bullet', 'ordered'),
      elements: array(richSection, 1, many),
      indent: maybe(integer(0, LIST_INDENT_MAX)),
      offset: maybe(integer(0, 1_000_000)),
      border,
    }),
    rich_text_quote: object({ type: is('rich_text_quote'), elements: array(inline, 1, many), border }),
    rich_text_preformatted: object({
      type: is('rich_text_preformatted'),
      elements: array(byType({ text: words, link: webLink }, 'allowed in preformatted text'), 1, many),
      language: maybe(string(30)),
      border,
    }),
  },
  'a part of rich text',
);

export const richTextBlock = object({
  type: is('rich_text'),
  block_id: maybe(id),
  elements: array(richParts, 1, many),
});

// Block elements and their limits, and which block takes which element.
// https://docs.slack.dev/reference/block-kit/block-elements
import {
  anyText,
  colorScheme,
  confirm,
  imageElement,
  option,
  optionGroup,
  overflowOption,
  plainOption,
  plainText,
  richText,
} from './composition.ts';
import {
  anyString,
  byType,
  flag,
  idString,
  integer,
  list,
  object,
  oneOf,
  type Rule,
  string,
  url,
} from './rules.ts';

const action = { action_id: idString };
const focus = { focus_on_load: flag };
const placeholder = { placeholder: plainText({ max: 150 }) };
const dispatch = {
  dispatch_action_config: object({
    optional: { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 }) },
  }),
};
const buttonText = plainText({ max: 75 });
const accessibility = { accessibility_label: string({ max: 75 }) };
const many = { max_selected_items: integer(1, Number.MAX_SAFE_INTEGER) };
const menu = { ...action, ...focus, ...placeholder, confirm };
const date = string({ max: 10, pattern: /^\d{4}-\d{2}-\d{2}$/ });
const time = string({ max: 5, pattern: /^\d{2}:\d{2}$/ });
const conversationFilter = object({
  optional: {
    include: list(oneOf('im', 'mpim', 'private', 'public'), { max: 4 }),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
});
const staticOptions = {
  options: list(plainOption, { max: 100 }),
  option_groups: list(optionGroup, { max: 100 }),
};
const feedbackButton = object({
  required: { text: buttonText, value: string({ max: 2000 }) },
  optional: accessibility,
});
const ids = list(anyString, { max: 100 });

const ELEMENTS: Record<string, Rule> = {
  button: object({
    required: { text: buttonText },
    optional: { ...action, ...accessibility, value: string({ max: 2000 }), url, style: colorScheme, confirm },
  }),
  checkboxes: object({
    required: { options: list(option, { max: 10 }) },
    optional: { ...action, ...focus, initial_options: list(option, { max: 10 }), confirm },
  }),
  radio_buttons: object({
    required: { options: list(option, { max: 10 }) },
    optional: { ...action, ...focus, initial_option: option, confirm },
  }),
  overflow: object({
    required: { options: list(overflowOption, { max: 5 }) },
    optional: { ...action, confirm },
  }),
  datepicker: object({ optional: { ...menu, initial_date: date } }),
  timepicker: object({ optional: { ...menu, initial_time: time, timezone: anyString } }),
  datetimepicker: object({
    optional: { ...action, ...focus, confirm, initial_date_time: integer(1_000_000_000, 9_999_999_999) },
  }),
  static_select: object({
    optional: { ...menu, ...staticOptions, initial_option: plainOption },
    oneOf: ['options', 'option_groups'],
  }),
  multi_static_select: object({
    optional: { ...menu, ...many, ...staticOptions, initial_options: list(plainOption, { max: 100 }) },
    oneOf: ['options', 'option_groups'],
  }),
  external_select: object({
    optional: { ...menu, initial_option: plainOption, min_query_length: integer(0, 1000) },
  }),
  multi_external_select: object({
    optional: {
      ...menu,
      ...many,
      initial_options: list(plainOption, { max: 100 }),
      min_query_length: integer(0, 1000),
    },
  }),
  users_select: object({ optional: { ...menu, initial_user: anyString } }),
  multi_users_select: object({ optional: { ...menu, ...many, initial_users: ids } }),
  channels_select: object({ optional: { ...menu, initial_channel: anyString, response_url_enabled: flag } }),
  multi_channels_select: object({ optional: { ...menu, ...many, initial_channels: ids } }),
  conversations_select: object({
    optional: {
      ...menu,
      initial_conversation: anyString,
      default_to_current_conversation: flag,
      response_url_enabled: flag,
      filter: conversationFilter,
    },
  }),
  multi_conversations_select: object({
    optional: {
      ...menu,
      ...many,
      initial_conversations: ids,
      default_to_current_conversation: flag,
      filter: conversationFilter,
    },
  }),
  plain_text_input: object({
    optional: {
      ...action,
      ...focus,
      ...placeholder,
      ...dispatch,
      initial_value: string({ max: 3000 }),
      multiline: flag,
      min_length: integer(0, 3000),
      max_length: integer(1, 3000),
    },
  }),
  email_text_input: object({
    optional: { ...action, ...focus, ...placeholder, ...dispatch, initial_value: anyString },
  }),
  url_text_input: object({
    optional: { ...action, ...focus, ...placeholder, ...dispatch, initial_value: anyString },
  }),
  number_input: object({
    required: { is_decimal_allowed: flag },
    optional: {
      ...action,
      ...focus,
      ...placeholder,
      ...dispatch,
      initial_value: anyString,
      min_value: anyString,
      max_value: anyString,
    },
  }),
  rich_text_input: object({
    optional: {
      ...action,
      ...focus,
      ...placeholder,
      ...dispatch,
      initial_value: richText,
      min_lines: integer(1, 100),
      max_lines: integer(1, 100),
    },
  }),
  file_input: object({
    optional: { ...action, filetypes: list(anyString, { max: 100 }), max_files: integer(1, 10) },
  }),
  workflow_button: object({
    required: {
      text: buttonText,
      workflow: object({
        required: {
          trigger: object({
            required: { url },
            optional: {
              customizable_input_parameters: list(
                object({ required: { name: anyString, value: anyString } }),
                { max: 100 },
              ),
            },
          }),
        },
      }),
    },
    optional: { ...action, ...accessibility, style: colorScheme },
  }),
  feedback_buttons: object({
    required: { positive_button: feedbackButton, negative_button: feedbackButton },
    optional: action,
  }),
  icon_button: object({
    required: { icon: oneOf('trash'), text: buttonText },
    optional: {
      ...action,
      ...accessibility,
      value: string({ max: 2000 }),
      confirm,
      visible_to_user_ids: ids,
    },
  }),
  image: imageElement,
  plain_text: anyText({ max: 3000 }),
  mrkdwn: anyText({ max: 3000 }),
};

const SELECTS = [
  'static_select',
  'external_select',
  'users_select',
  'channels_select',
  'conversations_select',
  'multi_static_select',
  'multi_external_select',
  'multi_users_select',
  'multi_channels_select',
  'multi_conversations_select',
];
const CHOICES = ['checkboxes', 'radio_buttons', 'datepicker', 'timepicker', ...SELECTS];

/** The elements an actions block takes. */
export const actionsElement = byType(ELEMENTS, [
  ...CHOICES,
  'button',
  'overflow',
  'datetimepicker',
  'workflow_button',
  'rich_text_input',
]);
/** What stands beside a section's text. */
export const accessory = byType(ELEMENTS, [...CHOICES, 'button', 'overflow', 'workflow_button', 'image']);
export const inputElement = byType(ELEMENTS, [
  ...CHOICES,
  'datetimepicker',
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'rich_text_input',
  'file_input',
]);
export const contextElement = byType(ELEMENTS, ['image', 'plain_text', 'mrkdwn']);
export const contextActionsElement = byType(ELEMENTS, ['feedback_buttons', 'icon_button']);
export const buttonElement = byType(ELEMENTS, ['button']);

/** Elements whose choice is part of state.values. */
export const STATEFUL_ELEMENTS: ReadonlySet<string> = new Set([
  ...CHOICES,
  'datetimepicker',
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'rich_text_input',
  'file_input',
]);

// Slack's limits, each defined once. Pages: https://docs.slack.dev/reference/block-kit/blocks,
// https://docs.slack.dev/reference/block-kit/block-elements, .../composition-objects, .../views

/** https://docs.slack.dev/reference/methods/chat.postMessage (blocks, truncation) */
export const MESSAGE_BLOCKS_MAX = 50;
/** Slack cuts longer texts; it asks for 4,000 and keeps 40,000. */
export const MESSAGE_TEXT_MAX = 4_000;
/**
 * An undocumented limit: Slack refuses a message whose blocks hold more text with `msg_blocks_too_long`, even if
 * each block is legal. People have reported it between 13,000 and 13,300 characters.
 */
export const MESSAGE_CHARS_MAX = 13_200;
/** The text of a message that we stay below. */
export const MESSAGE_CHARS_BUDGET = 12_000;

/** https://docs.slack.dev/reference/views/modal-views */
export const VIEW_BLOCKS_MAX = 100;
export const VIEW_TITLE_MAX = 24;

export const ID_MAX = 255;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_TEXT_MAX = 3_000;
export const FIELD_TEXT_MAX = 2_000;
/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
export const HEADER_TEXT_MAX = 150;
/** https://docs.slack.dev/reference/block-kit/blocks/actions-block */
export const ACTIONS_MAX = 25;
/** https://docs.slack.dev/reference/block-kit/blocks/context-block */
export const CONTEXT_MAX = 10;
/** https://docs.slack.dev/reference/block-kit/blocks/image-block */
export const IMAGE_TEXT_MAX = 2_000;
export const IMAGE_URL_MAX = 3_000;
/** https://docs.slack.dev/reference/block-kit/blocks/input-block */
export const INPUT_TEXT_MAX = 2_000;
/** https://docs.slack.dev/reference/block-kit/blocks/table-block */
export const TABLE_ROWS_MAX = 100;
export const TABLE_COLUMNS_MAX = 20;
/** A second table, or one with more characters, is refused: `invalid_attachments`. */
export const TABLE_CHARS_MAX = 10_000;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const BUTTON_TEXT_MAX = 75;
export const BUTTON_VALUE_MAX = 2_000;
/** https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
export const SELECT_OPTIONS_MAX = 100;
/** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
export const OPTION_TEXT_MAX = 75;
export const OPTION_VALUE_MAX = 150;
export const PLACEHOLDER_MAX = 150;
/** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
export const CONFIRM_TITLE_MAX = 100;
export const CONFIRM_TEXT_MAX = 300;
export const CONFIRM_BUTTON_MAX = 30;
/** https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
export const TEXT_INPUT_MAX = 3_000;

/** https://docs.slack.dev/reference/block-kit/blocks/card-block: title and subtitle, and the body. */
export const CARD_TITLE_MAX = 150;
export const CARD_BODY_MAX = 200;
/** https://docs.slack.dev/reference/block-kit/blocks/carousel-block */
export const CAROUSEL_CARDS_MAX = 10;

/** Our own limits where Slack documents none: a task is read at a glance, and rich text is as long as a section. */
export const TASK_TITLE_MAX = 150;
export const PLAN_TASKS_MAX = 50;
export const RICH_TEXT_CHARS_MAX = 3_000;
export const RICH_TEXT_PARTS_MAX = 2_000;
/** Slack's clients render lists down to this depth. */
export const LIST_INDENT_MAX = 8;

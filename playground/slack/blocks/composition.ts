// Block Kit's composition objects: texts, options, confirmation dialogs, image sources, rich text.
// https://docs.slack.dev/reference/block-kit/composition-objects
import { isDict } from '../wire/args.ts';
import {
  anyString,
  byType,
  flag,
  integer,
  later,
  list,
  note,
  number,
  object,
  oneOf,
  type Rule,
  string,
  type TextLimits,
  url,
} from './rules.ts';

export function plainText(limits: TextLimits): Rule {
  return byType({ plain_text: plainTextBody(limits) });
}

export function mrkdwn(limits: TextLimits): Rule {
  return byType({ mrkdwn: mrkdwnBody(limits) });
}

export function anyText(limits: TextLimits): Rule {
  return byType({ plain_text: plainTextBody(limits), mrkdwn: mrkdwnBody(limits) });
}

function plainTextBody(limits: TextLimits): Rule {
  return object({ required: { text: string({ min: 1, ...limits }) }, optional: { emoji: flag } });
}

function mrkdwnBody(limits: TextLimits): Rule {
  return object({ required: { text: string({ min: 1, ...limits }) }, optional: { verbatim: flag } });
}

export const colorScheme = oneOf('primary', 'danger');

export const confirm = object({
  required: { text: anyText({ max: 300 }) },
  optional: {
    title: plainText({ max: 100 }),
    confirm: plainText({ max: 30 }),
    deny: plainText({ max: 30 }),
    style: colorScheme,
  },
});

export const option = object({
  required: { text: anyText({ max: 75 }), value: string({ min: 1, max: 150 }) },
  optional: { description: anyText({ max: 75 }) },
});

export const plainOption = object({
  required: { text: plainText({ max: 75 }), value: string({ min: 1, max: 150 }) },
  optional: { description: plainText({ max: 75 }) },
});

export const overflowOption = object({
  required: { text: plainText({ max: 75 }) },
  optional: { value: string({ max: 150 }), description: plainText({ max: 75 }), url },
});

export const optionGroup = object({
  required: { label: plainText({ max: 75 }), options: list(plainOption, { max: 100 }) },
});

const slackFile: Rule = object({
  optional: { id: string({ min: 1, max: 255, pattern: /^F[A-Z0-9]{8,}$/ }), url },
  oneOf: ['id', 'url'],
  also: (value, at, check) => {
    const problem = check.fileProblem(value);
    if (problem !== undefined) note(check, problem, at);
  },
});

/** Fields of everything that shows an image. */
export const imageSource = { image_url: url, slack_file: slackFile };
export const imageSourceChoice = ['image_url', 'slack_file'];

export const imageElement = byType({
  image: object({
    required: { alt_text: string({ min: 1, max: 2000 }) },
    optional: imageSource,
    oneOf: imageSourceChoice,
  }),
});

export const urlSource = byType({ url: object({ required: { url, text: string({ min: 1, max: 3000 }) } }) });

const style = object({
  optional: {
    bold: flag,
    italic: flag,
    strike: flag,
    code: flag,
    underline: flag,
    highlight: flag,
    client_highlight: flag,
    unlink: flag,
  },
});
const border = oneOf(0, 1);
const MANY = Number.MAX_SAFE_INTEGER;

const INLINE: Record<string, Rule> = {
  text: object({ required: { text: string({ min: 1, max: MANY }) }, optional: { style } }),
  link: object({ required: { url }, optional: { text: anyString, unsafe: flag, style } }),
  user: object({ required: { user_id: anyString }, optional: { style } }),
  usergroup: object({ required: { usergroup_id: anyString }, optional: { style } }),
  team: object({ required: { team_id: anyString }, optional: { style } }),
  channel: object({ required: { channel_id: anyString }, optional: { style } }),
  broadcast: object({ required: { range: oneOf('here', 'channel', 'everyone') }, optional: { style } }),
  emoji: object({
    required: { name: anyString },
    optional: { unicode: anyString, url, skin_tone: number, style },
  }),
  color: object({ required: { value: string({ max: 7, pattern: /^#[0-9a-f]{6}$/i }) }, optional: { style } }),
  date: object({
    required: { timestamp: number, format: anyString },
    optional: { url, fallback: anyString, style },
  }),
};

const inline = byType(INLINE);
const richTextSection = object({ required: { elements: list(inline, { min: 0, max: MANY }) } });

const RICH_TEXT_PARTS: Record<string, Rule> = {
  rich_text_section: richTextSection,
  rich_text_list: object({
    required: {
      style: oneOf('bullet', 'ordered'),
      elements: list(byType({ rich_text_section: richTextSection }), { min: 0, max: MANY }),
    },
    optional: { indent: integer(0, 8), offset: integer(0, MANY), border },
  }),
  rich_text_quote: object({
    required: { elements: list(inline, { min: 0, max: MANY }) },
    optional: { border },
  }),
  rich_text_preformatted: object({
    required: { elements: list(byType(INLINE, ['text', 'link']), { min: 0, max: MANY }) },
    optional: { border, language: anyString },
  }),
};

/** The body of a rich_text block; `block_id` belongs to the block. */
export const richTextBody = object({
  required: { elements: list(byType(RICH_TEXT_PARTS), { min: 0, max: MANY }) },
  optional: { block_id: string({ max: 255 }) },
});

export const richText = byType({ rich_text: later(() => richTextBody) });

/** A table cell's raw text or number. */
export const RAW_CELLS: Record<string, Rule> = {
  raw_text: object({ required: { text: string({ min: 1, max: MANY }) } }),
  raw_number: object({ required: { value: number, text: string({ min: 1, max: MANY }) } }),
};

/** The characters a reader sees of any part of a payload. */
export function countText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + countText(entry), 0);
  if (!isDict(value)) return 0;
  let sum = 0;
  for (const [field, member] of Object.entries(value)) {
    if (typeof member === 'string') sum += SHOWN_FIELDS.has(field) ? member.length : 0;
    else sum += countText(member);
  }
  return sum;
}

const SHOWN_FIELDS = new Set(['text', 'title', 'subtitle', 'caption', 'fallback']);

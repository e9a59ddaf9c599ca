// Makes rich text, which shows all text from outside: Slack renders its text elements literally, so that no text in
// them can become a mention, a link or a format.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
import type {
  RichTextBlock,
  RichTextBlockElement,
  RichTextElement,
  RichTextLink,
  RichTextList,
  RichTextPreformatted,
  RichTextQuote,
  RichTextSection,
  RichTextText,
} from '@slack/types';
import { clean, oneLine } from '../rules/text.ts';

export type Style = NonNullable<RichTextText['style']>;

/** Replaces an empty text, which Slack refuses. */
export const NOTHING = '–';

/** Literal text. Empty text gives no element. */
export function words(text: string, style?: Style): readonly RichTextText[] {
  const safe = clean(text);
  if (safe === '') return [];
  return [{ type: 'text', text: safe, ...styled(style) }];
}

/** Literal text in a code style, on one line. */
export function code(text: string, max = 200): readonly RichTextText[] {
  return words(oneLine(text, max), { code: true });
}

/** A sentence of ours, in which text between backticks (a command, a path, a key) becomes code. */
export function withCode(text: string, style?: Style): readonly RichTextText[] {
  return text
    .split(/`([^`\n]+)`/)
    .flatMap((part, place) => words(part, place % 2 === 1 ? { ...style, code: true } : style));
}

export function bold(text: string): readonly RichTextText[] {
  return words(text, { bold: true });
}

/** A link whose address the caller has checked. */
export function link(url: string, label: string, style?: Style): RichTextLink {
  const safe = clean(label);
  return { type: 'link', url, ...(safe === '' ? {} : { text: safe }), ...styled(style) };
}

/** A person by their Slack id, and by name where it is known; or words such as `the deadline` in place of the id. */
export interface Named {
  readonly id: string;
  readonly name?: string;
}

/** A person, as a mention where the id is one of Slack's, else as the name. */
export function person(who: Named): readonly RichTextElement[] {
  return isUserId(who.id) ? [{ type: 'user', user_id: who.id }] : words(oneLine(who.name || who.id, 80));
}

/** Whether this is the id of a Slack user. */
export function isUserId(id: string): boolean {
  return /^[UW][A-Z0-9]{2,20}$/.test(id);
}

/** A moment in the reader's own time zone. */
export function moment(at: Date): RichTextElement {
  const timestamp = Math.floor(at.getTime() / 1000);
  if (!(timestamp >= 0)) return { type: 'text', text: readable(at) };
  return { type: 'date', timestamp, format: '{date_short_pretty} at {time}', fallback: readable(at) };
}

/** A moment for readers without Slack's date tokens. */
export function readable(at: Date): string {
  return Number.isNaN(at.getTime()) ? NOTHING : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function section(...parts: readonly (readonly RichTextElement[])[]): RichTextSection {
  return { type: 'rich_text_section', elements: filled(parts.flat()) };
}

export function quote(elements: readonly RichTextElement[]): RichTextQuote {
  return { type: 'rich_text_quote', elements: filled(elements) };
}

/**
 * A block of code. `language` makes Slack colour it; the reference has it, but Slack's types do not.
 * https://docs.slack.dev/reference/block-kit/block-elements/rich-text-preformatted-element
 */
export function preformatted(text: string, language?: 'diff'): RichTextPreformatted {
  const safe = clean(text).replace(/^\n+|\s+$/g, '');
  const made: RichTextPreformatted & { language?: string } = {
    type: 'rich_text_preformatted',
    elements: [{ type: 'text', text: safe === '' ? NOTHING : safe }],
    ...(language === undefined ? {} : { language }),
  };
  return made;
}

export interface ListOptions {
  readonly style?: 'bullet' | 'ordered';
  readonly indent?: number;
  /** The number of items of an ordered list that came before. */
  readonly offset?: number;
}

export function list(items: readonly RichTextSection[], options: ListOptions = {}): RichTextBlockElement {
  // Slack's reference has `offset`, but its types do not.
  const made: RichTextList & { offset?: number } = {
    type: 'rich_text_list',
    style: options.style ?? 'bullet',
    elements: items.length > 0 ? [...items] : [section()],
    ...(options.indent ? { indent: options.indent } : {}),
    ...(options.offset ? { offset: options.offset } : {}),
  };
  return made;
}

/** A list of at most `max` items; a last item counts the items that are left out. */
export function shortList(
  items: readonly RichTextSection[],
  max: number,
  more: (left: number) => string = (left) => `${left} more`,
): RichTextBlockElement {
  const left = items.length - max;
  return list(left > 0 ? [...items.slice(0, max), section(words(`and ${more(left)}`))] : items);
}

export function richText(...elements: readonly RichTextBlockElement[]): RichTextBlock {
  return { type: 'rich_text', elements: elements.length > 0 ? [...elements] : [section()] };
}

/** One paragraph as a block of its own. */
export function paragraph(...parts: readonly (readonly RichTextElement[])[]): RichTextBlock {
  return richText(section(...parts));
}

function filled(elements: readonly RichTextElement[]): RichTextElement[] {
  return elements.length > 0 ? [...elements] : [{ type: 'text', text: NOTHING }];
}

function styled(style: Style | undefined): { style?: Style } {
  return style && Object.keys(style).length > 0 ? { style } : {};
}

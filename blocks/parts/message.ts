// The type of a message, and the parts that most messages share: header, context, buttons, dialogs.
import type {
  ActionsBlock,
  Button,
  Confirm,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  PlainTextElement,
} from '@slack/types';
import {
  BUTTON_TEXT_MAX,
  CONFIRM_BUTTON_MAX,
  CONFIRM_TEXT_MAX,
  CONFIRM_TITLE_MAX,
  CONTEXT_MAX,
  FIELD_TEXT_MAX,
  HEADER_TEXT_MAX,
} from '../rules/limits.ts';
import { clean, cut, oneLine } from '../rules/text.ts';
import type { Problem } from '../rules/validate.ts';
import { NOTHING } from './rich.ts';

/** A message for Slack. `text` says the same without blocks, for notifications and screen readers. */
export interface Message {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/**
 * A message within Slack's limits. The rest of a long one is in `overflow`, to be posted after it in the same
 * thread. Buttons are always in the message itself, since only that one is updated later.
 */
export interface FittedMessage extends Message {
  readonly overflow: readonly Message[];
  /** Problems of blocks that Slack would have refused and that became plain words: each is a fault of ours. */
  readonly replaced: readonly Problem[];
}

/** Literal text without formats or emoji codes. */
export function plain(text: string, max: number): PlainTextElement {
  const safe = cut(clean(text).trim(), max);
  return { type: 'plain_text', text: safe === '' ? NOTHING : safe, emoji: false };
}

/** A line of small grey literal texts without the empty ones; null where none is left. */
export function context(...texts: readonly string[]): ContextBlock | null {
  const elements = texts
    .map((text) => oneLine(text, FIELD_TEXT_MAX))
    .filter((text) => text !== '')
    .slice(0, CONTEXT_MAX);
  return elements.length === 0
    ? null
    : { type: 'context', elements: elements.map((text) => plain(text, FIELD_TEXT_MAX)) };
}

export interface ButtonOptions {
  readonly actionId: string;
  /** An id. The handler of the click reads the state again and trusts nothing else. */
  readonly value: string;
  readonly text: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: Confirm;
}

export function button(options: ButtonOptions): Button {
  return {
    type: 'button',
    action_id: options.actionId,
    value: options.value,
    text: plain(oneLine(options.text, BUTTON_TEXT_MAX), BUTTON_TEXT_MAX),
    ...(options.style && { style: options.style }),
    ...(options.confirm && { confirm: options.confirm }),
  };
}

/** A row of the buttons that are not null. */
export function actions(...elements: readonly (Button | null)[]): ActionsBlock {
  return { type: 'actions', elements: elements.filter((element) => element !== null) };
}

export interface ConfirmOptions {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no?: string;
  readonly style?: 'primary' | 'danger';
}

export function confirm(options: ConfirmOptions): Confirm {
  return {
    title: plain(options.title, CONFIRM_TITLE_MAX),
    text: plain(options.text, CONFIRM_TEXT_MAX),
    confirm: plain(options.yes, CONFIRM_BUTTON_MAX),
    deny: plain(options.no ?? 'Cancel', CONFIRM_BUTTON_MAX),
    ...(options.style && { style: options.style }),
  };
}

/** The blocks without the absent ones. */
export function compact(...blocks: readonly (KnownBlock | null | readonly KnownBlock[])[]): KnownBlock[] {
  return blocks.flat().filter((block) => block !== null);
}

export function header(text: string): HeaderBlock {
  return { type: 'header', text: plain(oneLine(text, HEADER_TEXT_MAX), HEADER_TEXT_MAX) };
}

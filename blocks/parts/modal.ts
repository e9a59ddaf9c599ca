// The parts that modals are made of: the frame, inputs and menus.
import type { InputBlock, ModalView, PlainTextInput, PlainTextOption, StaticSelect } from '@slack/types';
import {
  INPUT_TEXT_MAX,
  OPTION_TEXT_MAX,
  PLACEHOLDER_MAX,
  SELECT_OPTIONS_MAX,
  TEXT_INPUT_MAX,
  VIEW_TITLE_MAX,
} from '../rules/limits.ts';
import { oneLine } from '../rules/text.ts';
import { plain } from './message.ts';

export interface ModalOptions {
  /** One of `MODAL`. */
  readonly id: string;
  /** The `private_metadata` that comes back with a submission or a click. */
  readonly metadata?: string;
  readonly title: string;
  /** The label of the button that submits; without it the modal only shows something. */
  readonly submit?: string;
  readonly blocks: ModalView['blocks'];
}

export function modal({ id, metadata, title, submit, blocks }: ModalOptions): ModalView {
  return {
    type: 'modal',
    callback_id: id,
    ...(metadata === undefined ? {} : { private_metadata: metadata }),
    title: plain(title, VIEW_TITLE_MAX),
    ...(submit === undefined ? {} : { submit: plain(submit, VIEW_TITLE_MAX) }),
    close: plain(submit === undefined ? 'Close' : 'Cancel', VIEW_TITLE_MAX),
    blocks,
  };
}

export interface InputOptions {
  /** The place of the value in `view.state.values`. */
  readonly at: { readonly blockId: string; readonly actionId: string };
  readonly label: string;
  readonly hint?: string;
  readonly optional?: true;
}

export function input(
  { at, label, hint, optional }: InputOptions,
  element: InputBlock['element'],
): InputBlock {
  return {
    type: 'input',
    block_id: at.blockId,
    ...(optional === undefined ? {} : { optional }),
    label: plain(label, INPUT_TEXT_MAX),
    ...(hint === undefined ? {} : { hint: plain(hint, INPUT_TEXT_MAX) }),
    element: { ...element, action_id: at.actionId },
  };
}

/** A field for a text of several lines that must not be empty. The cursor is in it when the modal opens. */
export function textArea(placeholder: string): PlainTextInput {
  return {
    type: 'plain_text_input',
    multiline: true,
    min_length: 1,
    max_length: TEXT_INPUT_MAX,
    focus_on_load: true,
    placeholder: plain(placeholder, PLACEHOLDER_MAX),
  };
}

export function option(text: string, value: string): PlainTextOption {
  return { text: plain(oneLine(text, OPTION_TEXT_MAX), OPTION_TEXT_MAX), value };
}

/** A menu of the first hundred options. `chosen` is the value of the one that is chosen at first. */
export function menu(
  options: readonly PlainTextOption[],
  { placeholder, chosen }: { readonly placeholder?: string; readonly chosen?: string | null },
): StaticSelect {
  const listed = options.slice(0, SELECT_OPTIONS_MAX);
  const initial = listed.find(({ value }) => value === chosen);
  return {
    type: 'static_select',
    ...(placeholder === undefined ? {} : { placeholder: plain(placeholder, PLACEHOLDER_MAX) }),
    options: listed,
    ...(initial === undefined ? {} : { initial_option: initial }),
  };
}

// The modal that starts work: for a message that somebody hands over, or for a request of its own.
import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import { MAX_ATTEMPTS } from '../../core/attempt.ts';
import { MODAL, START_INPUT } from '../parts/actions.ts';
import { context, plain, present } from '../parts/message.ts';
import { paragraph, words } from '../parts/rich.ts';
import {
  INPUT_TEXT_MAX,
  OPTION_TEXT_MAX,
  PLACEHOLDER_MAX,
  SELECT_OPTIONS_MAX,
  TEXT_INPUT_MAX,
  VIEW_TITLE_MAX,
} from '../rules/limits.ts';
import { clean, cut, oneLine } from '../rules/text.ts';

export interface StartModalOptions {
  readonly repos: readonly string[];
  /** The repo that is chosen at first; null lets Threadsmith find out. */
  readonly repo: string | null;
  readonly request: string;
  /** What comes back with the submission. */
  readonly metadata: string;
  /** Whether the person says in which channel. */
  readonly asksChannel: boolean;
  /** Small print: what will happen. */
  readonly note: string;
}

/** The inputs come back under `START_INPUT`. */
export function startModal(options: StartModalOptions): ModalView {
  return {
    type: 'modal',
    callback_id: MODAL.start,
    private_metadata: options.metadata,
    title: plain('Hand to Threadsmith', VIEW_TITLE_MAX),
    submit: plain('Start', VIEW_TITLE_MAX),
    close: plain('Cancel', VIEW_TITLE_MAX),
    blocks: present(
      {
        type: 'input',
        block_id: START_INPUT.request.blockId,
        label: plain('What should be done?', INPUT_TEXT_MAX),
        element: {
          type: 'plain_text_input',
          action_id: START_INPUT.request.actionId,
          multiline: true,
          min_length: 1,
          max_length: TEXT_INPUT_MAX,
          focus_on_load: true,
          initial_value: cut(clean(options.request).trim(), TEXT_INPUT_MAX),
          placeholder: plain('Fix the total on the cart page', PLACEHOLDER_MAX),
        },
      },
      repoInput(options),
      MANNER_INPUT,
      ATTEMPTS_INPUT,
      options.asksChannel ? CHANNEL_INPUT : null,
      context(options.note),
    ),
  };
}

/** Says why there is nothing to fill in. */
export function noteModal(title: string, text: string): ModalView {
  return {
    type: 'modal',
    callback_id: MODAL.note,
    title: plain(title, VIEW_TITLE_MAX),
    close: plain('Close', VIEW_TITLE_MAX),
    blocks: [paragraph(words(text))],
  };
}

function repoInput({ repos, repo }: StartModalOptions): KnownBlock | null {
  if (repos.length < 2) return null;
  const options = repos.slice(0, SELECT_OPTIONS_MAX).map(
    (name): PlainTextOption => ({
      text: plain(oneLine(name, OPTION_TEXT_MAX), OPTION_TEXT_MAX),
      value: name,
    }),
  );
  const initial = options.find(({ value }) => value === repo);
  return {
    type: 'input',
    block_id: START_INPUT.repo.blockId,
    optional: true,
    label: plain('In which repo?', INPUT_TEXT_MAX),
    hint: plain('Without one it is found from the text and the channel.', INPUT_TEXT_MAX),
    element: {
      type: 'static_select',
      action_id: START_INPUT.repo.actionId,
      placeholder: plain('Choose a repo', PLACEHOLDER_MAX),
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
}

function choice(text: string, value: string): PlainTextOption {
  return { text: plain(text, OPTION_TEXT_MAX), value };
}

const DO_IT = choice('Do it, and show me the change', 'do');

const MANNER_INPUT: KnownBlock = {
  type: 'input',
  block_id: START_INPUT.manner.blockId,
  optional: true,
  label: plain('How?', INPUT_TEXT_MAX),
  element: {
    type: 'static_select',
    action_id: START_INPUT.manner.actionId,
    options: [
      DO_IT,
      choice('Plan first, and wait for my Go', 'plan'),
      choice('Read only: look into it, no branch', 'read'),
    ],
    initial_option: DO_IT,
  },
};

const ONE = choice('One', '1');

const ATTEMPTS_INPUT: KnownBlock = {
  type: 'input',
  block_id: START_INPUT.attempts.blockId,
  optional: true,
  label: plain('How many attempts?', INPUT_TEXT_MAX),
  hint: plain('Several are made at the same time, and you choose one.', INPUT_TEXT_MAX),
  element: {
    type: 'static_select',
    action_id: START_INPUT.attempts.actionId,
    options: [
      ONE,
      ...Array.from({ length: MAX_ATTEMPTS - 1 }, (_none, more) => choice(`${more + 2}`, `${more + 2}`)),
    ],
    initial_option: ONE,
  },
};

const CHANNEL_INPUT: KnownBlock = {
  type: 'input',
  block_id: START_INPUT.channel.blockId,
  label: plain('In which channel?', INPUT_TEXT_MAX),
  hint: plain('A thread is begun there. I have to be in it.', INPUT_TEXT_MAX),
  element: {
    type: 'conversations_select',
    action_id: START_INPUT.channel.actionId,
    filter: { include: ['public', 'private'], exclude_bot_users: true },
    placeholder: plain('Choose a channel', PLACEHOLDER_MAX),
  },
};

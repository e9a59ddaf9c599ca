// The modal that starts work: for a message that a person hands over, or for a new request.
import type { KnownBlock, ModalView } from '@slack/types';
import { MAX_ATTEMPTS } from '../../core/attempt.ts';
import { MODAL, START_INPUT } from '../parts/actions.ts';
import { compact, context, plain } from '../parts/message.ts';
import { input, menu, modal, option, textArea } from '../parts/modal.ts';
import { paragraph, words } from '../parts/rich.ts';
import { PLACEHOLDER_MAX, TEXT_INPUT_MAX } from '../rules/limits.ts';
import { clean, cut } from '../rules/text.ts';

export interface StartModalOptions {
  readonly repos: readonly string[];
  /** The repo that is chosen at first; null: Threadsmith finds it. */
  readonly repo: string | null;
  readonly request: string;
  /** The metadata that comes back with the submission. */
  readonly metadata: string;
  /** Whether the person has to choose a channel. */
  readonly asksChannel: boolean;
  /** A small line that says what will happen. */
  readonly note: string;
}

/** The inputs come back under `START_INPUT`. */
export function startModal(options: StartModalOptions): ModalView {
  return modal({
    id: MODAL.start,
    metadata: options.metadata,
    title: 'Hand to Threadsmith',
    submit: 'Start',
    blocks: compact(
      input(
        { at: START_INPUT.request, label: 'What should be done?' },
        {
          ...textArea('Fix the total on the cart page'),
          initial_value: cut(clean(options.request).trim(), TEXT_INPUT_MAX),
        },
      ),
      repoInput(options),
      MANNER_INPUT,
      ATTEMPTS_INPUT,
      options.asksChannel ? CHANNEL_INPUT : null,
      context(options.note),
    ),
  });
}

/** The modal in place of the form, where work cannot be started. */
export function noteModal(title: string, text: string): ModalView {
  return modal({ id: MODAL.note, title, blocks: [paragraph(words(text))] });
}

function repoInput({ repos, repo }: StartModalOptions): KnownBlock | null {
  if (repos.length < 2) return null;
  const hint = 'Without one it is found from the text and the channel.';
  return input(
    { at: START_INPUT.repo, label: 'In which repo?', hint, optional: true },
    menu(
      repos.map((name) => option(name, name)),
      { placeholder: 'Choose a repo', chosen: repo },
    ),
  );
}

const MANNER_INPUT = input(
  { at: START_INPUT.manner, label: 'How?', optional: true },
  menu(
    [
      option('Do it, and show me the change', 'do'),
      option('Plan first, and wait for my Go', 'plan'),
      option('Read only: look into it, no branch', 'read'),
    ],
    { chosen: 'do' },
  ),
);

const ATTEMPTS_INPUT = input(
  {
    at: START_INPUT.attempts,
    label: 'How many attempts?',
    hint: 'Several are made at the same time, and you choose one.',
    optional: true,
  },
  menu(
    Array.from({ length: MAX_ATTEMPTS }, (_none, place) =>
      option(place === 0 ? 'One' : `${place + 1}`, `${place + 1}`),
    ),
    { chosen: '1' },
  ),
);

const CHANNEL_INPUT = input(
  {
    at: START_INPUT.channel,
    label: 'In which channel?',
    hint: 'A thread is begun there. I have to be in it.',
  },
  {
    type: 'conversations_select',
    filter: { include: ['public', 'private'], exclude_bot_users: true },
    placeholder: plain('Choose a channel', PLACEHOLDER_MAX),
  },
);

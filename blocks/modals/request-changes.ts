// The modal in which somebody says what should be different.
import type { ModalView } from '@slack/types';
import { CHANGES_INPUT, MODAL } from '../parts/actions.ts';
import { context, plain, present } from '../parts/message.ts';
import { INPUT_TEXT_MAX, PLACEHOLDER_MAX, TEXT_INPUT_MAX, VIEW_TITLE_MAX } from '../rules/limits.ts';
import { oneLine } from '../rules/text.ts';

export interface RequestChangesOptions {
  readonly turnId: string;
  readonly repo: string;
  readonly branch: string;
}

/** Its text comes back under `CHANGES_INPUT`, the turn in `private_metadata`. */
export function requestChangesModal(options: RequestChangesOptions): ModalView {
  return {
    type: 'modal',
    callback_id: MODAL.requestChanges,
    private_metadata: options.turnId,
    title: plain('Request changes', VIEW_TITLE_MAX),
    submit: plain('Send', VIEW_TITLE_MAX),
    close: plain('Cancel', VIEW_TITLE_MAX),
    blocks: present(
      {
        type: 'input',
        block_id: CHANGES_INPUT.blockId,
        label: plain('What should be different?', INPUT_TEXT_MAX),
        hint: plain(
          'It is posted in the thread and starts the next turn on the same branch.',
          INPUT_TEXT_MAX,
        ),
        element: {
          type: 'plain_text_input',
          action_id: CHANGES_INPUT.actionId,
          multiline: true,
          min_length: 1,
          max_length: TEXT_INPUT_MAX,
          focus_on_load: true,
          placeholder: plain('Round the total to cents as well', PLACEHOLDER_MAX),
        },
      },
      context(`${oneLine(options.repo, 60)} · ${oneLine(options.branch, 100)}`),
    ),
  };
}

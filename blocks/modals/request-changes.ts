// The modal in which a person says what should be different in a change.
import type { ModalView } from '@slack/types';
import { CHANGES_INPUT, MODAL } from '../parts/actions.ts';
import { compact, context } from '../parts/message.ts';
import { input, modal, textArea } from '../parts/modal.ts';
import { oneLine } from '../rules/text.ts';

export interface RequestChangesOptions {
  readonly turnId: string;
  readonly repo: string;
  readonly branch: string;
}

/** The text comes back under `CHANGES_INPUT`, the turn's id as metadata. */
export function requestChangesModal({ turnId, repo, branch }: RequestChangesOptions): ModalView {
  const hint = 'It is posted in the thread and starts the next turn on the same branch.';
  return modal({
    id: MODAL.requestChanges,
    metadata: turnId,
    title: 'Request changes',
    submit: 'Send',
    blocks: compact(
      input(
        { at: CHANGES_INPUT, label: 'What should be different?', hint },
        textArea('Round the total to cents as well'),
      ),
      context(`${oneLine(repo, 60)} · ${oneLine(branch, 100)}`),
    ),
  });
}

// The messages of a discarded change and of the turn that discarded it.
import type { DiscardedResult } from '../../core/result.ts';
import type { ChangeView, MergeState } from '../../core/view.ts';
import { ACTION } from '../parts/actions.ts';
import { actions, button, type FittedMessage } from '../parts/message.ts';
import { nameOf } from '../parts/people.ts';
import { code, moment, paragraph, person, readable, words } from '../parts/rich.ts';
import { changeMessage } from './change.ts';
import { lineMessage } from './line.ts';

export type DiscardedView = ChangeView & { readonly merge: Extract<MergeState, { kind: 'discarded' }> };

const AGAIN = 'Reply in the thread to take it up again.';
const UNDO = 'The branch stays for ten minutes: until then this can be undone.';

export function discardedMessage(view: DiscardedView): FittedMessage {
  const { by, at, undoable } = view.merge;
  const hint = undoable ? UNDO : AGAIN;
  const undo = button({ actionId: ACTION.undoDiscard, value: view.turnId, text: 'Undo' });
  return changeMessage(view, {
    title: 'Discarded',
    text: [`Discarded by ${nameOf(by)} at ${readable(at)}. ${hint}`],
    lead: paragraph(words('Discarded by '), person(by), words(' '), [moment(at)], words(`. ${hint}`)),
    buttons: undoable ? actions(undo) : null,
  });
}

/** The message of the turn that discarded; the change itself is shown by the turn that made it. */
export function discardedNote({ by, branch }: DiscardedResult): FittedMessage {
  return lineMessage([person(by), words(' discarded '), code(branch), words(`. ${AGAIN}`)], by);
}

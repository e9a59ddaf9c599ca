// The one message that shows a turn in its present state; which kind it is follows from the state.

import type { Failure } from '../../core/errors.ts';
import type { ResultView, StatusView } from '../../core/view.ts';
import type { FittedMessage } from '../parts/message.ts';
import { answerMessage } from './answer.ts';
import { discardedNote } from './discarded.ts';
import { failureMessage } from './failure.ts';
import { keptNote } from './kept.ts';
import { mergedNote } from './merged.ts';
import { questionMessage } from './question.ts';
import { repoChoiceMessage } from './repo-choice.ts';
import { resultMessage } from './result.ts';
import { type StatusOptions, statusMessage } from './status.ts';
import { stoppedMessage } from './stopped.ts';
import { takenUpMessage, withdrawnMessage } from './waiting.ts';

const FAILED: Failure = {
  code: 'internal',
  message: 'The turn failed.',
  advice: 'Reply in the thread to try again.',
};

/** The message while a turn is open, and the last one of a turn that ended without a result. */
export function turnMessage(view: StatusView, options: StatusOptions): FittedMessage {
  if (view.withdrawn !== null) return withdrawnMessage(view.withdrawn, view.kind);
  if (view.steering === 'taken') return takenUpMessage();
  const about = [view.repo ?? '', view.branch].filter(Boolean).join(' · ');
  switch (view.state) {
    case 'needs_repo':
      return repoChoiceMessage({
        turnId: view.turnId,
        choices: view.repoChoice?.choices ?? [],
        reason: view.repoChoice?.reason ?? '',
      });
    case 'failed':
      return failureMessage({
        failure: view.failure ?? FAILED,
        turnId: view.turnId,
        // An option that was refused would be refused again.
        canRetry: view.failure?.code !== 'option_refused',
        about,
      });
    case 'refused':
      // Only where the thread had its message before that was known. Who may is said to the person alone.
      return failureMessage({
        failure: { ...(view.failure ?? FAILED), advice: '' },
        turnId: view.turnId,
        canRetry: false,
      });
    case 'stopped':
      return stoppedMessage({
        by: view.stopped?.by ?? 'the deadline',
        leaves: view.stopped?.leaves ?? '',
        about,
      });
    case 'waiting':
      return view.question && !view.question.answer
        ? questionMessage({
            turnId: view.turnId,
            questionId: view.question.id,
            question: view.question.question,
            options: view.question.options,
          })
        : statusMessage(view, options);
    case 'received':
    case 'queued':
    case 'running':
    case 'done':
      return statusMessage(view, options);
  }
}

/** The message of a turn that ended with a result. */
export function finishedMessage(view: ResultView): FittedMessage {
  const { result } = view;
  switch (result.kind) {
    case 'change':
      return resultMessage({ ...view, result });
    case 'answer':
      return answerMessage({ ...view, result });
    case 'merged':
      return mergedNote(result);
    case 'discarded':
      return discardedNote(result);
    case 'kept':
      return keptNote(result);
  }
}

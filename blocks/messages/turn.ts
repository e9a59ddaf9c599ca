// Chooses the message of a turn from its state.
import type { ResultView, TurnView } from '../../core/view.ts';
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

/** The message of an open turn, or of a turn that ended without a result. */
export function turnMessage(view: TurnView, options: StatusOptions): FittedMessage {
  const { turnId } = view;
  const about = [view.repo ?? '', view.branch].filter(Boolean).join(' · ');
  switch (view.state) {
    case 'needs_repo':
      return repoChoiceMessage({ turnId, ...view.repoChoice });
    case 'failed': {
      // An option that was refused would be refused again.
      const canRetry = view.failure.code !== 'option_refused';
      return failureMessage({ failure: view.failure, turnId, canRetry, about });
    }
    case 'refused':
      // Only the person hears who may. The thread has this message where its turn was shown before the refusal.
      return failureMessage({ failure: { ...view.failure, advice: '' }, turnId, canRetry: false });
    case 'stopped':
      return view.stopped.how === 'stopped'
        ? stoppedMessage({ ...view.stopped, about })
        : withdrawnMessage(view.stopped, view.kind);
    case 'waiting': {
      if (view.question === null) return statusMessage(view, options);
      const { id: questionId, ...asked } = view.question;
      return questionMessage({ turnId, questionId, ...asked });
    }
    case 'done':
      return takenUpMessage();
    case 'received':
    case 'queued':
    case 'running':
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

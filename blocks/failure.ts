// A turn that failed or was refused: one plain sentence, and the way out of it.
import type { Failure } from '../core/errors.ts';
import { ACTION } from './actions.ts';
import { fit, textLines } from './fit.ts';
import { actions, button, context, type FittedMessage, present } from './message.ts';
import { bold, paragraph, words } from './rich.ts';
import { clean, cut } from './text.ts';

export interface FailureOptions {
  readonly failure: Failure;
  readonly turnId: string;
  /** Whether doing the same again can help: then there is a button for it. */
  readonly canRetry: boolean;
  /** Small print below: the repo, the branch, what was kept. */
  readonly about?: string;
}

const SENTENCE_MAX = 1_500;

export function failureMessage(options: FailureOptions): FittedMessage {
  const what = cut(clean(options.failure.message).trim(), SENTENCE_MAX) || 'Something failed.';
  const wayOut = cut(clean(options.failure.wayOut).trim(), SENTENCE_MAX);
  return fit({
    text: textLines(what, wayOut),
    blocks: present(
      paragraph(bold(what), words(wayOut === '' ? '' : `\n${wayOut}`)),
      context(options.about ?? ''),
      options.canRetry
        ? actions(
            options.failure.code === 'budget_spent'
              ? button({ actionId: ACTION.goOn, value: options.turnId, text: 'Continue' })
              : button({ actionId: ACTION.tryAgain, value: options.turnId, text: 'Try again' }),
          )
        : null,
    ),
  });
}

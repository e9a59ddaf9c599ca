// The message of a turn that failed or was refused: one plain sentence, and advice.
import type { Failure } from '../../core/errors.ts';
import { fit, textLines } from '../fit/fit.ts';
import { ACTION } from '../parts/actions.ts';
import { actions, button, compact, context, type FittedMessage } from '../parts/message.ts';
import { paragraph, preformatted, richText, section, withCode } from '../parts/rich.ts';
import { clean, cut } from '../rules/text.ts';

export interface FailureOptions {
  readonly failure: Failure;
  readonly turnId: string;
  /** Whether the same request can succeed later: then the message has a button for it. */
  readonly canRetry: boolean;
  /** A small line below: the repo, the branch, what was kept. */
  readonly about?: string;
}

const SENTENCE_MAX = 1_500;
const OUTPUT_MAX = 1_000;

/** Splits the message of a failed command into its sentence and the end of the output below it. */
function sentenceAndOutput(message: string): { readonly sentence: string; readonly output: string } {
  const [sentence = '', ...lines] = message.split('\n');
  const output = lines.join('\n');
  if (output.length <= OUTPUT_MAX) return { sentence, output };
  const end = output.slice(-OUTPUT_MAX).toWellFormed();
  return { sentence, output: `…${end.slice(end.indexOf('\n') + 1)}` };
}

export function failureMessage(options: FailureOptions): FittedMessage {
  const { sentence, output } = sentenceAndOutput(clean(options.failure.message).trim());
  const what = cut(sentence, SENTENCE_MAX) || 'Something failed.';
  const advice = cut(clean(options.failure.advice).trim(), SENTENCE_MAX);
  return fit({
    text: textLines(what, advice),
    blocks: compact(
      output === ''
        ? paragraph(withCode(what, { bold: true }), withCode(advice === '' ? '' : `\n${advice}`))
        : richText(section(withCode(what, { bold: true })), preformatted(output), section(withCode(advice))),
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

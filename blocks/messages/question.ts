// The message of a question from the agent to the people in the thread, with its options as buttons.
import { fit, textLines } from '../fit/fit.ts';
import { markdownBlocks, markdownWords } from '../markdown/markdown.ts';
import { numberedButton, optionValue } from '../parts/actions.ts';
import { actions, button, compact, context, type FittedMessage } from '../parts/message.ts';
import { list, richText, section, words } from '../parts/rich.ts';
import { BUTTON_TEXT_MAX } from '../rules/limits.ts';
import { clean, cut, oneLine } from '../rules/text.ts';

export interface QuestionOptions {
  readonly turnId: string;
  /** The id of the event that asked: a click answers this question. */
  readonly questionId: number;
  /** Markdown. */
  readonly question: string;
  /** The options in order: a click names a place in this list. */
  readonly options: readonly string[];
}

const OPTIONS_MAX = 10;
const NO_TEXT = 'The agent has a question.';

export function questionMessage(asked: QuestionOptions): FittedMessage {
  const options = asked.options.slice(0, OPTIONS_MAX).map((option) => clean(option).trim());
  // A button shows 75 characters; longer options are a list above numbered buttons.
  const long = options.some((option) => option.length > BUTTON_TEXT_MAX || option.includes('\n'));
  const spelled = options.map((option) => section(words(cut(option, 500))));
  return fit({
    text: textLines(cut(markdownWords(asked.question), 2_500) || NO_TEXT, ...numbered(options)),
    blocks: compact(
      markdownBlocks(asked.question, { blank: NO_TEXT }),
      long ? richText(list(spelled, { style: 'ordered' })) : null,
      options.length > 0
        ? actions(
            ...options.map((option, place) =>
              button({
                actionId: numberedButton('option', place),
                value: optionValue({ turnId: asked.turnId, questionId: asked.questionId, place }),
                text: long ? String(place + 1) : option,
              }),
            ),
          )
        : null,
      context(
        options.length > 0 ? 'Pick one, or answer in the thread in your own words.' : 'Answer in the thread.',
      ),
    ),
  });
}

function numbered(options: readonly string[]): readonly string[] {
  return options.map((option, place) => `${place + 1}. ${oneLine(option, 200)}`);
}

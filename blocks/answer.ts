// The answer to a question about the code: words with links to the lines they rest on, nothing to merge.
import type { AnswerView } from '../core/view.ts';
import { alertDecision } from './alert.ts';
import { chosenContext, footer } from './change-body.ts';
import { fit, textLines } from './fit.ts';
import { MESSAGE_TEXT_MAX } from './limits.ts';
import { markdownBlocks, markdownWords } from './markdown.ts';
import { context, type FittedMessage, present } from './message.ts';
import { paragraph, words } from './rich.ts';
import { SCRIPTED_NOTE } from './status.ts';
import { cut } from './text.ts';

export function answerMessage(view: AnswerView): FittedMessage {
  const { text, usage, repo } = view.result;
  const said = markdownBlocks(text, { links: view.codeLinks });
  return fit({
    text: textLines(cut(markdownWords(text), MESSAGE_TEXT_MAX)) || 'The agent ended without an answer.',
    blocks: present(
      said.length > 0 ? said : paragraph(words('The agent ended without an answer.')),
      context(footer(usage, [repo])),
      chosenContext(view.result.chosen),
      context(view.model?.scripted ? SCRIPTED_NOTE : ''),
      view.kind === 'alert' ? alertDecision(view.turnId, view.alertDecision) : null,
    ),
  });
}

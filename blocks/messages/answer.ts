// The message of a turn that answered a question about the code; it has nothing to merge.
import type { ActionsBlock } from '@slack/types';
import type { AnswerView } from '../../core/view.ts';
import { fit, textLines } from '../fit/fit.ts';
import { markdownBlocks, markdownWords } from '../markdown/markdown.ts';
import { ACTION } from '../parts/actions.ts';
import { actions, button, compact, context, type FittedMessage } from '../parts/message.ts';
import { MESSAGE_TEXT_MAX } from '../rules/limits.ts';
import { cut } from '../rules/text.ts';
import { alertDecision } from './alert.ts';
import { chosenContext, footer } from './change.ts';
import { SCRIPTED_NOTE } from './status.ts';

const NO_TEXT = 'The agent ended without an answer.';

export function answerMessage(view: AnswerView): FittedMessage {
  const { text, usage, repo } = view.result;
  return fit({
    text: textLines(cut(markdownWords(text), MESSAGE_TEXT_MAX)) || NO_TEXT,
    blocks: compact(
      markdownBlocks(text, { links: view.codeLinks, blank: NO_TEXT }),
      context(footer(usage, [repo, view.base ? `from ${view.base}` : ''])),
      chosenContext(view.result.chosen),
      context(view.model?.scripted ? SCRIPTED_NOTE : ''),
      view.kind === 'alert' ? alertDecision(view.turnId, view.alertDecision) : change(view),
    ),
  });
}

/** The button that moves the first request of a thread: its answer may be about the wrong repo. */
function change({ changeable, turnId }: AnswerView): ActionsBlock | null {
  if (changeable !== true) return null;
  return actions(button({ actionId: ACTION.reroute, value: turnId, text: 'Change repo or branch' }));
}

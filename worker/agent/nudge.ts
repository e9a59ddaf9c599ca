// Tells the model about its useless answers: those that neither end the work nor call a tool.
import { ThreadsmithError } from '../../core/errors.ts';
import type { JournalEntry, MessageEntry } from '../../core/journal.ts';
import type { ModelAnswer } from '../model/model.ts';

/** This many useless answers in a row end the turn. */
const MAX_USELESS = 3;
const PREFIX = 'nudge-';

/** What the model is told after one useless answer, and what people are told after too many. */
const FAULTS = {
  empty: {
    nudge:
      'Your answer was empty. Go on with the work by calling a tool, or, if it is done, write the final answer.',
    message: (model: string) => `The model ${model} gave ${MAX_USELESS} empty answers in a row.`,
    advice: 'Reply in the thread to try again, perhaps in other words.',
  },
  length: {
    nudge:
      'Your answer was cut off because it was too long. Go on in smaller pieces: shorter texts, smaller edits.',
    message: (model: string) =>
      `The answers of the model ${model} were cut off ${MAX_USELESS} times in a row.`,
    advice: 'Reply in the thread with a smaller piece of the work.',
  },
  filtered: {
    nudge:
      "The provider's content filter stopped your answer. Go on without repeating the text that it may have been about.",
    message: () => `The content filter of the model's provider stopped ${MAX_USELESS} answers in a row.`,
    advice: 'Reply in the thread in other words, or use another model.',
  },
} as const;
type Fault = keyof typeof FAULTS;

/**
 * The message to the model after this answer, or null where the answer is fine. Throws `model_answer_invalid` after
 * too many useless answers in a row, counted in the transcript, so that a restart does not begin to count again.
 */
export function nudgeAfter(answer: ModelAnswer, before: readonly JournalEntry[]): MessageEntry | null {
  const { response, ending } = answer;
  if (response.toolCalls.length > 0) return null;
  const fault = faultOf(ending, response.text);
  if (fault === null) return null;
  const { nudge, message, advice } = FAULTS[fault];
  if (nudgesAtEnd(before) + 1 >= MAX_USELESS)
    throw new ThreadsmithError('model_answer_invalid', message(response.model), advice);
  return { kind: 'message', id: `${PREFIX}${fault}`, text: nudge };
}

/** Whether the message is a nudge, and not from people. */
export function isNudge({ id }: MessageEntry): boolean {
  return id?.startsWith(PREFIX) === true;
}

function faultOf(ending: ModelAnswer['ending'], text: string): Fault | null {
  if (ending !== 'complete') return ending;
  return text.trim() === '' ? 'empty' : null;
}

function nudgesAtEnd(entries: readonly JournalEntry[]): number {
  let count = 0;
  for (let at = entries.length - 1; at > 0; at -= 2) {
    const entry = entries[at];
    if (entry?.kind !== 'message' || !isNudge(entry)) break;
    count += 1;
  }
  return count;
}

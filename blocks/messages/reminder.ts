// The reminder of a person whose answer the session has waited for since yesterday.
import type { FittedMessage } from '../parts/message.ts';
import { type Named, person, words } from '../parts/rich.ts';
import { lineMessage } from './line.ts';

interface Reminder {
  readonly to: Named;
  /**
   * `repo`: the choice of a repo; `answer`: the answer to a question; `attempt`: the choice of an attempt;
   * `review`: the decision on a change.
   */
  readonly about: 'repo' | 'answer' | 'attempt' | 'review';
}

const waits: Record<Reminder['about'], string> = {
  repo: ': I still need to know which repo this is for. Choose one above.',
  answer: ': I still wait for your answer to the question above. Reply here, or stop me with “stop”.',
  attempt:
    ': the attempts above still wait for you to choose one. Without a choice they are removed in a week.',
  review:
    ': the change above has waited for a review for a day. Merge it, ask for changes, or discard it. I say this once.',
};

export function reminderMessage({ to, about }: Reminder): FittedMessage {
  return lineMessage([person(to), words(waits[about])]);
}

// A line for somebody whose answer has been waited for since yesterday.
import type { FittedMessage } from '../parts/message.ts';
import { type Named, person, words } from '../parts/rich.ts';
import { lineMessage } from './line.ts';

interface Reminder {
  readonly to: Named;
  /**
   * `repo`: which repo it is for; `answer`: the agent's question; `attempt`: which of several to go on with;
   * `review`: a change to be decided on.
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

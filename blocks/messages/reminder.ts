// A line for somebody whose answer has been waited for since yesterday.
import { fit } from '../fit/fit.ts';
import type { FittedMessage } from '../parts/message.ts';
import { nameOf } from '../parts/people.ts';
import { isUserId, paragraph, person, words } from '../parts/rich.ts';
import { escape } from '../rules/text.ts';

interface Reminder {
  readonly to: { readonly id: string; readonly name?: string };
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
  const rest = waits[about];
  const name = isUserId(to.id) ? `<@${to.id}>` : escape(nameOf(to));
  return fit({ text: `${name}${rest}`, blocks: [paragraph(person(to), words(rest))] });
}

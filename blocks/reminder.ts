// A line for somebody whose answer has been waited for since yesterday.
import { fit } from './fit.ts';
import type { FittedMessage } from './message.ts';
import { nameOf } from './people.ts';
import { isUserId, paragraph, person, words } from './rich.ts';
import { escape } from './text.ts';

interface Reminder {
  readonly to: { readonly id: string; readonly name?: string };
  /** `repo`: which repo it is for; `answer`: the agent's question. */
  readonly about: 'repo' | 'answer';
}

export function reminderMessage({ to, about }: Reminder): FittedMessage {
  const rest =
    about === 'repo'
      ? ': I still need to know which repo this is for. Choose one above.'
      : ': I still wait for your answer to the question above. Reply here, or stop me with “stop”.';
  const name = isUserId(to.id) ? `<@${to.id}>` : escape(nameOf(to));
  return fit({ text: `${name}${rest}`, blocks: [paragraph(person(to), words(rest))] });
}

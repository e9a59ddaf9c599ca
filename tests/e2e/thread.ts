// Things looked for in a thread, in the words of the person who looks.
import { type Button, buttonsOf, type Message, readable } from './people.ts';

/** Looks for a message that says this. */
export function says(pattern: RegExp): (messages: readonly Message[]) => Message | undefined {
  return (messages) =>
    messages.findLast((message) => message.bot_id !== undefined && pattern.test(readable(message)));
}

/** Looks for a message with a button of this label. */
export function offers(
  label: RegExp,
): (messages: readonly Message[]) => { readonly message: Message; readonly button: Button } | undefined {
  return (messages) => {
    for (const message of messages.toReversed()) {
      const button = buttonsOf(message).find((candidate) => label.test(candidate.label));
      if (button !== undefined) return { message, button };
    }
    return undefined;
  };
}

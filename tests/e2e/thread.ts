// Things looked for in a thread, in the words of the person who looks.
import { expect } from 'vitest';
import { type Button, buttonsOf, type Message, readable } from './people.ts';

export interface Offer {
  readonly message: Message;
  readonly button: Button;
}

/** What comes before it in the thread does not count. */
export interface After {
  /** The ts of a message. */
  readonly after?: string | undefined;
}

/** Looks for a message that says this. */
export function says(
  pattern: RegExp,
  { after = '0' }: After = {},
): (messages: readonly Message[]) => Message | undefined {
  return (messages) =>
    messages.findLast(
      (message) =>
        message.bot_id !== undefined && Number(message.ts) > Number(after) && pattern.test(readable(message)),
    );
}

/**
 * Looks for a message that says this, once nothing is at work behind it any more: the status of a turn that
 * tries again says in part what its end will say.
 */
export function ended(
  pattern: RegExp,
  after: After = {},
): (messages: readonly Message[]) => Message | undefined {
  return (messages) => {
    const found = says(pattern, after)(messages);
    const stoppable = found !== undefined && buttonsOf(found).some(({ label }) => /^stop\b/i.test(label));
    return stoppable ? undefined : found;
  };
}

/** Looks for a message with a button of this label. */
export function offers(
  label: RegExp,
  { after = '0' }: After = {},
): (messages: readonly Message[]) => Offer | undefined {
  return (messages) => {
    for (const message of messages.toReversed()) {
      if (Number(message.ts) <= Number(after)) return undefined;
      const button = buttonsOf(message).find((candidate) => label.test(candidate.label));
      if (button !== undefined) return { message, button };
    }
    return undefined;
  };
}

/** Looks for the message as it is now; undefined until it has no button of this label. */
export function withdraws(ts: string, label: RegExp): (messages: readonly Message[]) => Message | undefined {
  return (messages) =>
    messages.find(
      (message) => message.ts === ts && !buttonsOf(message).some((button) => label.test(button.label)),
    );
}

/** Asserts that one part comes after the other, as somebody reads. */
export function inOrder(text: string, parts: readonly string[]): void {
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    expect(found, `${part} after ${text.slice(Math.max(0, at - 60), at)}`).toBeGreaterThanOrEqual(at);
    at = found + part.length;
  }
}

// One thread with Threadsmith, as the people in it go through it.
import { required } from '../required.ts';
import { buttonsOf, type Message, readable } from './people.ts';
import type { Stack } from './stack.ts';
import { type Offer, offers } from './thread.ts';

export const APPROVE = /^approve & merge$/i;

/** The machine may be busy: what takes seconds alone may take minutes. */
const PATIENCE_MS = 240_000;
/** For a test with a few turns in it. */
export const TEST_MS = 900_000;

export interface Conversation {
  readonly root: string;
  /** Replies and gives the ts. */
  reply(user: string, text: string): Promise<string>;
  /** Waits until the thread has what is looked for, in the eyes of a person where one is named. */
  see<T>(what: (messages: readonly Message[]) => T | undefined, as?: string): Promise<T>;
  messages(as?: string): Promise<readonly Message[]>;
  /** Replies and waits for a result with this button. */
  replyForOffer(user: string, text: string, label?: RegExp): Promise<Offer>;
  /** Clicks the newest button of this label. */
  click(user: string, label: RegExp): Promise<void>;
}

/** Mentions Threadsmith in a channel. */
export async function mention(
  stack: Stack,
  user: string,
  channel: string,
  text: string,
): Promise<Conversation> {
  return threadAt(stack, channel, await stack.people.post(user, channel, `@threadsmith ${text}`));
}

/** The thread below a message that is there. */
export function threadAt({ people }: Stack, channel: string, root: string): Conversation {
  const conversation: Conversation = {
    root,
    reply: (who, words) => people.post(who, channel, words, root),
    see: (what, as) => {
      // No fault of a test's may look like one of the product: what nobody foresaw ends the wait.
      const orFault = (messages: readonly Message[]) => {
        const fault = messages.find((message) => /in Threadsmith itself failed/.test(readable(message)));
        if (fault !== undefined) throw new Error(readable(fault));
        return what(messages);
      };
      return people.see(channel, root, orFault, {
        withinMs: PATIENCE_MS,
        ...(as === undefined ? {} : { as }),
      });
    },
    messages: (as) => people.thread(channel, root, as),
    replyForOffer: async (who, words, label = APPROVE) => {
      const ts = await conversation.reply(who, words);
      return conversation.see(offers(label, { after: ts }));
    },
    click: async (who, label) => {
      const found = required(
        offers(label)(await conversation.messages(who)),
        `no button ${label} in the thread`,
      );
      await people.click(who, channel, root, found.button.actionId);
    },
  };
  return conversation;
}

/** Looks for what is shown to one person alone. */
export function toldOnly(pattern: RegExp) {
  return (messages: readonly Message[]): Message | undefined =>
    messages.findLast((message) => message.is_ephemeral === true && pattern.test(readable(message)));
}

/** The labels of a message's buttons. */
export function labelsOf(message: Message): readonly string[] {
  return buttonsOf(message).map((button) => button.label);
}

/** Records what the model does when it is asked for something: shell lines, one step each, and its last words. */
export async function record(
  stack: Stack,
  request: string,
  commands: readonly string[],
  say: string,
): Promise<void> {
  const steps = [
    ...commands.map((command) => ({ tools: [{ name: 'shell', arguments: { command } }] })),
    { say },
  ];
  // JSON is YAML.
  const yaml = JSON.stringify({ match: request, steps });
  await stack.model.control('POST', '/scripts', { name: request, yaml });
}

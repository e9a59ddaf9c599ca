// One thread with Threadsmith, as the people in it go through it.
import { required } from '../required.ts';
import { type Beside, buttonsOf, type Message, readable } from './people.ts';
import type { Stack } from './stack.ts';
import { type Offer, offers } from './thread.ts';

export const APPROVE = /^approve & merge$/i;

/** For a test with a few turns in it. */
export const TEST_MS = 900_000;

export interface Conversation {
  readonly root: string;
  /** Replies and gives the ts. */
  reply(user: string, text: string, beside?: Beside): Promise<string>;
  /** Waits until the thread has what is looked for, in the eyes of a person where one is named. */
  see<T>(what: (messages: readonly Message[]) => T | undefined, as?: string): Promise<T>;
  messages(as?: string): Promise<readonly Message[]>;
  /** Replies and waits for a result with this button. */
  replyForOffer(user: string, text: string, label?: RegExp): Promise<Offer>;
  /** Clicks the newest button of this label. */
  click(user: string, label: RegExp): Promise<void>;
  /** Clicks the button of this label in this message. */
  clickOn(user: string, message: Message, label: RegExp): Promise<void>;
}

/** Mentions Threadsmith in a channel. */
export async function mention(
  stack: Stack,
  user: string,
  channel: string,
  text: string,
  beside?: Beside,
): Promise<Conversation> {
  const root = await stack.people.post(user, channel, `@threadsmith ${text}`, undefined, beside);
  return threadAt(stack, channel, root);
}

/** The thread below a message that is there. */
export function threadAt({ people }: Stack, channel: string, root: string): Conversation {
  const conversation: Conversation = {
    root,
    reply: (who, words, beside) => people.post(who, channel, words, root, beside),
    see: (what, as) => {
      // No fault of a test's may look like one of the product: what nobody foresaw ends the wait.
      const orFault = (messages: readonly Message[]) => {
        const fault = messages.find((message) => /in Threadsmith itself failed/.test(readable(message)));
        if (fault !== undefined) throw new Error(readable(fault));
        return what(messages);
      };
      return people.see(channel, root, orFault, as === undefined ? {} : { as });
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
      const { message, button } = found;
      await people.control('POST', '/actions', {
        user: who,
        channel,
        ts: message.ts,
        action_id: button.actionId,
      });
    },
    clickOn: async (who, { ts }, label) => {
      const message = (await conversation.messages(who)).find((one) => one.ts === ts);
      const button = buttonsOf(required(message, 'the message is gone')).find((one) => label.test(one.label));
      const action_id = required(button, `no button ${label} in the message`).actionId;
      await people.act('/actions', { user: who, channel, ts, action_id });
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

/** A step that the scripted model plays, see playground/model/README.md. */
export type Step = Readonly<Record<string, unknown>>;

/** A step with one command in the sandbox. */
export function runs(command: string, more: Step = {}): Step {
  return { tools: [{ name: 'shell', arguments: { command } }], ...more };
}

/** Records the steps of the model when it is asked for something. */
export async function recordSteps(
  stack: Stack,
  request: string,
  steps: readonly Step[],
  more: Step = {},
): Promise<void> {
  // JSON is YAML.
  const yaml = JSON.stringify({ match: request, steps, ...more });
  await stack.model.control('POST', '/scripts', { name: JSON.stringify([request, more]), yaml });
}

/** Records what the model does when it is asked for something: shell lines, one step each, and its last words. */
export async function record(
  stack: Stack,
  request: string,
  commands: readonly string[],
  say: string,
): Promise<void> {
  await recordSteps(stack, request, [...commands.map((command) => runs(command)), { say }]);
}

// A way in as one person after the other walks it, told by what they see.
import { required } from '../../required.ts';
import type { Conversation } from '../conversation.ts';
import { type Message, readable } from '../people.ts';
import type { Town } from './town.ts';

export type Story = (town: Town) => Promise<void>;

/** By what they show. */
export type Stories = Readonly<Record<string, Story>>;

export const JONAS = 'U0JONAS001';

/** What Threadsmith wrote in a thread for everybody, but for a message of its own that the thread began with. */
export async function answersIn(thread: Conversation, bot: string): Promise<readonly Message[]> {
  return (await thread.messages()).filter(
    ({ user, ts, is_ephemeral }) => user === bot && ts !== thread.root && is_ephemeral !== true,
  );
}

/** The branch that a result names. */
export function branchIn(message: Message): string {
  return required(/threadsmith\/[\w-]+/.exec(readable(message))?.[0], 'the result names no branch');
}

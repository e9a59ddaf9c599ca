// A full house: turns in each of their phases, one that waits for a worker and one behind it. All are stopped.
import { expect } from 'vitest';
import { type Conversation, runs } from '../conversation.ts';
import { type Message, readable } from '../people.ts';
import { offers } from '../thread.ts';
import { type Bakery, ofApp, turnsInto, withButtons } from './bakery.ts';

const KEPT =
  /Nothing was pushed; the changes so far are kept in the sandbox\.[^]*Reply in the thread to go on/;

/**
 * Each turn is stopped where it is, and says what it leaves behind; a request that waits is corrected by an edit.
 * Gives a thread whose turn had changed something.
 */
export async function stops({ ask, script, heard, stack }: Bakery): Promise<Conversation> {
  await script('butter the bread', [{ say: 'It is buttered.' }]);
  await script('think it over', [{ hold: 'for ever', say: 'Thought.' }]);
  await script('take a nap', [runs('echo By boat. > way.md'), runs('sleep 600'), { say: 'Rested.' }]);
  await script('hold the check', [runs('touch hold.md'), { say: 'Held.' }]);
  const phases: readonly (readonly [channel: string, text: string, shown: RegExp])[] = [
    ['commands', 'take a nap', /^Working.*: Run sleep 600/],
    ['thinking', 'think it over', /^Working/],
    ['checks', 'hold the check', /^Verifying/],
    ['starts', 'begin there, branch=slow', /^Preparing.*sleep 600/],
  ];
  const begun = await Promise.all(
    phases.map(async ([channel, text, shown]) => {
      const thread = await ask('mira', channel, text);
      return { thread, message: await thread.see(stoppable(shown)) };
    }),
  );
  // Now all places are taken.
  const first = await ask('jonas', 'queue', 'think it over');
  const waiting = await first.see(stoppable(/^Waiting for a worker$/m));
  const second = await ask('jonas', 'stops', 'think it over');
  const behind = await second.see(
    stoppable(/Waiting for a worker: 1 request of other threads comes first, about 1 min/),
  );
  await stop(second, behind, /Nothing was begun\./);
  const edited = { user: 'jonas', channel: 'queue', ts: first.root, text: '@threadsmith butter the bread' };
  await stack.people.control('POST', '/messages/edit', edited);
  await heard();
  await Promise.all(begun.map(({ thread, message }) => stop(thread, message, KEPT)));
  await first.see(turnsInto(waiting, /It is buttered\./));
  const [{ thread } = expect.fail('nothing was begun')] = begun;
  return thread;
}

/** What a stopped turn has left behind is there when the thread goes on. */
export async function goOnAfterStop({ script }: Bakery, thread: Conversation): Promise<void> {
  await script('wake up', [{ say: 'I am awake.' }]);
  const { message } = await thread.replyForOffer('jonas', 'wake up', /^approve/i);
  expect(readable(message)).toMatch(/way\.md/);
}

async function stop(thread: Conversation, message: Message, leaves: RegExp): Promise<void> {
  await thread.clickOn('sana', message, /^stop$/i);
  const over = await thread.see(turnsInto(message, /Stopped by/));
  expect(readable(over)).toMatch(leaves);
  expect(offers(/./)([over])).toBeUndefined();
  expect(ofApp(await thread.messages())).toHaveLength(1);
}

function stoppable(shown: RegExp) {
  return (messages: readonly Message[]): Message | undefined => {
    const found = withButtons(/^stop$/i)(messages);
    return found !== undefined && shown.test(found.text) ? found : undefined;
  };
}

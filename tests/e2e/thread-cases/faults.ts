// What people see when something is spent, away, deleted or closed.
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { required } from '../../required.ts';
import { labelsOf, runs } from '../conversation.ts';
import { readable } from '../people.ts';
import { says } from '../thread.ts';
import { atWork, type Bakery, ofApp, STEPS_MAX, turnsInto, withButtons } from './bakery.ts';

const stateSchema = z.object({ channels: z.array(z.looseObject({ id: z.string(), name: z.string() })) });

/** Out of budget: said with the way on, and Continue goes on. */
export async function budget({ ask, script }: Bakery): Promise<void> {
  await script('count to ten', [...Array.from({ length: STEPS_MAX }, () => runs('true')), { say: 'Ten.' }]);
  await script('Go on with the request', [{ say: 'Ten, at last.' }]);
  const thread = await ask('mira', 'budget', 'count to ten');
  const spent = await thread.see(withButtons(/^continue$/i));
  expect(readable(spent)).toMatch(/The agent used up its 5 steps\./);
  await thread.clickOn('jonas', spent, /^continue$/i);
  await thread.see(says(/Ten, at last\./));
}

/** The model is down: said with a button to try again. */
export async function modelDown({ ask, script }: Bakery): Promise<void> {
  await script('call the model', [{ fault: { kind: 'overloaded', retry_after: 3_600 }, say: 'Here I am.' }]);
  const thread = await ask('mira', 'down', 'call the model');
  const down = await thread.see(withButtons(/^try again$/i));
  expect(readable(down)).toMatch(/model/i);
  expect(labelsOf(down)).toEqual(['Try again']);
  await thread.clickOn('jonas', down, /^try again$/i);
  await thread.see(says(/Here I am\./));
}

/** A deleted status message, a deleted root and an archived channel, while turns are at work. */
export async function goneAway(bakery: Bakery): Promise<void> {
  const { ask, script, release, asApp } = bakery;
  const { people } = bakery.stack;
  await script('knead it', [runs('echo Kneaded. > knead.md', { hold: 'knead' }), { say: 'It is kneaded.' }]);
  await script('knead it and rest it', [{ say: 'It rests.' }]);
  const begun = await Promise.all(
    ['deleted', 'rootless', 'archived'].map(async (channel) => {
      const thread = await ask('mira', channel, 'knead it');
      return { thread, status: await thread.see(atWork) };
    }),
  );
  const [deleted, rootless, archived] = begun;
  if (deleted === undefined || rootless === undefined || archived === undefined) throw new Error('not begun');
  await asApp('chat.delete', { channel: await idOf(bakery, 'deleted'), ts: deleted.status.ts });
  const root = rootless.thread.root;
  await people.control('POST', '/messages/delete', { user: 'mira', channel: 'rootless', ts: root });
  await people.control('POST', '/channels/update', { channel: 'archived', is_archived: true });
  // An edit of what is at work is a follow-up.
  const { root: corrected } = deleted.thread;
  const edit = { user: 'mira', channel: 'deleted', ts: corrected, text: '@threadsmith knead it and rest it' };
  await people.control('POST', '/messages/edit', edit);
  const later = await deleted.thread.see(withButtons(/^send now$/i));
  await release('knead');

  const anew = await deleted.thread.see(withButtons(/^approve/i));
  expect(anew.ts).not.toBe(deleted.status.ts);
  await deleted.thread.see(turnsInto(later, /It rests\./));
  expect(ofApp(await deleted.thread.messages())).toHaveLength(2);
  await rootless.thread.see(turnsInto(rootless.status, /It is kneaded\./));
  const closed = await idOf(bakery, 'archived');
  await vi.waitFor(async () => {
    const refused = (await people.calls()).filter(({ ok }) => !ok).map(({ args }) => JSON.stringify(args));
    expect(refused.join('\n')).toContain(closed);
  }, 60_000);
  // Nothing can be said in the archived channel; once it is open again, the next word brings what was missed.
  await people.control('POST', '/channels/update', { channel: 'archived', is_archived: false });
  await archived.thread.reply('mira', 'stop');
  await archived.thread.see(turnsInto(archived.status, /It is kneaded\./));
}

async function idOf({ stack }: Bakery, name: string): Promise<string> {
  const { channels } = stateSchema.parse(await stack.people.control('GET', '/state'));
  return required(channels.find((channel) => channel.name === name)?.id, `no channel ${name}`);
}

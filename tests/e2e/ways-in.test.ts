// Every way in with everything real, over both of Slack's transports: bot, worker, queue, sandbox, git, and a model
// over its API, told by what people see, in bad weather: events twice and out of order, broken connections, 429s.
// All stories of both towns are under way at once; each has its test. In `ways/` one file tells one part of the
// promise:
//
//   messages.ts  mention, a thread read as context, direct message, pictures and files, links; other agents
//   starts.ts    the agent's container, message shortcut, slash command, reaction, App Home
//   routes.ts    options in plain words; which repo a request is for
//   alerts.ts    alert channels: bursts, investigation, Fix it, Not this, Mute, a cap, fixing at once
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { required } from '../required.ts';
import { part } from '../setup/environment.ts';
import { TEST_MS, threadAt } from './conversation.ts';
import { readable } from './people.ts';
import { alertStories } from './ways/alerts.ts';
import { messageStories } from './ways/messages.ts';
import { routeStories } from './ways/routes.ts';
import { startStories } from './ways/starts.ts';
import type { Story } from './ways/story.ts';
import { openTown, signsIn, type Town } from './ways/town.ts';

const STORIES = new Map<string, Story>(
  Object.entries({ ...alertStories, ...startStories, ...messageStories, ...routeStories }),
);
const TRANSPORTS = ['Socket Mode', 'HTTP'] as const;
type Transport = (typeof TRANSPORTS)[number];

const towns = new Map<Transport, Town>();
const ends = new Map<string, Promise<PromiseSettledResult<void>>>();

/** Socket Mode with the queue on PostgreSQL and the responses API, HTTP with the queue on Redis and chat. */
async function begin(transport: Transport): Promise<void> {
  const town = await openTown(
    transport === 'Socket Mode'
      ? { transport: 'socket', api: 'responses' }
      : { transport: 'http', api: 'chat', redisUrl: `${part('TEST_REDIS_URL')}/3` },
  );
  towns.set(transport, town);
  for (const [what, story] of STORIES)
    ends.set(
      `${transport}: ${what}`,
      Promise.allSettled([story(town)]).then(([end]) => end),
    );
}

beforeAll(async () => {
  const begun = await Promise.allSettled(TRANSPORTS.map(begin));
  for (const town of begun) if (town.status === 'rejected') throw town.reason;
});
afterAll(async () => {
  await Promise.all(ends.values());
  await Promise.all([...towns.values()].map((town) => town.stop()));
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  it.each([...STORIES.keys()])('%s', { timeout: TEST_MS }, async (what) => {
    const end = await required(ends.get(`${transport}: ${what}`), 'it was not begun');
    if (end.status === 'rejected') throw end.reason;
  });

  it('nobody is answered who did not ask', async () => {
    const town = required(towns.get(transport), 'it was not opened');
    for (const [root, { channel, signs }] of town.quiet) {
      const seen = await threadAt(town.stack, channel, root).messages();
      expect(signsIn(seen), seen.map(readable).join('\n---\n')).toBe(signs);
    }
  });
});

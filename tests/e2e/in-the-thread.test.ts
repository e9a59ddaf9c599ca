// What people see in the thread, line by line of what was promised, with everything real over both transports and
// in bad weather: every event twice, some out of order, some calls refused with 429, connections that break after
// an event or a click, so that people click again. All conversations of a transport run side by side on one stack.
//
// | what                                                                     | where, else in thread-cases/   |
// |--------------------------------------------------------------------------|--------------------------------|
// | 👀, one status with plan, cards, Stop; it turns into the result          | result.ts: result              |
// | what a result says in which order, diff, who may, two approvals, revert  | result.ts: result              |
// | pictures, Request changes, Approve & merge by one                        | main-path.test.ts              |
// | risk notes; head moved, Show what changed, Update branch                 | result.ts: blocked             |
// | guests and people of other organisations                                 | result.ts: strangers           |
// | Stop in every phase, the queue's outlook, what is left behind            | stops.ts                       |
// | place in line, Send now, Remove, edit, delete, aside, mute, co-authors   | waiting.ts: waiting            |
// | threads that people began, mentions in quotes and code                   | waiting.ts: talk               |
// | a question, answered with a file                                         | waiting.ts: question           |
// | a picture alone, a forwarded message, an edit too late; 160,000 chars    | given.ts                       |
// | plan first, another repo, Try 3 ways, discard and undo                   | ways.ts                        |
// | out of budget, model down, a message, root or channel that is gone       | faults.ts                      |
// | `text` without blocks, `alt_text`, never ✅                              | at the end, of every message   |
// | a sandbox that is lost and restored                                      | faults/engine-turn.test.ts     |
// | what takes a day or ten minutes, a revoked token, killed processes       | tests/bot, with the rows' time |
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stayedAway } from '../bot/weather.ts';
import { required } from '../required.ts';
import { TEST_MS } from './conversation.ts';
import type { Message } from './people.ts';
import { type Bakery, CHANNELS, ofApp, openBakery } from './thread-cases/bakery.ts';
import { budget, goneAway, modelDown } from './thread-cases/faults.ts';
import { given, longAnswer } from './thread-cases/given.ts';
import { blocked, result, strangers } from './thread-cases/result.ts';
import { goOnAfterStop, stops } from './thread-cases/stops.ts';
import { question, talk, waiting } from './thread-cases/waiting.ts';
import { moved, plans, ways } from './thread-cases/ways.ts';

const FIRST = 'a picture alone, a forwarded message and an edit that comes too late have a right outcome';
const FULL_HOUSE = 'Stop ends a turn in every phase, and says what it leaves behind';

const GOES_ON = 'what a stopped turn left behind is there when the thread goes on';

/** Side by side, once the house was full. */
const CONVERSATIONS: Readonly<Record<string, (bakery: Bakery) => Promise<void>>> = {
  'a change is followed in one message, decided on by those who may, merged and reverted': result,
  'replies that wait are sent, removed, edited and deleted, each with an end of its own': waiting,
  'an answer of 160,000 characters comes whole': longAnswer,
  'other ways are tried, words that were not read wait again, and a discard is undone': ways,
  'a plan is changed, carried out, or cancelled': plans,
  'a merge that is blocked shows what changed and brings it in': blocked,
  'a deleted message, a deleted root and an archived channel have an outcome': goneAway,
  'a question is answered by a reply with a file': question,
  'Change moves the work to another repo': moved,
  'a spent budget goes on with Continue': budget,
  'a model that is down is said, and tried again': modelDown,
  'in a thread that people began only mentions count': talk,
  'guests and people of other organisations are told who may': strangers,
};

const headerSchema = z.looseObject({ text: z.looseObject({ text: z.string() }) });
const headingOf = (block: unknown): string => headerSchema.parse(block).text.text;

describe.each([
  ['socket', 'PostgreSQL'],
  ['http', 'Redis'],
] as const)('in the thread, over %s with the queue on %s', { timeout: TEST_MS }, (transport, queue) => {
  let bakery: Bakery;
  const played = new Map<string, Promise<unknown>>();

  /** Starts a conversation; its test is where its failure is told. */
  const play = <T>(name: string, conversation: () => Promise<T>): Promise<T> => {
    const outcome = conversation();
    outcome.catch(() => undefined);
    played.set(name, outcome);
    return outcome;
  };

  beforeAll(async () => {
    bakery = await openBakery(transport, queue);
    const first = play(FIRST, () => given(bakery));
    // There is an estimate of the wait once a turn is over, and nobody else is to take a worker then.
    const house = play(FULL_HOUSE, () => first.catch(() => undefined).then(() => stops(bakery)));
    const emptied = house.then(
      () => undefined,
      () => undefined,
    );
    void play(GOES_ON, async () => goOnAfterStop(bakery, await house));
    for (const [name, converse] of Object.entries(CONVERSATIONS))
      void play(name, () => emptied.then(() => converse(bakery)));
  });
  afterAll(() => bakery.close());

  it.each([FIRST, FULL_HOUSE, GOES_ON, ...Object.keys(CONVERSATIONS)])('%s', async (name) => {
    await required(played.get(name), 'it was not played');
  });

  it('every message can be read without its blocks, every picture has words, and ✅ is never a sign', async () => {
    await Promise.allSettled(played.values());
    const { people } = bakery.stack;
    const said: Message[] = [];
    for (const channel of CHANNELS)
      for (const { ts } of await people.channel(channel, 'mira'))
        said.push(...ofApp(await people.thread(channel, ts)));
    expect(said.length).toBeGreaterThan(Object.keys(CONVERSATIONS).length);
    expect(said.filter(({ text }) => text.trim() === '')).toEqual([]);
    const unsaid = said.flatMap(({ text, blocks = [] }) =>
      blocks
        .filter(({ type }) => type === 'header')
        .map(headingOf)
        .filter((heading) => !text.toLowerCase().includes(heading.toLowerCase())),
    );
    expect(unsaid).toEqual([]);
    const pictures = said.flatMap(({ blocks = [] }) => blocks.filter(({ type }) => type === 'image'));
    for (const picture of pictures) expect(picture['alt_text']).toMatch(/\w/);
    expect(JSON.stringify(said)).not.toMatch(/✅|white_check_mark/);
    const calls = await people.calls();
    const reactions = calls.filter(({ method }) => method === 'reactions.add');
    expect(new Set(reactions.map(({ args }) => Reflect.get(Object(args), 'name')))).toEqual(
      new Set(['eyes']),
    );
  });

  it('all of this was in bad weather', async () => {
    await Promise.allSettled(played.values());
    const struck = await bakery.stack.people.control('GET', '/faults/struck');
    expect(stayedAway(struck, transport)).toEqual([]);
  });
});

// A bakery whose people talk to Threadsmith in many threads at once: one stack for all the conversations.
import pg from 'pg';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { badWeather, WEATHER_TIME_SCALE } from '../../bot/weather.ts';
import { part } from '../../setup/environment.ts';
import { createRemote, type TestRemote } from '../../worker/git-repo.ts';
import { type Conversation, labelsOf, mention, recordSteps, type Step } from '../conversation.ts';
import { type Beside, type Message, readable, type View } from '../people.ts';
import { type Stack, startStack } from '../stack.ts';

/** A channel for each conversation: Slack takes one message a second in a channel. */
export const CHANNELS = `stops thinking commands checks starts queue strangers talk result steering given long
  plans questions moved ways budget down blocked deleted archived rootless`.split(/\s+/);
const STAFF = ['mira', 'jonas', 'sana', 'noor', 'guest-lee', 'threadsmith'];

/** So many turns are worked on at once. */
export const AT_WORK = 4;
/** The agent of a turn may take so many steps. */
export const STEPS_MAX = 5;

export interface Bakery {
  readonly stack: Stack;
  readonly notes: TestRemote;
  /** Mentions Threadsmith in a channel. */
  readonly ask: (user: string, channel: string, text: string, beside?: Beside) => Promise<Conversation>;
  /** Records the steps of the model when it is asked for something. */
  readonly script: (request: string, steps: readonly Step[], more?: Step) => Promise<void>;
  /** Lets answers of the model go on that a script holds back. */
  readonly release: (hold: string) => Promise<void>;
  /** The newest modal that is open for a person, who has no other conversation's open. */
  readonly modal: (user: string) => Promise<View>;
  /** Calls a method of Slack's as the app. */
  readonly asApp: (method: string, args: Readonly<Record<string, string>>) => Promise<void>;
  /** Resolves once the app has taken in everything that was said. */
  readonly heard: () => Promise<void>;
  /** Resolves once nothing is at work in a thread, what a click that was done twice began included. */
  readonly idle: (thread: Conversation) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens the bakery over one transport, in bad weather. */
export async function openBakery(
  transport: 'socket' | 'http',
  queue: 'PostgreSQL' | 'Redis',
): Promise<Bakery> {
  const notes = createRemote();
  const checks = [{ name: 'hours', run: 'test ! -e hold.md || sleep 600; grep -q "^Open from" notes.md' }];
  notes.commit({
    'notes.md': '# Notes\nOpen from five.\n',
    'way.md': 'By tram.\n',
    '.threadsmith.yaml': JSON.stringify({ checks }),
  });
  notes.commit({ '.threadsmith.yaml': JSON.stringify({ checks, setup: ['sleep 600'] }) }, 'slow');
  const depot = createRemote();
  depot.commit({ 'where.md': 'The depot.\n' });
  const stack = await startStack({
    transport,
    ...(queue === 'Redis' ? { redisUrl: `${part('TEST_REDIS_URL')}/2` } : {}),
    repos: [
      {
        name: 'notes',
        url: notes.url,
        channels: CHANNELS,
        web_url: 'https://code.example/notes/blob/{commit}/{path}#L{line}',
      },
      { name: 'depot', url: depot.url, channels: ['platform'] },
    ],
    people: {
      start: ['everyone'],
      approve: ['mira@brightloaf.example', 'jonas@brightloaf.example', 'sana@brightloaf.example'],
      merge: ['jonas@brightloaf.example', 'sana@brightloaf.example'],
    },
    approvals: { needed: 2 },
    config: { model: { max_steps: STEPS_MAX } },
    turnsAtOnce: AT_WORK,
    timeScale: WEATHER_TIME_SCALE,
  });
  const { people, model } = stack;
  const noor = { name: 'noor', real_name: 'Noor Haddad', email: 'noor@brightloaf.example' };
  await people.control('POST', '/users', noor);
  for (const name of CHANNELS) await people.control('POST', '/channels', { name, members: STAFF });
  const kim = { name: 'kim', real_name: 'Kim Lind', email: 'mira@brightloaf.example', team_id: 'T0FOREIGN1' };
  await people.control('POST', '/users', kim);
  for (const channel of ['result', 'strangers'])
    await people.control('POST', '/channels/update', { channel, add: ['kim'] });
  // What takes a day is said in a minute here.
  await people.control('POST', '/limits', { enabled: false });
  for (const order of badWeather(transport)) await people.control('POST', '/faults', order);
  const { bot_token, api_url } = appSchema.parse(await people.control('GET', '/app'));
  return {
    stack,
    notes,
    ask: (user, channel, text, beside) => mention(stack, user, channel, text, beside),
    script: (request, steps, more) => recordSteps(stack, request, steps, more),
    release: async (hold) => void (await model.control('POST', '/release', { hold })),
    modal: async (user) => {
      const view = (await people.views(user)).at(-1);
      if (view === undefined) throw new Error(`no modal is open for ${user}`);
      return view;
    },
    asApp: async (method, args) => {
      const response = await fetch(new URL(method, api_url), {
        method: 'POST',
        headers: { authorization: `Bearer ${bot_token}` },
        body: new URLSearchParams(args),
      });
      const answer = await response.text();
      if (!answer.includes('"ok":true')) throw new Error(`${method}: ${answer}`);
    },
    heard: () => heard(stack),
    idle: ({ root }) => idle(stack, root),
    close: async () => {
      await stack.stop();
      for (const remote of [notes, depot]) remote.remove();
    },
  };
}

const eventsSchema = z.object({
  events: z.array(z.looseObject({ event_id: z.string(), acked: z.boolean() })),
  waiting: z.number(),
});

/** An event is acknowledged once what it means has been written down; a click that was lost stays lost. */
async function heard({ people }: Stack): Promise<void> {
  await vi.waitFor(async () => {
    const { events: sent, waiting } = eventsSchema.parse(await people.control('GET', '/events?since=0'));
    const events = sent.filter(({ event_id }) => event_id.startsWith('Ev'));
    const taken = new Set(events.filter(({ acked }) => acked).map(({ event_id }) => event_id));
    expect(waiting).toBe(0);
    expect(events.filter(({ event_id }) => !taken.has(event_id))).toEqual([]);
  }, 60_000);
}

async function idle({ database }: Stack, root: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await vi.waitFor(async () => {
      const { rows } = await client.query(
        `select turn.id from turn join session on session.id = session_id
         where thread_ts = $1 and turn.state in ('received', 'queued', 'running')`,
        [root],
      );
      expect(rows).toEqual([]);
    }, 60_000);
  } finally {
    await client.end();
  }
}

const appSchema = z.looseObject({ bot_token: z.string(), api_url: z.string() });

/** Looks for a message with all of these buttons. */
export function withButtons(...wanted: readonly RegExp[]) {
  return (messages: readonly Message[]): Message | undefined =>
    messages.findLast((message) =>
      wanted.every((label) => labelsOf(message).some((found) => label.test(found))),
    );
}

/** Looks for the message of a turn whose agent is at work. */
export function atWork(messages: readonly Message[]): Message | undefined {
  return messages.findLast(({ text }) => text.startsWith('Working'));
}

/** Looks for a message as it is now, once it says this. */
export function turnsInto({ ts }: Pick<Message, 'ts'>, pattern: RegExp) {
  return (messages: readonly Message[]): Message | undefined =>
    messages.find((message) => message.ts === ts && pattern.test(readable(message)));
}

/** What the app has said in a thread, but for lines to one person. */
export function ofApp(messages: readonly Message[]): readonly Message[] {
  return messages.filter((message) => message.bot_id !== undefined && message.is_ephemeral !== true);
}

/** Whether the app has put 👀 on a message. */
export function isSeen(messages: readonly Message[], ts: string): boolean {
  const reactions = messages.find((message) => message.ts === ts)?.reactions ?? [];
  return reactions.some(({ name }) => name === 'eyes');
}

/** The confirm dialog of a button, in words; empty where the button has none. */
export function confirmOf(message: Message, label: RegExp): string {
  const walk = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return '';
    if (Reflect.get(value, 'type') === 'button' && label.test(JSON.stringify(Reflect.get(value, 'text'))))
      return JSON.stringify(Reflect.get(value, 'confirm') ?? '');
    return Object.values(value).map(walk).join('');
  };
  return walk(message.blocks ?? []);
}

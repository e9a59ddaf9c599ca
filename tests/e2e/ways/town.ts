// Where every way in is walked: two repos with a sign each, a channel for each rule, a tracker, and a model that
// reads or paints the sign, so that each answer says from which repo and branch it was made.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { START_INPUT } from '../../../blocks/parts/actions.ts';
import { loggedRequests } from '../../playground/model-control.ts';
import { required } from '../../required.ts';
import { createRemote, type TestRemote } from '../../worker/git-repo.ts';
import { type Conversation, mention, threadAt, toldOnly } from '../conversation.ts';
import type { Message, People, View } from '../people.ts';
import { type Stack, type StackOptions, startStack } from '../stack.ts';
import { RECORDINGS } from './recordings.ts';
import { ALERT_RULES } from './rules.ts';

/** A busy machine may take minutes for what takes seconds alone. */
const PATIENCE_MS = 240_000;
/** Channels besides those of a fresh workspace; `weighing` names its repo in its topic. */
const CHANNELS = { counter: '', window: '', weighing: 'All things heavy. repo: ledger', desk: '' };

export interface Town {
  readonly stack: Stack;
  readonly people: People;
  readonly bakery: TestRemote;
  readonly ledger: TestRemote;
  /** Where the tracker's issues are. */
  readonly issues: string;
  /** The app's user, as a mention names it. */
  readonly botUser: string;
  /** A request from the moment in which the way to the app was broken. */
  readonly early: Conversation;
  /** Threads that nobody may answer in, and how many messages and reactions were there when they were left. */
  readonly quiet: Map<string, { readonly channel: string; readonly signs: number }>;
  ask(user: string, channel: string, text: string): Promise<Conversation>;
  /** Posts without a mention and gives the thread below. */
  say(user: string, channel: string, text: string, more?: object): Promise<Conversation>;
  /** As another app does. */
  sayAs(bot: object, channel: string, message: object): Promise<Conversation>;
  /** From now on nobody answers in this thread: looked at when everything else is over. */
  keepQuiet(channel: string, thread: Conversation): Promise<void>;
  /** All text of the request to the model that has these words. */
  heard(words: string): Promise<string>;
  /** The newest line in a channel that only this person sees. */
  whispered(user: string, channel: string, pattern: RegExp): Promise<Message>;
  /** The modal on top, once it is open. */
  modal(user: string): Promise<View>;
  /** Fills in the form that starts work, and sees it taken. */
  submit(user: string, view: View, values: Partial<Record<keyof typeof START_INPUT, string>>): Promise<void>;
  channelId(name: string): string;
  stop(): Promise<void>;
}

/** Opens it; `stop` takes all of it down. */
export async function openTown(options: StackOptions): Promise<Town> {
  const remotes = [remoteWithSign('bakery'), remoteWithSign('ledger')] as const;
  const [bakery, ledger] = remotes;
  ledger.commit({ 'sign.txt': 'ledger, archive\n' }, 'archive');
  const tracker = await openTracker();
  const close = () => {
    for (const remote of remotes) remote.remove();
    tracker.server.close();
  };
  try {
    const stack = await startStack({
      ...options,
      turnsAtOnce: 4,
      sandbox: { memory_mb: 512 },
      repos: [
        {
          name: 'bakery',
          url: bakery.url,
          channels: ['shop', 'counter', 'window'],
          description: 'The web shop: what customers see and buy',
        },
        {
          name: 'ledger',
          url: ledger.url,
          channels: [],
          description: 'Bookkeeping: invoices and taxes',
          web_url: 'https://code.example/ledger/blob/{commit}/{path}',
        },
      ],
      config: {
        model: { name: 'scripted', choices: ['scripted-mini'] },
        alerts: ALERT_RULES,
        links: [
          {
            match: `${tracker.origin}/issues/{id}`,
            fetch: `${tracker.origin}/api/{id}`,
            fields: ['title', 'comments.body'],
          },
        ],
      },
    });
    return await settle(stack, { bakery, ledger, issues: `${tracker.origin}/issues` }, close);
  } catch (error) {
    close();
    throw error;
  }
}

const limited = (method: string, skip: number) => ({ kind: 'rate_limited', method, skip, retry_after: 1 });
/** Every event comes twice, some out of order, and calls that people wait for are refused with 429. */
const WEATHER: readonly object[] = [
  { kind: 'duplicate_event', times: 1_000 },
  ...[2, 9, 21, 40].map((skip) => ({ kind: 'reorder_events', skip })),
  // In one channel, so that no thread is refused its beginning twice: then a person sends the form again.
  ...[3, 8].map((skip) => ({ ...limited('chat.postMessage', skip), channel: 'C0SHOP0001' })),
  ...[5, 25, 60].map((skip) => limited('chat.update', skip)),
  ...['reactions.add', 'conversations.replies', 'conversations.info', 'users.info'].map((method) =>
    limited(method, 2),
  ),
  ...['views.open', 'views.publish'].map((method) => limited(method, 1)),
];
const connection = z.looseObject({ connected: z.boolean() });

/** A request while the socket is broken, or whose acknowledgement gets lost on the way; then the way stands again. */
async function inTheStorm(stack: Stack): Promise<Conversation> {
  const { people } = stack;
  await people.control('POST', '/faults', { kind: 'ack_ignored', method: 'app_mention' });
  await people.control('POST', '/socket/disconnect', { reason: 'abrupt' });
  const early = await mention(stack, 'mira', 'shop', 'what does the sign say in a storm?');
  await eventually(async () =>
    connection.parse(await people.control('GET', '/state')).connected ? true : undefined,
  );
  return early;
}

const taken = z.looseObject({ ok: z.literal(true) });
const sent = z.looseObject({ ts: z.string() });
const app = z.looseObject({ bot_user_id: z.string() });
const state = z.looseObject({ channels: z.array(z.looseObject({ id: z.string(), name: z.string() })) });

async function settle(
  stack: Stack,
  places: Pick<Town, 'bakery' | 'ledger' | 'issues'>,
  close: () => void,
): Promise<Town> {
  const { people } = stack;
  const { bot_user_id: botUser } = app.parse(await people.control('GET', '/app'));
  // A day of a whole team within a minute.
  await people.control('POST', '/limits', { enabled: false });
  for (const [name, topic] of Object.entries(CHANNELS))
    await people.control('POST', '/channels', { name, topic, members: ['mira', 'jonas', 'sana', botUser] });
  // JSON is YAML.
  for (const [name, recording] of Object.entries(RECORDINGS))
    await stack.model.control('POST', '/scripts', { name, yaml: JSON.stringify(recording) });
  const channels = state.parse(await people.control('GET', '/state')).channels;
  const channelId = (name: string): string =>
    required(
      channels.find((channel) => channel.name === name),
      `no channel ${name}`,
    ).id;
  const quiet: Town['quiet'] = new Map();
  for (const order of WEATHER) await people.control('POST', '/faults', order);
  const early = await inTheStorm(stack);
  const post = async (channel: string, order: object): Promise<Conversation> =>
    threadAt(stack, channel, sent.parse(await people.control('POST', '/messages', { channel, ...order })).ts);
  return {
    stack,
    people,
    ...places,
    botUser,
    early,
    quiet,
    channelId,
    ask: (user, channel, text) => mention(stack, user, channel, text),
    say: (user, channel, text, more = {}) => post(channel, { user, text, ...more }),
    sayAs: (bot, channel, message) => post(channel, { bot, ...message }),
    keepQuiet: async (channel, thread) => {
      quiet.set(thread.root, { channel, signs: signsIn(await thread.messages()) });
    },
    heard: async (words) => {
      const requests = (await loggedRequests(stack.model.url)).map(({ body }) => textsIn(body).join('\n'));
      return required(
        requests.findLast((text) => text.includes(words)),
        `the model was never told ${words}`,
      );
    },
    whispered: (user, channel, pattern) =>
      eventually(async () => toldOnly(pattern)(await people.channel(channel, user))),
    modal: (user) => eventually(async () => (await people.views(user)).at(-1)),
    submit: async (user, view, values) =>
      void taken.parse(await people.submit(user, view.id, inputs(values))),
    stop: async () => {
      await stack.stop();
      close();
    },
  };
}

/** A repo whose sign says its name, and one check that looks at it. */
function remoteWithSign(name: string): TestRemote {
  const remote = createRemote();
  remote.commit({
    'sign.txt': `${name}, main\n`,
    '.threadsmith.yaml': 'checks:\n  - name: sign\n    run: test -s sign.txt\n',
  });
  return remote;
}

/** A tracker with one issue. */
async function openTracker(): Promise<{ readonly server: Server; readonly origin: string }> {
  const issue = { title: 'The oven is cold', comments: [{ body: 'since Monday' }], secret: 'not asked for' };
  const server = createServer((request, response) => {
    const found = request.url === '/api/7';
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(found ? JSON.stringify(issue) : '{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { server, origin: `http://127.0.0.1:${port}` };
}

/** Looks again until there is something; a busy machine may take minutes. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`never seen: ${look.toString()}`);
    await sleep(250);
  }
}

/** Every text in a request's body. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function inputs(values: Partial<Record<keyof typeof START_INPUT, string>>): object {
  return Object.fromEntries(
    Object.entries(START_INPUT).flatMap(([name, { blockId, actionId }]) => {
      const value = Reflect.get(values, name);
      return value === undefined ? [] : [[blockId, { [actionId]: value }]];
    }),
  );
}

/** Messages and reactions of a thread together. */
export function signsIn(messages: readonly Message[]): number {
  return messages.reduce((sum, { reactions = [] }) => sum + 1 + reactions.length, 0);
}

// A local workspace, a database of its own and the real bot process between them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Database, type EntityManager, openDatabase } from '../../db/schema/database.ts';
import { Refusal } from '../playground/refusal.ts';
import { type Json, TestSlack } from '../playground/slack-setup.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { BotProcess } from './bot-process.ts';
import {
  asPerson,
  badWeather,
  isBadWeather,
  stayedAway,
  transportOf,
  WEATHER_TIME_SCALE,
} from './weather.ts';
import { Wire } from './wire.ts';

export const MIRA = 'U0MIRA0001';
export const JONAS = 'U0JONAS001';
export const SANA = 'U0SANA0001';
export const LEE = 'U0LEE00001';
export const SHOP = 'C0SHOP0001';
export const PLATFORM = 'C0PLATFRM1';

const CONFIG = {
  repos: [
    { name: 'bakery', url: './bakery', channels: ['shop'] },
    { name: 'ledger', url: './ledger', channels: ['alerts'] },
  ],
  people: { start: ['everyone'], approve: [MIRA, JONAS], merge: [MIRA, JONAS] },
  approvals: { own: true },
};

export interface StageOptions {
  /** The other one in bad weather, see weather.ts. */
  readonly mode?: 'socket' | 'http';
  readonly config?: Json;
  /** What Slack's waits are multiplied by. */
  readonly timeScale?: number;
  /** How long Slack waits for an acknowledgement. */
  readonly deadlineMs?: number;
  /** People only click here: there is no event that could come twice or late. */
  readonly silent?: boolean;
  /** The bot reaches the database through a wire that the test can cut. */
  readonly cuttable?: boolean;
}

const callSchema = z.object({
  n: z.number(),
  at: z.string(),
  method: z.string(),
  args: z.record(z.string(), z.unknown()),
  ok: z.boolean(),
  error: z.string().optional(),
  status: z.number(),
});
const eventSchema = z.object({
  type: z.string(),
  event_id: z.string(),
  retry_num: z.number(),
  acked: z.boolean(),
  ack_ms: z.number().nullable(),
});

export class Stage {
  readonly slack: TestSlack;
  readonly database: Database;
  readonly dir: string;
  readonly #testDatabase: TestDatabase;
  readonly #options: StageOptions;
  readonly wire: Wire | null;
  #bots: BotProcess[] = [];

  private constructor(
    slack: TestSlack,
    testDatabase: TestDatabase,
    database: Database,
    dir: string,
    wire: Wire | null,
    options: StageOptions,
  ) {
    this.wire = wire;
    this.slack = slack;
    this.#testDatabase = testDatabase;
    this.database = database;
    this.dir = dir;
    this.#options = options;
  }

  /** Everything but the bot. */
  static async set(options: StageOptions = {}): Promise<Stage> {
    const timeScale = options.timeScale ?? (isBadWeather ? WEATHER_TIME_SCALE : undefined);
    const slack = await TestSlack.start({
      ...(timeScale === undefined ? {} : { timeScale }),
      ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    });
    const testDatabase = await createTestDatabase();
    const dir = await mkdtemp(join(tmpdir(), 'bot-'));
    await writeFile(join(dir, 'threadsmith.yaml'), stringify(options.config ?? CONFIG));
    const database = await openDatabase(testDatabase.url);
    const wire = options.cuttable === true ? await Wire.to(testDatabase.url) : null;
    return new Stage(slack, testDatabase, database, dir, wire, options);
  }

  /** Everything, with the bot ready. */
  static async start(options: StageOptions = {}): Promise<Stage> {
    const stage = await Stage.set(options);
    await stage.startBot();
    return stage;
  }

  get #mode(): 'socket' | 'http' {
    return transportOf(this.#options.mode ?? 'socket');
  }

  get databaseUrl(): string {
    return this.#testDatabase.url;
  }

  async startBot(env: Record<string, string> = {}): Promise<BotProcess> {
    const { app } = this.slack;
    const http = this.#mode === 'http';
    const bot = await BotProcess.start({
      THREADSMITH_CONFIG: join(this.dir, 'threadsmith.yaml'),
      THREADSMITH_DATA: join(this.dir, 'data'),
      DATABASE_URL: this.wire?.url ?? this.#testDatabase.url,
      SLACK_API_URL: app.api_url,
      SLACK_BOT_TOKEN: app.bot_token,
      ...(http
        ? { SLACK_SIGNING_SECRET: app.signing_secret, PORT: '0' }
        : { SLACK_APP_TOKEN: app.app_token }),
      ...env,
    });
    this.#bots.push(bot);
    if (http) await this.slack.control('app', { request_url: `${bot.url}/slack/events` }, 'PUT');
    if (isBadWeather && this.#bots.length === 1)
      for (const order of badWeather(this.#mode)) await this.fault(order);
    return bot;
  }

  async close(): Promise<void> {
    const missing = isBadWeather
      ? stayedAway(await this.slack.control('faults/struck'), this.#mode, this.#options.silent)
      : [];
    await Promise.all(this.#bots.map((bot) => bot.stop()));
    this.#bots = [];
    await this.wire?.close();
    await this.database.close();
    await this.slack.stop();
    await this.#testDatabase.drop();
    await rm(this.dir, { recursive: true, force: true });
    if (missing.length > 0) throw new Error(`This conversation had no ${missing.join(', ')}.`);
  }

  /** Messages of the bot in a thread. */
  async answers(threadTs: string, options: { as?: string; channel?: string } = {}): Promise<Json[]> {
    const { bot_user_id: bot } = this.slack.app;
    return (await this.replies(threadTs, options)).filter(({ user }) => user === bot);
  }

  /** Orders a fault of the workspace. */
  async fault(order: Json): Promise<void> {
    await this.slack.control('faults', order);
  }

  /** What the bot called. */
  async calls(method: string): Promise<z.infer<typeof callSchema>[]> {
    return (await this.allCalls()).filter((call) => call.method === method);
  }

  async allCalls(): Promise<z.infer<typeof callSchema>[]> {
    return z.object({ calls: z.array(callSchema) }).parse(await this.slack.control('calls')).calls;
  }

  /** Deliveries of events, each attempt one entry. */
  async events(type: string): Promise<z.infer<typeof eventSchema>[]> {
    const { events } = z.object({ events: z.array(eventSchema) }).parse(await this.slack.control('events'));
    return events.filter((event) => event.type === type);
  }

  /** How many events of a type Slack has an acknowledgement of; false while one of any type is on its way. */
  async takenIn(type: string): Promise<number | false> {
    const { underway } = z.object({ underway: z.number() }).parse(await this.slack.control('events'));
    if (underway > 0) return false;
    return new Set((await this.events(type)).filter(({ acked }) => acked).map(({ event_id }) => event_id))
      .size;
  }

  /**
   * A click by a person on a message as it was on their screen, which may have changed since; answers what
   * Slack's client would see of it.
   */
  async click(user: string, message: Json, actionId: string | RegExp): Promise<Json> {
    const channel = z.string().parse(message['channel'] ?? SHOP);
    const action_id = findAction(message, actionId);
    return this.act('actions', { user, channel, ts: message['ts'], action_id, seen: message['blocks'] });
  }

  /** What a person has open once they have done what opens it, which they do again where Slack did not let it open. */
  async form(user: string, open: () => Promise<unknown>): Promise<Json> {
    const before = await this.#openForm(user);
    const isNew = async () => {
      const form = (await this.slack.views(user)).at(-1);
      return form?.['id'] !== before && form;
    };
    for (let attempt = 1; attempt < FORM_TRIES; attempt++) {
      await open();
      const form = await until(isNew, FORM_OPENS_MS).catch(() => undefined);
      if (form !== undefined) return form;
    }
    await open();
    return until(isNew);
  }

  /** What a person does in Slack's client beside writing: a control route that sends the app something once. */
  async act(path: 'actions' | 'views/submit' | 'shortcuts' | 'commands', body: Json): Promise<Json> {
    const user = z.string().parse(body['user']);
    return asPerson(
      () => (path === 'views/submit' ? this.#submit(user, body) : this.slack.control(path, body)),
      () => this.#openForm(user),
    );
  }

  /** Of two forms that somebody opened by clicking twice, they fill in the one that is open. */
  async #submit(user: string, body: Json): Promise<Json> {
    try {
      return await this.slack.control('views/submit', body);
    } catch (error) {
      const form = await this.#openForm(user);
      if (!(error instanceof Refusal) || form === undefined || form === body['view_id']) throw error;
      return this.slack.control('views/submit', { ...body, view_id: form });
    }
  }

  /** The id of the form that is open before a person. */
  async #openForm(user: string): Promise<unknown> {
    return (await this.slack.views(user)).at(-1)?.['id'];
  }

  /** Runs a transaction that keeps its locks while the test waits in it: PostgreSQL would end it for its silence. */
  async holding<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(async (em) => {
      await em.execute('set local idle_in_transaction_session_timeout = 0');
      return work(em);
    });
  }

  /** Lines that only this person sees in a thread. */
  async whispers(user: string, threadTs: string): Promise<string[]> {
    const seen = await this.replies(threadTs, { as: user });
    return seen.filter((message) => message['is_ephemeral'] === true).map(({ text }) => String(text));
  }

  /** Rows of a query. */
  async rows<T extends object = Json>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.database.em().execute<T[]>(sql, [...params]);
  }

  /** The one turn there is, once it is there. */
  async turn(): Promise<{ id: string; session_id: string; state: string }> {
    const [turn, ...more] = await until(async () => {
      const rows = await this.rows<{ id: string; session_id: string; state: string }>(
        `select id, session_id, state from turn where kind <> 'answer'`,
      );
      return rows.length > 0 && rows;
    });
    if (turn === undefined || more.length > 0) throw new Error('more than one turn');
    return turn;
  }

  /** Messages of a thread below its first one. */
  async replies(threadTs: string, options: { as?: string; channel?: string } = {}): Promise<Json[]> {
    const as = options.as === undefined ? '' : `&as=${options.as}`;
    const query = `channel=${options.channel ?? SHOP}&thread_ts=${threadTs}${as}`;
    return (await this.slack.messages(query)).filter(({ ts }) => ts !== threadTs);
  }
}

/** Slack's trigger is good for three seconds: what has not opened by then does not. */
const FORM_OPENS_MS = 4_000;
const FORM_TRIES = 4;

/** Asks again until the condition gives something; long enough for a machine with much else to do. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 45_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`never became true: ${condition.toString()}`);
    await sleep(25);
  }
}

/** The shortest time between two that follow each other. */
export function shortestGap(timesMs: readonly number[]): number {
  return Math.min(...timesMs.slice(1).map((at, index) => at - (timesMs[index] ?? 0)));
}

/** The exact `action_id` of a button in a message; fails where there is none. */
export function findAction(message: Json, wanted: string | RegExp): string {
  const found = actionsOf(message).find((id) =>
    typeof wanted === 'string' ? id === wanted : wanted.test(id),
  );
  if (found === undefined) throw new Error(`no ${String(wanted)} among ${actionsOf(message).join(', ')}`);
  return found;
}

/** Every `action_id` of a message. */
export function actionsOf(message: Json): string[] {
  return [...JSON.stringify(message['blocks'] ?? []).matchAll(/"action_id":"([^"]+)"/g)].map(
    ([, id]) => id ?? '',
  );
}

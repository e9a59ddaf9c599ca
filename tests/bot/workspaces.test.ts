// Two workspaces with one app, each installed by OAuth: channels and messages have the same ids in both.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ACTION } from '../../blocks/parts/actions.ts';
import { patiently } from '../../bot/slack/calls.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { type Json, TestSlack } from '../playground/slack-setup.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { BotProcess } from './bot-process.ts';
import { actionsOf, findAction, JONAS, MIRA, SHOP, until } from './stage.ts';
import { asPerson, badWeather, isBadWeather, stayedAway, WEATHER_TIME_SCALE } from './weather.ts';
import { WorkerHand } from './worker-hand.ts';

const OTHER = 'T0OTHER001';
const STRANGERS = 'T0STRANGER';
const CLOCK = isBadWeather ? { timeScale: WEATHER_TIME_SCALE } : {};
const COMMIT = 'a'.repeat(40);
const ALERTS = 'C0ALERTS01';
/** An app that posts alerts. */
const TILL = { bot_id: 'B0TILL0001', text: 'TypeError in the till' };

/** Slack as one address for several workspaces: calls go to the one that their token or code is of. */
class Gateway {
  readonly #server: Server;
  readonly #slacks: readonly TestSlack[];
  readonly codes = new Map<string, TestSlack>();
  url = '';

  constructor(slacks: readonly TestSlack[]) {
    this.#slacks = slacks;
    this.#server = createServer((request, response) => {
      this.#pass(request).then(
        ({ status, headers, body }) => response.writeHead(status, headers).end(body),
        () => response.destroy(),
      );
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = z.object({ port: z.number() }).parse(this.#server.address());
    this.url = `http://127.0.0.1:${port}/api/`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #pass(request: IncomingMessage) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const token = /^Bearer (\S+)/.exec(request.headers.authorization ?? '')?.[1];
    const code = new URLSearchParams(body.toString('utf8')).get('code') ?? '';
    const slack =
      this.#slacks.find(({ app }) => app.bot_token === token) ?? this.codes.get(code) ?? this.#slacks[0];
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(`${slack?.url}${request.url}`, {
      method: request.method ?? 'POST',
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      body,
    });
    return {
      status: answer.status,
      headers: { 'content-type': 'application/json', ...retryAfter(answer) },
      body: Buffer.from(await answer.arrayBuffer()),
    };
  }
}

function retryAfter(answer: Response): Record<string, string> {
  const seconds = answer.headers.get('retry-after');
  return seconds === null ? {} : { 'retry-after': seconds };
}

/** A workspace of its own, with the same app. */
async function neighbour(first: TestSlack, teamId: string): Promise<TestSlack> {
  const slack = await TestSlack.start(CLOCK);
  const { state } = slack.running.workspace;
  const { signing_secret, client_id, client_secret, app_id } = first.running.workspace.state.app;
  Object.assign(state.app, { signing_secret, client_id, client_secret, app_id });
  Object.assign(state.team, { id: teamId, name: teamId });
  for (const user of state.users) user.team_id = teamId;
  return slack;
}

describe('two workspaces', () => {
  let first: TestSlack;
  let second: TestSlack;
  let strangers: TestSlack;
  let gateway: Gateway;
  let testDatabase: TestDatabase;
  let database: Database;
  let dir: string;
  let bot: BotProcess;
  let worker: WorkerHand;

  beforeAll(async () => {
    first = await TestSlack.start(CLOCK);
    second = await neighbour(first, OTHER);
    strangers = await neighbour(first, STRANGERS);
    gateway = new Gateway([first, second, strangers]);
    await gateway.listen();
    testDatabase = await createTestDatabase();
    database = await openDatabase(testDatabase.url);
    dir = await mkdtemp(join(tmpdir(), 'bot-'));
    await writeFile(
      join(dir, 'threadsmith.yaml'),
      stringify({
        repos: [{ name: 'bakery', url: './bakery', channels: ['shop'] }],
        people: { start: ['everyone'], approve: ['everyone'], merge: ['everyone'] },
        approvals: { own: true },
        workspaces: [first.app.team_id, OTHER],
        alerts: [{ name: 'till', channel: ALERTS, from: [TILL.bot_id], repo: 'bakery', per_hour: 1 }],
      }),
    );
    const { client_id, client_secret } = first.running.workspace.state.app;
    bot = await BotProcess.start({
      THREADSMITH_CONFIG: join(dir, 'threadsmith.yaml'),
      THREADSMITH_DATA: join(dir, 'data'),
      DATABASE_URL: testDatabase.url,
      SLACK_API_URL: gateway.url,
      SLACK_SIGNING_SECRET: first.app.signing_secret,
      SLACK_CLIENT_ID: client_id,
      SLACK_CLIENT_SECRET: client_secret,
      SLACK_TOKEN_KEY: randomBytes(32).toString('base64'),
      PORT: '0',
    });
    worker = new WorkerHand({ database, dir });
    for (const slack of [first, second, strangers]) {
      await slack.control('app', { request_url: `${bot.url}/slack/events` }, 'PUT');
      await slack.control('limits', { enabled: false });
    }
  });
  afterAll(async () => {
    const struck = await Promise.all([first, second].map((slack) => slack.control('faults/struck')));
    const missing = isBadWeather ? struck.map((answer) => stayedAway(answer, 'http')) : [];
    await bot.stop();
    await Promise.all([first.stop(), second.stop(), strangers.stop(), gateway.close()]);
    await database.close();
    await testDatabase.drop();
    await rm(dir, { recursive: true, force: true });
    expect(missing.flat()).toEqual([]);
  });

  /** What a browser goes through: our page, Slack's consent, the way back. */
  const install = async (slack: TestSlack): Promise<Response> => {
    const begun = await fetch(`${bot.url}/slack/install`, { redirect: 'manual' });
    const consent = new URL(required(begun.headers.get('location') ?? undefined, 'no way to Slack'));
    expect(consent.searchParams.get('scope')).toContain('chat:write');
    const { code } = z.object({ code: z.string() }).parse(await slack.control('oauth', {}));
    gateway.codes.set(code, slack);
    const back = new URLSearchParams({ code, state: consent.searchParams.get('state') ?? '' });
    return fetch(`${bot.url}/slack/oauth_redirect?${back}`, {
      headers: { cookie: (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? '' },
    });
  };
  const repliesIn = async (slack: TestSlack, root: string, as = MIRA) =>
    (await slack.messages(`channel=${SHOP}&thread_ts=${root}&as=${as}`)).filter(({ ts }) => ts !== root);
  const installations = () =>
    database
      .em()
      .execute<{ team_id: string; token: string; removed_at: string | null }[]>(
        `select team_id, encode(sealed_token, 'escape') as token, removed_at from installation order by team_id`,
      );
  const sessionsOf = (teamId: string) =>
    database
      .em()
      .execute<{ id: string; turn: string; state: string }[]>(
        'select session.id, turn.id as turn, turn.state from session join turn on turn.session_id = session.id where team_id = ? order by turn.position',
        [teamId],
      );

  it('install the app, each with its token sealed; one that is not named may not, nor a forged way back', async () => {
    for (const slack of [first, second]) {
      const answer = await install(slack);
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('is installed')]);
    }
    const refused = await install(strangers);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain(`${STRANGERS} is not among those that may install`);
    const forged = await fetch(`${bot.url}/slack/oauth_redirect?code=x&state=forged`);
    expect(forged.status).toBe(403);
    const rows = await installations();
    expect(rows.map(({ team_id }) => team_id)).toEqual([first.app.team_id, OTHER].toSorted());
    expect(JSON.stringify(rows)).not.toContain('xoxb');
    // Whoever installs an app tries again by themselves; from here on it is on its own.
    if (isBadWeather)
      for (const slack of [first, second])
        for (const order of badWeather('http')) await slack.control('faults', order);
  });

  it('have their own sessions and answers, though channels and people are called the same', async () => {
    const one = await first.say('@threadsmith fix the total');
    const two = await second.say('@threadsmith round the prices');
    for (const [slack, root] of [
      [first, one],
      [second, two],
    ] as const) {
      await until(async () => (await repliesIn(slack, root)).length === 1);
      await until(async () => JSON.stringify(await slack.messages(`channel=${SHOP}`)).includes('"eyes"'));
    }
    const [[mine], [theirs]] = await until(async () => {
      const both = [await sessionsOf(first.app.team_id), await sessionsOf(OTHER)] as const;
      return both.every(([session]) => session?.state === 'queued') && both;
    });
    expect(mine?.id).not.toBe(theirs?.id);
    await worker.finishChange(await worker.claim(theirs?.turn ?? ''), { commit: COMMIT, screenshots: true });
    const result = await until(async () =>
      (await repliesIn(second, two)).find((message) => actionsOf(message).includes(ACTION.approve)),
    );
    expect(JSON.stringify(result['blocks'])).toContain('slack_file');
    expect((await repliesIn(first, one)).some((message) => actionsOf(message).includes(ACTION.approve))).toBe(
      false,
    );

    // The same message, put up in the first workspace, does nothing to the second one's change.
    const lure = await patiently(() =>
      first.client.chat.postMessage({
        channel: SHOP,
        text: 'a lure',
        blocks: z
          .array(z.custom<never>())
          .parse(result['blocks'])
          .filter((block) => isActions(block)),
      }),
    );
    await click(first, { ts: lure.ts, action_id: ACTION.approve });
    await until(async () =>
      (await repliesIn(first, String(lure.ts), JONAS)).find(({ text }) =>
        String(text).includes('out of date'),
      ),
    );
    expect((await sessionsOf(OTHER)).filter(({ turn }) => turn !== theirs?.turn)).toHaveLength(0);
    await click(second, { ts: result['ts'], action_id: findAction(result, ACTION.approve) });
    await until(async () => (await sessionsOf(OTHER)).length === 2);
    expect(await sessionsOf(first.app.team_id)).toHaveLength(1);
  });

  it('have alerts of their own, also of the same words at the same moment', async () => {
    const ts = `${Math.floor(Date.now() / 1000)}.000900`;
    const alert = { type: 'message', channel: ALERTS, ts, ...TILL };
    const alertsOf = (teamId: string) =>
      database
        .em()
        .execute<{ turn_id: string; repeats: number; fingerprint: string }[]>(
          'select turn_id, repeats, fingerprint from alert join session on session.id = session_id where team_id = ?',
          [teamId],
        );
    const one = async (teamId: string) => {
      const [row, ...more] = await until(async () => {
        const rows = await alertsOf(teamId);
        return rows.length > 0 && rows;
      });
      expect(more).toEqual([]);
      return required(row, 'no alert');
    };
    for (const slack of [first, second]) await slack.control('events', { event: alert });
    const mine = await one(first.app.team_id);
    const theirs = await one(OTHER);
    expect(theirs.turn_id).not.toBe(mine.turn_id);

    // What is edited or comes again counts where it happens.
    const message = { ...alert, text: 'RangeError in the till' };
    const edit = { type: 'message', subtype: 'message_changed', channel: ALERTS, ts: '1.2', message };
    await second.control('events', { event: edit });
    await until(async () => (await one(OTHER)).fingerprint !== theirs.fingerprint);
    await first.control('events', { event: { ...alert, ts: ts.replace('.0009', '.0010') } });
    await until(async () => (await one(first.app.team_id)).repeats === 1);
    expect((await one(first.app.team_id)).fingerprint).toBe(mine.fingerprint);
    expect((await one(OTHER)).repeats).toBe(0);
  });

  it('forget the token of one that takes the app away, and go on in the other', async () => {
    await second.control('events', { event: { type: 'tokens_revoked', tokens: { oauth: ['U1'] } } });
    await second.control('events', { event: { type: 'tokens_revoked', tokens: { bot: ['U0THREAD01'] } } });
    const removed = await until(async () =>
      (await installations()).find(({ team_id, removed_at }) => team_id === OTHER && removed_at !== null),
    );
    expect(removed.token).toBe('');
    const before = await sessionsOf(OTHER);
    const ignored = await second.say('@threadsmith are you there');
    const root = await first.say('@threadsmith still here');
    await until(async () => (await repliesIn(first, root)).length === 1);
    expect(await repliesIn(second, ignored)).toHaveLength(0);
    expect(await sessionsOf(OTHER)).toHaveLength(before.length);
    await until(async () => (await install(second)).status === 200);
    const again = await second.say('@threadsmith and now');
    await until(async () => (await repliesIn(second, again)).length === 1);
  });
});

/** Jonas clicks, and clicks again where nobody answered. */
function click(slack: TestSlack, at: Json): Promise<Json> {
  return asPerson(
    () => slack.control('actions', { user: JONAS, channel: SHOP, ...at }),
    async () => (await slack.views(JONAS)).length,
  );
}

function isActions(block: unknown): boolean {
  return z.object({ type: z.literal('actions') }).safeParse(block).success;
}

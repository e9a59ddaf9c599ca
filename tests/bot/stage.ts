// A local workspace, a database of its own and the real bot process between them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Database, openDatabase } from '../../db/database.ts';
import { type Json, TestSlack } from '../playground/slack-setup.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

export const MIRA = 'U0MIRA0001';
export const JONAS = 'U0JONAS001';
export const SANA = 'U0SANA0001';
export const LEE = 'U0LEE00001';
export const SHOP = 'C0SHOP0001';
export const PLATFORM = 'C0PLATFRM1';

const MAIN = join(import.meta.dirname, '../../bot/main.ts');
const READY_MS = 20_000;

const CONFIG = {
  repos: [
    { name: 'bakery', url: './bakery', channels: ['shop'] },
    { name: 'ledger', url: './ledger', channels: ['alerts'] },
  ],
  people: { start: ['everyone'], approve: [MIRA, JONAS], merge: [MIRA, JONAS] },
};

export interface StageOptions {
  readonly mode?: 'socket' | 'http';
  readonly config?: Json;
  /** What Slack's waits are multiplied by. */
  readonly timeScale?: number;
  /** How long Slack waits for an acknowledgement. */
  readonly deadlineMs?: number;
  /** Goes to the bot instead of the address of the database. */
  readonly databaseUrl?: (url: string) => string;
}

const readySchema = z.object({ ready: z.literal(true), mode: z.string(), url: z.string().optional() });

export class Stage {
  readonly slack: TestSlack;
  readonly database: Database;
  readonly dir: string;
  readonly #testDatabase: TestDatabase;
  readonly #options: StageOptions;
  readonly #port: number;
  #bots: BotProcess[] = [];

  private constructor(
    slack: TestSlack,
    testDatabase: TestDatabase,
    database: Database,
    dir: string,
    port: number,
    options: StageOptions,
  ) {
    this.slack = slack;
    this.#testDatabase = testDatabase;
    this.database = database;
    this.dir = dir;
    this.#port = port;
    this.#options = options;
  }

  /** Everything but the bot. */
  static async set(options: StageOptions = {}): Promise<Stage> {
    const slack = await TestSlack.start({
      ...(options.timeScale === undefined ? {} : { timeScale: options.timeScale }),
      ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    });
    const testDatabase = await createTestDatabase();
    const dir = await mkdtemp(join(tmpdir(), 'bot-'));
    await writeFile(join(dir, 'threadsmith.yaml'), stringify(options.config ?? CONFIG));
    const database = await openDatabase(testDatabase.url);
    return new Stage(slack, testDatabase, database, dir, await freePort(), options);
  }

  /** Everything, with the bot ready. */
  static async start(options: StageOptions = {}): Promise<Stage> {
    const stage = await Stage.set(options);
    await stage.startBot();
    return stage;
  }

  get databaseUrl(): string {
    return this.#testDatabase.url;
  }

  async startBot(env: Record<string, string> = {}): Promise<BotProcess> {
    const { app } = this.slack;
    const http = this.#options.mode === 'http';
    const bot = await BotProcess.start({
      THREADSMITH_CONFIG: join(this.dir, 'threadsmith.yaml'),
      THREADSMITH_DATA: join(this.dir, 'data'),
      DATABASE_URL: (this.#options.databaseUrl ?? ((url) => url))(this.#testDatabase.url),
      SLACK_API_URL: app.api_url,
      SLACK_BOT_TOKEN: app.bot_token,
      ...(http
        ? { SLACK_SIGNING_SECRET: app.signing_secret, PORT: String(this.#port) }
        : { SLACK_APP_TOKEN: app.app_token }),
      ...env,
    });
    this.#bots.push(bot);
    if (http) await this.slack.control('app', { request_url: `${bot.url}/slack/events` }, 'PUT');
    return bot;
  }

  async close(): Promise<void> {
    await Promise.all(this.#bots.map((bot) => bot.stop()));
    this.#bots = [];
    await this.database.close();
    await this.slack.stop();
    await this.#testDatabase.drop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Rows of a query. */
  async rows<T extends object = Json>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.database.em().execute<T[]>(sql, [...params]);
  }

  /** The one turn there is. */
  async turn(): Promise<{ id: string; session_id: string; state: string }> {
    const [turn, ...more] = await this.rows<{ id: string; session_id: string; state: string }>(
      `select id, session_id, state from turn where kind <> 'answer'`,
    );
    if (turn === undefined || more.length > 0) throw new Error(`${more.length + (turn ? 1 : 0)} turns`);
    return turn;
  }

  /** Messages of a thread below its first one. */
  async replies(threadTs: string, options: { as?: string; channel?: string } = {}): Promise<Json[]> {
    const as = options.as === undefined ? '' : `&as=${options.as}`;
    const query = `channel=${options.channel ?? SHOP}&thread_ts=${threadTs}${as}`;
    return (await this.slack.messages(query)).filter(({ ts }) => ts !== threadTs);
  }
}

/** A real `node bot/main.ts`. */
export class BotProcess {
  readonly ready: z.infer<typeof readySchema>;
  readonly #child: ChildProcess;
  #log = '';

  private constructor(child: ChildProcess, ready: z.infer<typeof readySchema>) {
    this.#child = child;
    this.ready = ready;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
  }

  static async start(env: Record<string, string>): Promise<BotProcess> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([
      once(lines, 'line').then(([line]) => String(line)),
      once(child, 'exit').then(() => null),
      new Promise<null>((resolve) => setTimeout(() => resolve(null), READY_MS).unref()),
    ]);
    if (first === null) {
      child.kill('SIGKILL');
      throw new Error(`the bot was not ready: ${complaint}`);
    }
    return new BotProcess(child, readySchema.parse(JSON.parse(first)));
  }

  get url(): string {
    return this.ready.url ?? '';
  }

  get log(): string {
    return this.#log;
  }

  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exited;
    }
    return this.#child.exitCode;
  }
}

/** Runs the bot until it ends by itself, for wrong configurations. */
export async function runToEnd(
  env: Record<string, string>,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  await once(child, 'exit');
  clearTimeout(late);
  return { code: child.exitCode, stderr };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

// A local Slack workspace per test file, the app's side of it, and the control routes as tests use them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { App, LogLevel, type Receiver } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { z } from 'zod';
import {
  type RunningWorkspace,
  startWorkspace,
  type WorkspaceOptions,
} from '../../playground/slack/server.ts';
import { freePort } from '../../scripts/system/free-port.ts';
import { Refusal } from './refusal.ts';

const appSchema = z.object({
  app_id: z.string(),
  team_id: z.string(),
  bot_id: z.string(),
  bot_user_id: z.string(),
  bot_token: z.string(),
  app_token: z.string(),
  signing_secret: z.string(),
  api_url: z.string(),
});

export type AppCredentials = z.infer<typeof appSchema>;
export type Json = Record<string, unknown>;

export const MIRA = 'U0MIRA0001';
export const SHOP = 'C0SHOP0001';
export const RANDOM = 'C0RANDOM01';

const json = z.record(z.string(), z.unknown());
const refusalSchema = z.looseObject({ ok: z.literal(false), error: z.string() });
const messagesSchema = z.object({ messages: z.array(json) });

export class TestSlack {
  readonly running: RunningWorkspace;
  readonly app: AppCredentials;
  readonly client: WebClient;
  readonly #dir: string;
  readonly #cleanups: (() => Promise<unknown>)[] = [];

  private constructor(running: RunningWorkspace, app: AppCredentials, dir: string) {
    this.running = running;
    this.app = app;
    this.#dir = dir;
    this.client = this.webClient();
  }

  static async start(options: Partial<WorkspaceOptions> = {}): Promise<TestSlack> {
    const dir = await mkdtemp(join(tmpdir(), 'slack-'));
    const running = await startWorkspace({ dataDir: dir, ...options });
    const app = appSchema.parse(await (await fetch(`${running.url}/control/app`)).json());
    return new TestSlack(running, app, dir);
  }

  get url(): string {
    return this.running.url;
  }

  webClient(token = this.app.bot_token): WebClient {
    return new WebClient(token, {
      slackApiUrl: this.app.api_url,
      logLevel: LogLevel.ERROR,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    });
  }

  /** The error word of a call that must be refused. */
  async refusal(method: string, args: Json): Promise<string> {
    const { status, body } = await this.call(method, args);
    const { ok, error } = refusalSchema.parse(body);
    if (status !== 200) throw new Error(`${method} answered ${status} (${ok}, ${error})`);
    return error;
  }

  /** Posts in the channel shop as the app; answers the ts. */
  async post(text: string, more: Json = {}): Promise<string> {
    const { body } = await this.call('chat.postMessage', { channel: SHOP, text, ...more });
    return z.string().parse(body['ts']);
  }

  /** A Web API call by hand, form-encoded; answers status, headers and body. */
  async call(
    method: string,
    args: Record<string, unknown> = {},
    token: string | null = this.app.bot_token,
  ): Promise<{ status: number; headers: Headers; body: Json }> {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(args)) {
      form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    }
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.url}/api/${method}`, { method: 'POST', headers, body: form });
    return { status: response.status, headers: response.headers, body: json.parse(await response.json()) };
  }

  /** A control call that is expected to work. */
  async control(path: string, body?: Json, method?: string): Promise<Json> {
    const { status, answer } = await this.tryControl(path, body, method);
    if (status !== 200) throw new Refusal(`${path} was refused: ${JSON.stringify(answer)}`);
    return answer;
  }

  async tryControl(path: string, body?: Json, method?: string): Promise<{ status: number; answer: Json }> {
    const response = await fetch(`${this.url}/control/${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: json.parse(await response.json()) };
  }

  async messages(query: string): Promise<Json[]> {
    return messagesSchema.parse(await this.control(`messages?${query}`)).messages;
  }

  async views(user: string): Promise<Json[]> {
    return z.object({ views: z.array(json) }).parse(await this.control(`views?user=${user}`)).views;
  }

  /** Mira says something; answers the timestamp. */
  async say(text: string, more: Json = {}): Promise<string> {
    const { ts } = await this.control('messages', { user: 'mira', channel: 'shop', text, ...more });
    return z.string().parse(ts);
  }

  /** A Bolt app on Socket Mode, stopped with the workspace. */
  async boltOnSocket(listen: (app: App) => void, receiver?: Receiver): Promise<App> {
    const app = new App({
      token: this.app.bot_token,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: this.app.api_url },
      ...(receiver === undefined ? { appToken: this.app.app_token, socketMode: true } : { receiver }),
    });
    listen(app);
    await app.start();
    this.onStop(() => app.stop());
    return app;
  }

  /** A Bolt app behind signed HTTP, registered with the workspace; answers its request URL. */
  async boltOnHttp(listen: (app: App) => void): Promise<string> {
    const port = await freePort();
    const app = new App({
      token: this.app.bot_token,
      signingSecret: this.app.signing_secret,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: this.app.api_url },
    });
    listen(app);
    await app.start({ port, host: '127.0.0.1' });
    this.onStop(() => app.stop());
    const requestUrl = `http://127.0.0.1:${port}/slack/events`;
    await this.control('app', { request_url: requestUrl }, 'PUT');
    return requestUrl;
  }

  onStop(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    // Bolt's stop() answers before its socket has closed.
    await until(() => this.running.workspace.services.sockets.connections === 0);
    await this.running.close();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Asks again until the condition gives something other than undefined or false; long enough for a busy machine. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`never became true: ${condition.toString()}`);
    await setTimeout(10);
  }
}

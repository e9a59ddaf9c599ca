// What the tests of the workspace's page share: a real workspace, an app that answers over signed HTTP, and
// Chromium looking at the page.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { expect } from 'vitest';
import { z } from 'zod';
import { startWorkspace } from '../../playground/slack/server.ts';
import { part } from '../setup/environment.ts';

export const SHOP = 'C0SHOP0001';
export const PLATFORM = 'C0PLATFRM1';
export const MIRA = 'U0MIRA0001';
export const JONAS = 'U0JONAS001';
export const SANA = 'U0SANA0001';

const json = z.record(z.string(), z.unknown());
export type Json = z.infer<typeof json>;

/** An app as Slack sees one: what it was sent, and what it answers to interactions. */
export interface TestApp {
  readonly events: Json[];
  readonly interactions: Json[];
  /** Answers the next interactions; undefined is a plain ack. May take its time. */
  answer: (payload: Json) => Promise<Json | undefined> | Json | undefined;
}

export interface PageTest {
  readonly url: string;
  readonly app: TestApp;
  /** A call to the control API; throws when the server refuses. */
  control(path: string, body: Json): Promise<Json>;
  /** A call to the Web API as the app; throws when Slack would answer ok: false. */
  slack(method: string, args: Json): Promise<Json>;
  /** A page in a context of its own, looked at as this person. */
  open(person: string, hash?: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Starts everything; the caller closes it. `deadlineMs` is how long the app has to ack. */
export async function startPageTest({ deadlineMs = 3_000 } = {}): Promise<PageTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'workspace-page-'));
  const workspace = await startWorkspace({ dataDir, timeScale: 0.02, deadlineMs });
  const { app, stop } = await startApp();
  const control = (path: string, body: Json, method = 'POST') => call(workspace.url, path, body, method);
  await control('/limits', { enabled: false });
  await control('/app', { request_url: app.url, delivery: 'http' }, 'PUT');
  const browser = await chromium.launch({ executablePath: part('CHROMIUM_PATH'), args: ARGS });
  const token = workspace.workspace.state.app.bot_token;
  return {
    url: workspace.url,
    app,
    control,
    slack: (method, args) => slackCall(workspace.url, token, method, args),
    open: (person, hash = '', options = {}) => openPage(browser, workspace.url, person, hash, options),
    close: async () => {
      await browser.close();
      await stop();
      await workspace.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function openPage(
  browser: Browser,
  url: string,
  person: string,
  hash: string,
  options: BrowserContextOptions,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(25_000);
  await page.goto(`${url}/?as=${person}${hash}`);
  await page.waitForSelector('body[data-ready]');
  return page;
}

async function call(url: string, path: string, body: Json, method: string): Promise<Json> {
  const response = await fetch(`${url}/control${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = json.parse(await response.json());
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function slackCall(url: string, token: string, method: string, args: Json): Promise<Json> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    body.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const response = await fetch(`${url}/api/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });
  const answer = json.parse(await response.json());
  if (answer['ok'] !== true) throw new Error(`${method}: ${JSON.stringify(answer)}`);
  return answer;
}

async function startApp(): Promise<{ app: TestApp & { url: string }; stop: () => Promise<void> }> {
  const app: TestApp & { url: string } = { url: '', events: [], interactions: [], answer: () => undefined };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      void reply(app, request.headers['content-type'] ?? '', body).then((answer) => {
        response.setHeader('content-type', 'application/json');
        response.end(answer === undefined ? '' : JSON.stringify(answer));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  app.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { app, stop };
}

async function reply(app: TestApp, contentType: string, body: string): Promise<Json | undefined> {
  if (contentType.includes('json')) {
    const envelope = json.parse(JSON.parse(body));
    if (envelope['type'] === 'url_verification') return { challenge: envelope['challenge'] };
    app.events.push(json.parse(envelope['event']));
    return undefined;
  }
  const payload = json.parse(JSON.parse(new URLSearchParams(body).get('payload') ?? '{}'));
  app.interactions.push(payload);
  return app.answer(payload);
}

/** Waits until `look` gives something, for at most half a minute. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('it did not happen within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** An assertion about what the page will show soon; a loaded machine may need seconds for it. */
export function eventually<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { timeout: 30_000 });
}

// The workspace as its own process: how it starts, ends, and what it still knows afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const MAIN = join(import.meta.dirname, '..', '..', 'playground', 'main.ts');
const readyLine = z.strictObject({ ready: z.literal(true), url: z.url() });
const messages = z.object({ messages: z.array(z.looseObject({ ts: z.string(), text: z.string() })) });
let dir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slack-main-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

async function start(...more: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--data', dir, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
  return { child, url: readyLine.parse(JSON.parse(line)).url };
}

function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
}

async function say(url: string, text: string): Promise<string> {
  const body = JSON.stringify({ user: 'mira', channel: 'shop', text });
  const response = await fetch(`${url}/control/messages`, { method: 'POST', body });
  return z.looseObject({ ts: z.string() }).parse(await response.json()).ts;
}

/** Waits until the process has written this to its folder. */
async function written(words: string): Promise<void> {
  const isThere = async () => {
    const files = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile());
    const texts = await Promise.all(
      files.map(({ name }) => readFile(join(dir, name), 'utf8').catch(() => '')),
    );
    return texts.some((text) => text.includes(words));
  };
  await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
}

async function said(url: string): Promise<string[]> {
  const response = await fetch(`${url}/control/messages?channel=shop`);
  return messages.parse(await response.json()).messages.map(({ text }) => text);
}

test('a thread, the tokens and a file survive an ordered end and a kill', async () => {
  const first = await start();
  const app: unknown = await (await fetch(`${first.url}/control/app`)).json();
  await say(first.url, 'said in the first life');
  first.child.kill('SIGTERM');
  expect(await ended(first.child)).toBe(0);

  const second = await start('--time-scale', '0.5');
  const again: unknown = await (await fetch(`${second.url}/control/app`)).json();
  const { bot_token } = z.looseObject({ bot_token: z.string() }).parse(app);
  expect(again).toMatchObject({ bot_token });
  expect(await said(second.url)).toEqual(['said in the first life']);
  await say(second.url, 'said in the second life');
  await written('said in the second life');
  second.child.kill('SIGKILL');
  expect(await ended(second.child)).toBe('SIGKILL');

  const third = await start();
  expect(await said(third.url)).toEqual(['said in the first life', 'said in the second life']);
  third.child.kill('SIGTERM');
  expect(await ended(third.child)).toBe(0);
});

test('a port that is no number stops the start', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', 'many', '--data', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let complaint = '';
  child.stderr.on('data', (part: Buffer) => {
    complaint += part.toString();
  });
  expect(await ended(child)).toBe(2);
  expect(complaint).toContain('--port');
});

// Processes killed, frozen and robbed of their queue at the worst moments; the turn still ends, once.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startRedis } from '../../scripts/system/redis.ts';
import { TEST_MS } from '../e2e/conversation.ts';
import { type Message, readable } from '../e2e/people.ts';
import { CHECKS_ONLY, createShop } from '../e2e/repos.ts';
import { type Stack, startStack } from '../e2e/stack.ts';
import { offers } from '../e2e/thread.ts';
import type { TestRemote } from '../worker/git-repo.ts';

const SLOW = '@threadsmith take your time';
const eventsSchema = z.looseObject({ events: z.array(z.looseObject({ acked: z.boolean() })) });

let shop: TestRemote;
let stack: Stack | undefined;
const cleanUps: (() => Promise<void>)[] = [];

beforeEach(() => {
  shop = createShop({ '.threadsmith.yaml': CHECKS_ONLY });
});

afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  shop.remove();
});

function startOnShop(options: { redisUrl?: string } = {}): Promise<Stack> {
  return startStack({ repos: [{ name: 'brightloaf', url: shop.url, channels: ['shop'] }], ...options });
}

function botMessages(messages: readonly Message[]): readonly Message[] {
  return messages.filter((message) => message.bot_id !== undefined);
}

async function turnStates(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ state: string }>('select state from turn order by created_at');
    return rows.map((row) => row.state);
  } finally {
    await client.end();
  }
}

async function until(what: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${withinMs} ms`);
    await sleep(100);
  }
}

/** The branch's own list of the steps that were taken, one line each. */
function stepsTaken(remote: string): readonly string[] {
  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', remote, ...args], { encoding: 'utf8' }).trim();
  const branch = git('for-each-ref', '--format=%(refname)', 'refs/heads/threadsmith');
  return git('show', `${branch}:steps.txt`).split('\n');
}

const ALL_STEPS = Array.from({ length: 12 }, (_, index) => `step ${index + 1}`);

describe('a killed bot', { timeout: TEST_MS }, () => {
  it('does not lose a mention that it acknowledged, and shows it once', async () => {
    stack = await startOnShop();
    const { people } = stack;
    const root = await people.post('mira', 'shop', '@threadsmith where is the total computed?');
    await until(
      async () =>
        eventsSchema
          .parse(await people.control('GET', '/events?since=0'))
          .events.some((event) => event.acked),
      60_000,
    );
    await stack.bot.stop('SIGKILL');
    await stack.startBot();
    await people.see('shop', root, (messages) =>
      botMessages(messages).find((message) => /src\/cart\.js/.test(readable(message))),
    );
    expect(botMessages(await people.thread('shop', root))).toHaveLength(1);
    expect(await turnStates(stack.database.url)).toEqual(['done']);
  });
});

describe('a killed worker', { timeout: TEST_MS }, () => {
  it('is replaced in the middle of a turn, and no command runs twice', async () => {
    stack = await startOnShop();
    const { people } = stack;
    const root = await people.post('mira', 'shop', SLOW);
    await inTheMiddle(stack);
    await stack.worker.stop('SIGKILL');
    await stack.startWorker();
    const { message } = await people.see('shop', root, offers(/merge/i));
    expect(readable(message)).toMatch(/steps\.txt/);
    expect(stepsTaken(shop.url)).toEqual(ALL_STEPS);
    expect(botMessages(await people.thread('shop', root))).toHaveLength(1);
    expect(await turnStates(stack.database.url)).toEqual(['done']);
    expect(await claims(stack.database.url)).toEqual([1, 2]);
    expect(await takeOverMs(stack.database.url)).toBeLessThan(30_000);
  });

  it('that was only frozen and wakes up changes nothing any more', async () => {
    stack = await startOnShop();
    const { people } = stack;
    const root = await people.post('mira', 'shop', SLOW);
    await inTheMiddle(stack);
    const frozen = stack.worker;
    process.kill(frozen.pid, 'SIGSTOP');
    await stack.startWorker();
    await until(async () => (await claims(stack?.database.url ?? '')).length === 2, 120_000);
    process.kill(frozen.pid, 'SIGCONT');
    await people.see('shop', root, offers(/merge/i));
    await frozen.stop();
    expect(stepsTaken(shop.url)).toEqual(ALL_STEPS);
    expect(await claims(stack.database.url)).toEqual([1, 2]);
    expect(botMessages(await people.thread('shop', root))).toHaveLength(1);
  });
});

describe('a queue on Redis', { timeout: TEST_MS }, () => {
  it('that is emptied while a turn waits costs time, not the turn', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'threadsmith-redis-'));
    cleanUps.push(async () => rmSync(folder, { recursive: true, force: true }));
    const redis = await startRedis({ folder, logFile: join(folder, 'redis.log') });
    cleanUps.push(async () => redis.stop());
    stack = await startOnShop({ redisUrl: redis.url });
    await stack.worker.stop();
    const { people } = stack;
    const root = await people.post('mira', 'shop', '@threadsmith where is the total computed?');
    const client = new Redis(redis.url);
    cleanUps.push(async () => client.disconnect());
    await until(async () => (await client.llen('bull:turns:wait')) > 0, 60_000);
    await client.flushall();
    await stack.startWorker();
    await people.see('shop', root, (messages) =>
      botMessages(messages).find((message) => /src\/cart\.js/.test(readable(message))),
    );
    expect(await turnStates(stack.database.url)).toEqual(['done']);
  });
});

/** Waits until the agent has done some of its steps; most of them are to come. */
async function inTheMiddle({ database }: Stack): Promise<void> {
  const finished = `select 1 as value from event where body->>'type' = 'tool.finished'`;
  await until(async () => (await query(database.url, finished)).length >= 3, 240_000);
}

/** Fencing numbers of the turn's claims in order. */
async function claims(url: string): Promise<readonly number[]> {
  return query(
    url,
    `select (body->>'epoch')::int as value from event where body->>'type' = 'turn.claimed' order by id`,
  );
}

/** From the last thing that the first worker did to the claim of the next. */
async function takeOverMs(url: string): Promise<number> {
  const [found] = await query(
    url,
    `select extract(epoch from (claimed.at - (select max(at) from event where id < claimed.id)))::int * 1000 as value
     from event claimed where body->>'type' = 'turn.claimed' order by id desc limit 1`,
  );
  return found ?? Number.POSITIVE_INFINITY;
}

async function query(url: string, sql: string): Promise<readonly number[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ value: number }>(sql)).rows.map((row) => row.value);
  } finally {
    await client.end();
  }
}

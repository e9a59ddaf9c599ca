// A worker and its Docker Engine vanish in the middle of a turn, as a machine does; the worker of another machine,
// with an engine of its own, ends the turn with all that was done before.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, expect, it } from 'vitest';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import { readable } from '../e2e/people.ts';
import { CHECKS_ONLY, createShop } from '../e2e/repos.ts';
import { type Stack, startStack } from '../e2e/stack.ts';
import { offers } from '../e2e/thread.ts';
import { part } from '../setup/environment.ts';
import { type OwnEngine, openOwnEngine } from './own-engine.ts';

const shop = createShop({ '.threadsmith.yaml': CHECKS_ONLY });
let stack: Stack | undefined;
let engine: OwnEngine | undefined;
let otherData: string | undefined;

afterEach(async () => {
  await stack?.stop();
  await engine?.close();
  if (otherData !== undefined) rmSync(otherData, { recursive: true, force: true });
});

afterAll(() => shop.remove());

async function query(url: string, sql: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ value: string }>(sql)).rows.map((row) => row.value);
  } finally {
    await client.end();
  }
}

async function sandboxImage(): Promise<string> {
  const provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId: 'faults' });
  try {
    return await provider.ensureImage(() => {});
  } finally {
    await provider.close();
  }
}

const ALL_STEPS = Array.from({ length: 12 }, (_, index) => `step ${index + 1}`);

it('a turn whose worker and engine are taken away ends on another machine, with what its steps wrote', async () => {
  engine = await openOwnEngine({ image: await sandboxImage() });
  otherData = mkdtempSync(join(tmpdir(), 'threadsmith-other-'));
  stack = await startStack({
    repos: [{ name: 'brightloaf', url: shop.url, channels: ['shop'] }],
    workerEnv: { DOCKER_HOST: engine.host, THREADSMITH_DATA: otherData },
  });
  // The folder of artifacts is what two machines share beside the database.
  const shared = join(stack.folder, 'data', 'artifacts');
  mkdirSync(shared, { recursive: true });
  symlinkSync(shared, join(otherData, 'artifacts'));
  const { people, database } = stack;
  const lost = stack.worker;
  const root = await people.post('mira', 'shop', '@threadsmith take your time');
  const finished = `select id::text as value from event where body->>'type' = 'tool.finished'`;
  await expect.poll(() => query(database.url, finished), { timeout: 90_000 }).toHaveLength(5);
  // Both are at work now, each on its own engine; only one has the turn.
  await stack.startWorker({ DOCKER_HOST: part('DOCKER_HOST'), THREADSMITH_DATA: join(stack.folder, 'data') });
  const claims = `select body->>'epoch' as value from event where body->>'type' = 'turn.claimed' order by id`;
  await sleep(1_000);
  expect(await query(database.url, claims)).toEqual(['1']);
  await Promise.all([lost.stop('SIGKILL'), engine.close()]);

  const { message } = await people.see('shop', root, offers(/merge/i), { withinMs: 150_000 });
  expect(readable(message)).toMatch(/steps\.txt/);
  expect(await query(database.url, claims)).toEqual(['1', '2']);
  const branch = shop.git('for-each-ref', '--format=%(refname)', 'refs/heads/threadsmith');
  const steps = shop.git('show', `${branch}:steps.txt`).split('\n');
  // In order, none twice, and at most the one step that ended as the machine did is missing.
  expect(steps).toEqual(ALL_STEPS.filter((step) => steps.includes(step)));
  expect(steps.length).toBeGreaterThanOrEqual(ALL_STEPS.length - 1);
  expect(shop.git('show', `${branch}:src/cart.js`)).toContain('lineTotal(line)');
  const told = `select entry->>'text' as value from journal where entry->>'text' like '%made anew, with the files%'`;
  expect(await query(database.url, told)).toHaveLength(1);
});

// A worker and its Docker Engine vanish in the middle of a turn, as a machine does; the worker of another machine,
// with an engine of its own, ends the turn with all that was done before.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import { recordSteps, runs, type Step, TEST_MS } from '../e2e/conversation.ts';
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
const walked = (steps: readonly string[]): readonly Step[] =>
  steps.map((step) => runs(`echo ${step} >> steps.txt`));
/** Goes on once the test lets it: on the machine that is lost never, on the other one as soon as it is there. */
const GATE = '/work/tmp/go';
const WALK: readonly Step[] = [
  runs("sed -i 's/total += line.unitPriceCents;/total += lineTotal(line);/' src/cart.js"),
  ...walked(ALL_STEPS.slice(0, 6)),
  {
    tools: [
      {
        name: 'shell',
        arguments: { command: `until [ -e ${GATE} ]; do sleep 0.2; done`, timeout_seconds: 900 },
      },
    ],
  },
  ...walked(ALL_STEPS.slice(6)),
  { say: 'All steps are walked.' },
];

/** Opens the gate in the sandbox of this session on the usual engine, once it is there. */
async function openGate(session: string): Promise<void> {
  const docker = (...args: string[]) =>
    execFileSync('docker', ['-H', part('DOCKER_HOST'), ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  const opened = () => docker('exec', docker('ps', '-q', '--filter', `name=${session}$`), 'touch', GATE);
  await vi.waitFor(opened, { timeout: 240_000, interval: 200 });
}

it('a turn whose worker and engine are taken away ends on another machine, with what its steps wrote', {
  timeout: TEST_MS,
}, async () => {
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
  await recordSteps(stack, 'walk to the other machine', WALK);
  const root = await people.post('mira', 'shop', '@threadsmith walk to the other machine');
  const started = `select id::text as value from event where body->>'type' = 'tool.started'`;
  // The last one is at the gate.
  await expect.poll(() => query(database.url, started), { timeout: 240_000 }).toHaveLength(8);
  // Both are at work now, each on its own engine; only one has the turn.
  await stack.startWorker({ DOCKER_HOST: part('DOCKER_HOST'), THREADSMITH_DATA: join(stack.folder, 'data') });
  const claims = `select body->>'epoch' as value from event where body->>'type' = 'turn.claimed' order by id`;
  await sleep(1_000);
  expect(await query(database.url, claims)).toEqual(['1']);
  await Promise.all([lost.stop('SIGKILL'), engine.close()]);
  const [session = ''] = await query(database.url, 'select id as value from session');
  await openGate(session);

  const { message } = await people.see('shop', root, offers(/merge/i));
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

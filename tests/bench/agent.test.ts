// What the agent's benchmark counts. Counts hold on any machine; its times are not tested.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measurePrefix } from '../../bench/agent/prefix.ts';
import { measureResume } from '../../bench/agent/resume.ts';
import { measureTurn } from '../../bench/agent/turn.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

let own: TestDatabase;
let folder: string;
beforeAll(async () => {
  own = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'threadsmith-bench-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await own.drop();
});

it.each(['responses', 'chat'] as const)(
  'sends each request as the last one and more, over %s',
  async (api) => {
    expect(await measurePrefix(api, folder)).toBeGreaterThanOrEqual(0.95);
  },
);

it('costs at most three round trips to the database per step', async () => {
  const { roundTripsPerStep } = await measureTurn(own.url, folder, 20, 5);
  expect(roundTripsPerStep).toBeGreaterThan(1);
  expect(roundTripsPerStep).toBeLessThanOrEqual(3);
});

it('takes a transcript of 2,000 steps over within its memory', async () => {
  expect((await measureResume(own.url, folder)).grownMb).toBeLessThanOrEqual(150);
});

// What the benchmark of the bot prints: each figure beside what it must reach. Its times are not tested.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Figure } from '../../bench/report/figure.ts';
import { benchSlack, SHORT } from '../../bench/slack/slack.ts';
import { createTestDatabase } from '../setup/database.ts';

it('prints when people see that they were heard, beside the target', async () => {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'threadsmith-bench-test-'));
  try {
    const figures: Figure[] = [];
    const surroundings = { databaseUrl: database.url, folder, close: async () => {} };
    for await (const figure of benchSlack(surroundings, SHORT)) figures.push(figure);
    expect(figures.map(({ name, unit, baseline }) => [name, unit, baseline])).toEqual([
      ['slack.seen_p95_ms', 'ms', 300],
      ['slack.first_status_p95_ms', 'ms', 1000],
      ['slack.seen_burst_p95_ms', 'ms', 300],
    ]);
    // Nothing is heard before it was said.
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await database.drop();
  }
});

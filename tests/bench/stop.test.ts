// What the benchmark of Stop prints: a figure for each phase, beside the target. Its times are not tested.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { part } from '../setup/environment.ts';

it('stops a turn in each of its phases, and prints how soon', async () => {
  const main = join(import.meta.dirname, '../../bench/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'stop', '--short'], {
    env: { ...process.env, DOCKER_HOST: part('DOCKER_HOST') },
  });
  const figures: unknown[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(figures).toEqual(
    ['sandbox', 'model', 'command', 'checks'].map((phase) => ({
      name: `stop.${phase}_p95_ms`,
      value: expect.any(Number),
      unit: 'ms',
      baseline: 2000,
    })),
  );
});

// What the sandbox's benchmark prints: every figure, with a baseline of the same run. Its times are not tested.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { part } from '../setup/environment.ts';

const NAMES = [
  'sandbox.idle_mb',
  'command.p50_ms',
  'file.write_10mb_ms',
  'file.read_10mb_ms',
  'sandbox.claim_warm_p95_ms',
  'sandbox.cold_ms',
  'browser.first_screenshot_ms',
  'browser.next_screenshot_ms',
  'growth.sandbox_mb',
  'growth.command_ms',
  'growth.claim_warm_ms',
];

const figure = z.strictObject({
  name: z.string(),
  value: z.number().positive(),
  unit: z.enum(['ms', 'MB']),
  baseline: z.number().positive(),
});

it('prints each figure of the sandbox beside its baseline', async () => {
  const main = join(import.meta.dirname, '../../bench/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'sandbox', '--short'], {
    env: { ...process.env, DOCKER_HOST: part('DOCKER_HOST') },
  });
  const figures = stdout
    .trimEnd()
    .split('\n')
    .map((line) => figure.parse(JSON.parse(line)));
  expect(figures.map(({ name }) => name)).toEqual(NAMES);
});

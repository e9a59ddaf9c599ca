// Children that end when we do, whatever becomes of us.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { tether } from '../../scripts/processes/tether.ts';
import { processesLeft, processesMentioning, ROOT, runNode, temporaryFolder } from './children.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { env: process.env, stdout: 'ignore', stderr: 'ignore' } as const;

describe('a tethered child', () => {
  test('ends with its own exit code', async () => {
    const child = tether({ argv: ['sh', '-c', 'exit 7'], graceMs: 1000, ...quiet });
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(child.running()).toBe(false);
  });

  test('that cannot be started ends with 127', async () => {
    const child = tether({ argv: [join(folder, 'no-such-program')], graceMs: 1000, ...quiet });
    expect((await child.exited).code).toBe(127);
  });

  test('may end in its own way when it is stopped', async () => {
    const marker = join(folder, 'tidy');
    const script = `trap 'touch ${marker}; exit 3' TERM; touch ${marker}.up; while :; do sleep 0.05; done`;
    const child = tether({ argv: ['sh', '-c', script], graceMs: 5000, ...quiet });
    await until(() => existsSync(`${marker}.up`));
    expect(await child.stop()).toEqual({ code: 3, signal: null });
    expect(existsSync(marker)).toBe(true);
  });

  test('that ignores the signal is killed after the grace time, with its children', async () => {
    const mark = join(folder, 'stubborn');
    const script = `trap '' TERM; sh -c "trap '' TERM; while :; do sleep 0.05; done" ${mark} & touch ${mark}.up; wait`;
    const child = tether({ argv: ['sh', '-c', script], graceMs: 300, ...quiet });
    await until(() => existsSync(`${mark}.up`));
    const startedAt = Date.now();
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(250);
    expect(await processesLeft(mark, 30_000)).toEqual([]);
  });

  test('ends when its owner is killed', async () => {
    const mark = join(folder, 'orphan');
    const program = join(folder, 'owner.ts');
    writeFileSync(
      program,
      `import { tether } from '${ROOT}/scripts/processes/tether.ts';
       tether({ argv: ['sh', '-c', 'while :; do sleep 0.05; done', '${mark}'], env: process.env,
                graceMs: 1000, stdout: 'ignore', stderr: 'ignore' });
       console.log('started'); setInterval(() => {}, 1000);`,
    );
    const owner = runNode([program]);
    await owner.says('started', 60_000);
    await until(() => processesMentioning(mark).length > 0);
    owner.process.kill('SIGKILL');
    await owner.exited;
    expect(await processesLeft(mark, 30_000)).toEqual([]);
  });

  test('held by a named pipe lives until the last holder lets go', async () => {
    const pipe = join(folder, 'users');
    execFileSync('mkfifo', [pipe]);
    const first = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const child = tether({ argv: ['sleep', '60'], heldBy: pipe, graceMs: 1000, ...quiet });
    await until(() => canHold(pipe));
    const second = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    closeSync(first);
    await sleep(300);
    expect(child.running()).toBe(true);
    closeSync(second);
    await child.exited;
    expect(existsSync(`${pipe}.ended`)).toBe(true);
  });
});

/** Somebody reads the pipe. The one who opened it for both counts, so this looks for the shell. */
function canHold(pipe: string): boolean {
  return processesMentioning(pipe).some((line) => line.includes('tether.sh'));
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('It did not come to that within a minute.');
    await sleep(20);
  }
  // The shell's traps are set a moment after its first sign of life.
  await sleep(100);
}

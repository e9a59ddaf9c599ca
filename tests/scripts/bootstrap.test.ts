// The first step of both commands, in a small project of its own.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesLeft, ROOT, runNode, temporaryFolder } from './children.ts';

const folder = temporaryFolder();
const PACKAGE = { name: 'small', version: '1.0.0', private: true };

beforeAll(() => {
  mkdirSync(join(folder, 'scripts'));
  mkdirSync(join(folder, 'part'));
  cpSync(join(ROOT, 'scripts/bootstrap.mjs'), join(folder, 'scripts/bootstrap.mjs'));
  writeFileSync(join(folder, 'part/package.json'), JSON.stringify({ name: 'part', version: '2.0.0' }));
  declare({ part: 'file:./part' });
  writeFileSync(
    join(folder, 'say.ts'),
    `const words: string[] = process.argv.slice(2);
     if (words[0] === 'stay') { process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); }
     console.log('ran with', words.join(' '), 'under', process.env['THREADSMITH_STARTED_BY']);
     if (words[0] !== 'stay') process.exit(Number(words[0]));`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes package.json and a lock file that agrees with it. */
function declare(dependencies: Record<string, string>): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...PACKAGE, dependencies }));
  const linked = Object.keys(dependencies).flatMap((name) => [
    [name, { version: '2.0.0' }],
    [`node_modules/${name}`, { resolved: name, link: true }],
  ]);
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({
      ...PACKAGE,
      lockfileVersion: 3,
      requires: true,
      packages: { '': { ...PACKAGE, dependencies }, ...Object.fromEntries(linked) },
    }),
  );
}

function bootstrap(...args: string[]) {
  return runNode([join(folder, 'scripts/bootstrap.mjs'), ...args], { cwd: folder });
}

describe('bootstrap', () => {
  test('installs the packages once, then runs the script with its arguments and ends as it ended', async () => {
    const first = bootstrap('say.ts', '0', 'hello');
    expect(await first.exited).toBe(0);
    expect(first.output()).toContain('✓ Packages');
    expect(first.output()).toContain('ran with 0 hello');
    expect(existsSync(join(folder, 'node_modules/part'))).toBe(true);

    const second = bootstrap('say.ts', '3');
    expect(await second.exited).toBe(3);
    expect(second.output()).not.toContain('Packages');
  });

  test('installs again when package-lock.json names something else', async () => {
    mkdirSync(join(folder, 'more'));
    writeFileSync(join(folder, 'more/package.json'), JSON.stringify({ name: 'more', version: '2.0.0' }));
    declare({ part: 'file:./part', more: 'file:./more' });
    const run = bootstrap('say.ts', '0');
    expect(await run.exited).toBe(0);
    expect(run.output()).toContain('✓ Packages');
    expect(existsSync(join(folder, 'node_modules/more'))).toBe(true);
  });

  test('passes a signal on and waits for the script’s own end', async () => {
    const run = bootstrap('say.ts', 'stay');
    await run.says('ran with stay', 60_000);
    run.process.kill('SIGTERM');
    expect(await run.exited).toBe(9);
  });

  test('tells the script who started it, so that it can end when that is killed', async () => {
    const run = bootstrap('say.ts', '0');
    await run.exited;
    expect(run.output()).toContain(`under ${run.process.pid}`);
  });

  test('explains what is wrong where npm fails', async () => {
    declare({ part: 'file:./part', other: 'file:./other' });
    writeFileSync(join(folder, 'package.json'), '{ "name": ');
    const run = bootstrap('say.ts', '0');
    expect(await run.exited).toBe(1);
    expect(run.output()).toMatch(/✗ npm ended with \d+/);
    expect(await processesLeft(join(folder, 'say.ts'), 20_000)).toEqual([]);
  });
});

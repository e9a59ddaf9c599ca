// `npm test`: brings up every real part that the tests need, runs vitest, and ends with a line that counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThreadsmithError } from '../core/errors.ts';
import { exitCodeOf, watchForStop } from './processes/stopping.ts';
import { tether } from './processes/tether.ts';
import { readTestArguments } from './start/arguments.ts';
import { bringUpEngine, bringUpImage } from './start/sandbox-parts.ts';
import { createDataDirectory, dataDirectory } from './system/data-directory.ts';
import { install } from './system/install.ts';
import { asPart, processTerminal, type Terminal } from './system/terminal.ts';
import { startParts } from './test/parts.ts';
import { countTests, type TestCount } from './test/report.ts';

const VITEST_GRACE_MS = 20_000;
const ROOT = join(import.meta.dirname, '..');

const terminal = processTerminal();
const stopping = watchForStop(() => process.exit(130));
try {
  const count = await test(terminal);
  const interrupted = exitCodeOf(stopping.cause());
  terminal.say(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = interrupted !== 0 ? interrupted : Number(count.failed > 0);
} catch (thrown) {
  terminal.close();
  if (thrown instanceof ThreadsmithError) process.stderr.write(`\n✗ ${thrown.message}\n  ${thrown.advice}\n`);
  else process.stderr.write(`\n✗ ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  terminal.say('0 passed, 1 failed');
  process.exitCode = 1;
}
process.exit();

async function test(terminal: Terminal): Promise<TestCount> {
  const args = readTestArguments(process.argv.slice(2));
  const data = dataDirectory(process.env['THREADSMITH_DATA'] ?? '.data');
  createDataDirectory(data);
  const options = { terminal, mayInstall: args.mayInstall };
  const dockerHost = process.env['DOCKER_HOST'];
  // dockerd as well where an engine answers already: starting one of our own is tested too.
  await install(['git', 'database-user', 'redis', 'chromium', 'engine'], options);

  const ends: (() => Promise<void>)[] = [];
  try {
    const services = await asPart(terminal, 'Services', async () => {
      const value = await startParts('services', process.env);
      return { value, detail: 'PostgreSQL 18 and Redis, Chromium at hand' };
    });
    ends.push(() => services.stop());
    const engine = await bringUpEngine(data, dockerHost, options);
    ends.push(() => engine.release());
    await bringUpImage(data, engine, options, stopping.signal);
    stopping.signal.throwIfAborted();
    return await runVitest(args.vitest, { ...process.env, ...services.env, DOCKER_HOST: engine.host });
  } finally {
    await Promise.all(ends.map((end) => end()));
  }
}

async function runVitest(args: readonly string[], env: NodeJS.ProcessEnv): Promise<TestCount> {
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-report-'));
  const report = join(folder, 'report.json');
  const vitest = tether({
    argv: [
      process.execPath,
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    cwd: ROOT,
    env,
    graceMs: VITEST_GRACE_MS,
    stdout: 'inherit',
    stderr: 'inherit',
  });
  const onStop = () => void vitest.stop();
  stopping.signal.addEventListener('abort', onStop, { once: true });
  try {
    const { code } = await vitest.exited;
    return countTests(report, code, args.length > 0);
  } finally {
    stopping.signal.removeEventListener('abort', onStop);
    rmSync(folder, { recursive: true, force: true });
  }
}

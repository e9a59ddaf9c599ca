// `npm start` itself: real processes in a data directory of their own, through crashes and signals.
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectEngine } from '../../sandbox/docker/engine.ts';
import { labelFilter } from '../../sandbox/docker/labels.ts';
import { freePort } from '../../scripts/system/free-port.ts';
import { part } from '../setup/environment.ts';
import { processesLeft, processesMentioning, ROOT, runNode, temporaryFolder } from './children.ts';

const START = join(ROOT, 'scripts/start.ts');
const READY_MS = 120_000;
const GONE_MS = 60_000;
const REQUEST_MS = 420_000;

const data = temporaryFolder();
let port: number;

beforeAll(async () => {
  chmodSync(data, 0o755);
  port = await freePort();
});
afterAll(async () => {
  expect(await processesLeft(data, GONE_MS)).toEqual([]);
  await removeSandboxes();
  rmSync(data, { recursive: true, force: true });
});

/** What our start left on the engine of the test run: stopping Threadsmith keeps sandboxes on purpose. */
async function removeSandboxes(): Promise<void> {
  const idFile = join(data, 'install-id');
  if (!existsSync(idFile)) return;
  const installId = readFileSync(idFile, 'utf8').trim();
  const docker = connectEngine({ host: part('DOCKER_HOST') });
  const filters = labelFilter(installId, 'sandbox');
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes)
    await docker.getVolume(Name).remove();
  for (const { Id } of await docker.listImages({ filters: labelFilter(installId, 'snapshot') })) {
    await docker.getImage(Id).remove({ force: true });
  }
}

/** Nothing of the caller's settings but the engine, which holds the sandbox image already. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const settings = /^(SLACK_|OPENAI_|DATABASE_URL|REDIS_URL|TEST_|THREADSMITH_|PORT$|VITEST|NODE_ENV)/;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)));
  return runNode([START, ...args], { env: { ...clean, THREADSMITH_DATA: data, ...env } });
}

function pidOf(program: string): number {
  const line = processesMentioning(data).find(
    (entry) => entry.includes(program) && !entry.includes('tether.sh'),
  );
  return Number(line?.split(' ')[0]);
}

describe('npm start -- --once', () => {
  test(
    'ends with 0 and a verified change: the thread, screenshots and the commit',
    async () => {
      const run = start(['--once']);
      expect(await run.exited, run.output()).toBe(0);
      const said = run.output();
      expect(said).toContain('@Threadsmith fix the total on the cart page');
      expect(said).toMatch(/✓ passed/);
      expect(said).toMatch(/Commit [0-9a-f]{40} on threadsmith\//);
      expect(said).toContain('The change was verified.');
      const screenshots = [...said.matchAll(/^Screenshot (.+\.png)$/gm)].map((match) =>
        join(ROOT, match[1] ?? ''),
      );
      expect(screenshots.length).toBeGreaterThanOrEqual(2);
      for (const file of screenshots) {
        expect(readFileSync(file).subarray(1, 4).toString('latin1')).toBe('PNG');
      }
      expect(await processesLeft(data, GONE_MS)).toEqual([]);
    },
    REQUEST_MS,
  );
});

describe('npm start', () => {
  test(
    'stays, refuses a second one, mends what dies, and leaves nothing when it is stopped',
    async () => {
      writeFileSync(join(data, 'first-request.json'), '{}');
      const run = start(['--port', String(port)]);
      await run.says('Ctrl-C stops everything', READY_MS);
      const page = await fetch(`http://127.0.0.1:${port}/`);
      expect(page.status).toBe(200);
      const gallery = await fetch(`http://127.0.0.1:${port}/gallery`);
      expect(await gallery.text()).toContain('<title>Block gallery</title>');
      const samples = await fetch(`http://127.0.0.1:${port}/control/gallery`);
      expect(await samples.text()).toContain('"title":"Merge: the branch moved"');

      const second = start(['--port', String(await freePort())]);
      expect(await second.exited).toBe(1);
      expect(second.output()).toContain(`Threadsmith is already running in ${data}`);
      expect(second.output()).toContain(`http://127.0.0.1:${port}`);
      const once = start(['--once']);
      expect(await once.exited).toBe(1);
      expect(once.output()).toContain('already running');

      for (const part of ['bot/main.ts', 'worker/main.ts', 'bin/postgres']) {
        const before = pidOf(part);
        process.kill(before, 'SIGKILL');
        await expect
          .poll(() => ![before, Number.NaN].includes(pidOf(part)), { timeout: 60_000, interval: 100 })
          .toBe(true);
      }
      await run.says('The database is back.', 60_000);
      await run.says('The bot is back.', 60_000);
      await run.says('The worker is back.', 60_000);

      run.process.kill('SIGTERM');
      expect(await run.exited).toBe(143);
      expect(await processesLeft(data, GONE_MS)).toEqual([]);
    },
    REQUEST_MS,
  );

  test(
    'killed outright takes its children along, and starts again from what is there',
    async () => {
      const run = start(['--port', String(port)]);
      await run.says('Ctrl-C stops everything', READY_MS);
      expect(processesMentioning(data).length).toBeGreaterThan(5);
      run.process.kill('SIGKILL');
      await run.exited;
      expect(await processesLeft(data, GONE_MS)).toEqual([]);

      const migratedAt = () => statSync(join(data, 'postgres/migrated')).mtimeMs;
      const before = migratedAt();
      const again = start(['--port', String(port)]);
      await again.says('Ctrl-C stops everything', READY_MS);
      // No table is brought up to date a second time.
      expect(migratedAt()).toBe(before);
      again.process.kill('SIGINT');
      expect(await again.exited).toBe(130);
    },
    REQUEST_MS,
  );

  test(
    'ends when the process that started it is gone',
    async () => {
      const program = join(data, 'parent.mjs');
      writeFileSync(
        program,
        `import { spawn } from 'node:child_process';
       const child = spawn(process.execPath, ['${START}', '--port', '${port}'], { stdio: 'inherit',
         env: { ...process.env, THREADSMITH_STARTED_BY: String(process.pid) } });
       child.on('exit', () => process.exit());`,
      );
      const settings = /^(SLACK_|OPENAI_|DATABASE_URL|REDIS_URL|TEST_|THREADSMITH_|PORT$)/;
      const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)));
      const parent = runNode([program], { env: { ...clean, THREADSMITH_DATA: data } });
      await parent.says('Ctrl-C stops everything', READY_MS);
      parent.process.kill('SIGKILL');
      expect(await processesLeft(data, GONE_MS)).toEqual([]);
    },
    REQUEST_MS,
  );
});

describe('a wrong start', () => {
  test.each([
    ['an unknown flag', ['--twice'], {}, '--twice'],
    ['a wrong variable', [], { OPENAI_API: 'telepathy' }, 'OPENAI_API'],
    ['a configuration that is not there', [], { THREADSMITH_CONFIG: 'no-such.yaml' }, 'no-such.yaml'],
    [
      'a data directory that cannot be',
      [],
      { THREADSMITH_DATA: '/etc/hostname/below' },
      '/etc/hostname/below',
    ],
    ['a dead DOCKER_HOST', [], { DOCKER_HOST: 'unix:///nobody.sock' }, 'DOCKER_HOST'],
  ])('%s is named, and nothing is left running', async (_name, args, env, said) => {
    const run = start(args, env);
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain(said);
    expect(run.output()).not.toMatch(/^\s+at /m);
    expect(await processesLeft(data, GONE_MS)).toEqual([]);
  });

  test('a wrong key in the configuration is named with its file', async () => {
    const file = join(data, 'wrong.yaml');
    writeFileSync(file, 'repos:\n  - name: "with space"\n    url: ./x\npeople: {}\n');
    const run = start([], { THREADSMITH_CONFIG: file });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('wrong.yaml');
    expect(run.output()).toContain('repos.0.name');
  });

  test(
    'a port that is taken is said before anything comes up',
    async () => {
      const { createServer } = await import('node:http');
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      const run = start(['--port', String(port)]);
      expect(await run.exited).toBe(1);
      expect(run.output()).toMatch(new RegExp(`^✗ Port ${port}, .* is taken`, 'm'));
      expect(run.output()).not.toMatch(/^[✓✗] \w+ {2}|^\s+at /m);
      server.close();
      expect(await processesLeft(data, GONE_MS)).toEqual([]);
      expect(existsSync(join(data, 'start.lock'))).toBe(false);
    },
    READY_MS,
  );
});

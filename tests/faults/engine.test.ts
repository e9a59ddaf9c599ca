// The engine itself restarted, full, or without the runtime that is asked for: a sandbox comes back with its
// files, or one clear sentence says what is wrong.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import { requireRuntime } from '../../sandbox/docker/runtime.ts';
import type { SandboxProvider, SnapshotSpec } from '../../sandbox/port/sandbox.ts';
import { openTestEngine } from '../sandbox/engine.ts';
import { type OwnEngine, openOwnEngine } from './own-engine.ts';

const INSTALL = 'faults';
const MB = 1024 ** 2;
const LIMITS = { memoryBytes: 512 * MB, diskBytes: 256 * MB, pids: 100, cpus: 1 };
const usual = openTestEngine();
let engine: OwnEngine;
let image: string;
let provider: SandboxProvider;
const providers: SandboxProvider[] = [];

const connect = (runtime?: string): SandboxProvider => {
  const options = { dockerHost: engine.host, installId: INSTALL, limits: LIMITS };
  const made = createDockerProvider(runtime === undefined ? options : { ...options, runtime });
  providers.push(made);
  return made;
};

beforeAll(async () => {
  image = await usual.provider.ensureImage(() => {});
  engine = await openOwnEngine({ image, small: true, roomMb: 1_300 });
  provider = connect();
});
afterAll(async () => {
  await Promise.all(providers.map((one) => one.close()));
  await engine.close();
  await usual.close();
});

describe.each([
  ['stopped', 'SIGTERM' as const, []],
  ['killed', 'SIGKILL' as const, []],
  ['killed, with live restore', 'SIGKILL' as const, ['--live-restore']],
])('an engine that is %s and started again', (_how, signal, flags) => {
  test('has the sandbox and its files, and a command under way ends as lost', async () => {
    const key = `r-${randomUUID().slice(0, 8)}`;
    await engine.stop('SIGTERM');
    await engine.start(flags);
    const sandbox = await provider.open({ key, image });
    await sandbox.write('/work/kept', Buffer.from('unsaved work'));
    const running = sandbox.run({ id: 'long', argv: ['sleep', '120'] }).catch((error: unknown) => error);
    const isRunning = async (): Promise<string> =>
      (await sandbox.run({ id: `look-${randomUUID()}`, argv: ['pgrep', '-cx', 'sleep'] })).output.text.trim();
    await expect.poll(isRunning).toBe('1');
    await engine.stop(signal);
    expect(await running).toMatchObject({ code: 'sandbox_lost' });
    await expect(connect().open({ key, image })).rejects.toMatchObject({
      code: 'engine_unreachable',
      message: expect.stringMatching(/^The Docker Engine could not be reached \(\w+\)\.$/),
    });
    await engine.start(flags);
    const again = await provider.open({ key, image });
    expect(again.fresh).toBe(false);
    expect(Buffer.from(await again.read('/work/kept', 100)).toString()).toBe('unsaved work');
    await provider.remove(key);
  });
});

describe('the runtime runsc, played by the engine’s own runc under that name', () => {
  test('is what the container runs on, and inspect has to show it', async () => {
    const asked = connect('runsc');
    await asked.open({ key: 'runtime', image });
    const name = `threadsmith-${INSTALL}-runtime`;
    expect(engine.docker('inspect', '-f', '{{.HostConfig.Runtime}}', name).trim()).toBe('runsc');
    await asked.remove('runtime');
  });

  test('refuses a sandbox that was made with another one, and removes it', async () => {
    await provider.open({ key: 'other', image });
    await expect(connect('runsc').open({ key: 'other', image })).rejects.toMatchObject({
      code: 'sandbox_refused',
      message: expect.stringContaining('Runtime'),
    });
    expect(await provider.list()).not.toContain('other');
  });

  test('is missing in an engine that does not have it: one sentence, and nothing is made', async () => {
    const sentence = /asks for the runtime kata, which the Docker Engine does not have \(it has .*runc/;
    const refusal = { code: 'sandbox_refused', message: expect.stringMatching(sentence) };
    await expect(connect('kata').open({ key: 'none', image })).rejects.toMatchObject(refusal);
    await expect(requireRuntime({ host: engine.host }, 'kata')).rejects.toMatchObject(refusal);
    expect(await provider.list()).not.toContain('none');
  });
});

describe('an engine whose disk is full', () => {
  test('makes no sandbox and says why, and makes one once there is room', async () => {
    engine.fill();
    const refused = provider.open({ key: 'more', image });
    await expect(refused).rejects.toMatchObject({
      code: 'engine_full',
      message: expect.stringMatching(/^The disk of the Docker Engine is full, .*no space left on device/i),
    });
    engine.free();
    const after = await provider.open({ key: 'more', image });
    expect((await after.run({ id: 'x', argv: ['echo', 'works'] })).output.text).toBe('works\n');
    await provider.remove('more');
  });

  test('keeps the last good snapshot and nothing of one that it has no room to save, and saves it later', async () => {
    const { snapshots } = provider;
    const left = (): readonly string[] =>
      ['ps -aq', 'volume ls -q', 'images -aq'].map((line) => engine.docker(...line.split(' ')));
    const spec = (key: string): SnapshotSpec => ({
      series: 'full',
      key,
      alike: key,
      files: () => Readable.from([Buffer.alloc(1024)]),
      setup: [`head -c 20M /dev/urandom > of-${key}`],
      setupTimeoutMs: 60_000,
    });
    const good = await snapshots.build(spec('good'), () => {});
    const before = left();
    // Full from the very moment in which it is saved.
    const saving = snapshots.build(spec('next'), (line) => line.startsWith('saving') && engine.fill());
    await expect(saving).rejects.toMatchObject({
      code: 'engine_full',
      message: expect.stringMatching(/is full, so the prepared repo could not be saved \(.*no space left/i),
    });
    expect(await snapshots.list('full')).toEqual([good]);
    expect(left()).toEqual(before);
    engine.free();
    const next = await snapshots.build(spec('next'), () => {});
    expect((await snapshots.list('full')).map(({ key }) => key)).toEqual(['next', 'good']);
    const sandbox = await provider.open({ key: 'of-next', image: next.image });
    expect((await sandbox.run({ id: 'ls', argv: ['ls'] })).output.text).toBe('of-next\n');
    await provider.remove('of-next');
  });
});

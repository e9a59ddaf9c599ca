// The kernel and the rights of a hostile program in a real sandbox: each row of the tables is a probe with its
// own assertion, and a control run in a plain container shows that the probes would notice missing isolation.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Hostile, openHostile } from './hostile.ts';
import { CLOSED_FOLDERS, DATA_FOLDERS, READS, WRITES } from './probes/files.ts';
import {
  CALLS_32,
  CALLS_X32,
  type Call,
  FAMILIES,
  MOUNTS,
  NAMESPACES,
  OTHER_PROCESSES,
  POWERS,
} from './probes/kernel.ts';

const PROBES = readFileSync(join(import.meta.dirname, 'probes/probes.py'), 'utf8');
const CALLS = [...NAMESPACES, ...MOUNTS, ...POWERS, ...OTHER_PROCESSES];
const tables = (calls: readonly Call[]): string =>
  JSON.stringify({
    calls,
    calls32: CALLS_32,
    callsX32: CALLS_X32,
    families: FAMILIES,
    writes: WRITES,
    reads: READS,
    closedFolders: CLOSED_FOLDERS,
    dataFolders: DATA_FOLDERS,
  });
const outcomes = z.record(z.string(), z.string());
/** Blocked by the filter or by rights. EFAULT or EINVAL would mean that the call was reached. */
const BLOCKED = /^(EPERM|ENOSYS|EACCES)$/;
/** The filter kills, or the kernel does not even have the entry (a fault in the probe's own code). */
const BLOCKED_ENTRY = /^(EPERM|ENOSYS|EACCES|killed)$/;
const ABSENT = /^(EPERM|ENOSYS|EACCES|ENOENT|ENXIO|EROFS|ENODEV|ENOTDIR|empty)$/;

let hostile: Hostile;
let results: Record<string, string> = {};

beforeAll(async () => {
  hostile = await openHostile();
  await hostile.sandbox.write('/work/probes.py', Buffer.from(PROBES));
  const run = await hostile.sandbox.run({
    id: 'probes',
    argv: ['python3', '/work/probes.py'],
    stdin: Buffer.from(tables(CALLS)),
    timeoutMs: 120_000,
  });
  results = outcomes.parse(JSON.parse(run.output.text));
});
afterAll(() => hostile.close());

const names = (rows: readonly (readonly [string, ...unknown[]])[]): string[] => rows.map(([name]) => name);

describe('a system call that is not reached', () => {
  test.each(names(CALLS))('%s', (name) => expect(results[`call: ${name}`]).toMatch(BLOCKED));
  test.each(names(CALLS_32))('%s, through the entry of 32-bit programs', (name) =>
    expect(results[`32-bit call: ${name}`]).toMatch(BLOCKED_ENTRY),
  );
  test.each(names(CALLS_X32))('%s, by its x32 number', (name) =>
    expect(results[`x32 call: ${name}`]).toMatch(BLOCKED_ENTRY),
  );
});

describe('a socket that cannot be made', () => {
  test.each(names(FAMILIES))('%s', (name) => {
    expect(results[`socket: ${name}`]).toMatch(BLOCKED);
    expect(results[`socket pair: ${name}`]).toMatch(BLOCKED);
  });
});

describe('a file of the kernel or the system', () => {
  test.each(WRITES)('%s cannot be written', (path) => expect(results[`write: ${path}`]).toMatch(ABSENT));
  test.each(READS)('%s cannot be read', (path) => expect(results[`read: ${path}`]).toMatch(ABSENT));
  test.each(CLOSED_FOLDERS)('nothing can be made in %s', (folder) =>
    expect(results[`create in: ${folder}`]).toMatch(ABSENT),
  );
  test.each(DATA_FOLDERS)('nothing in %s can be run', (folder) =>
    expect(results[`execute in: ${folder}`]).toBe('EACCES'),
  );

  test('addresses of the kernel are hidden', async () => {
    const { output } = await hostile.sh("awk '$1 !~ /^0+$/' /proc/kallsyms | wc -l");
    expect(output.text.trim()).toBe('0');
  });
});

describe('rights', () => {
  test.each(['mnt', 'net', 'pid', 'user', 'cgroup', 'uts', 'ipc'])(
    'the %s namespace of the init is not joined',
    (kind) => expect(results[`join the namespace of the init: ${kind}`]).toMatch(BLOCKED),
  );

  test.each(['a disk', 'the memory', 'the terminal'])('no device node for %s is made', (device) =>
    expect(results[`make a device node for ${device}`]).toBe('EPERM'),
  );

  test.each([
    ['user', '1000'],
    ['groups', '1000'],
    ['become root', 'EPERM'],
    ['map itself to root', 'EPERM'],
    ['become another group', 'EPERM'],
    ['capabilities CapInh', 'none'],
    ['capabilities CapPrm', 'none'],
    ['capabilities CapEff', 'none'],
    ['capabilities CapBnd', 'none'],
    ['capabilities CapAmb', 'none'],
    ['raise an ambient capability', 'EPERM'],
    ['seccomp mode', '2'],
    ['no new privileges', '1'],
    ['take the limit on new privileges back', 'EINVAL'],
    ['programs with setuid or setgid', 'none'],
    ['programs with capabilities', 'none'],
    ['a setuid program of its own runs as', '1000'],
    ['a setuid program of root', 'EPERM'],
    ['a program with capabilities of its own', 'EPERM'],
    ['kill the init', 'still there'],
    ['run in real time', 'EPERM'],
    ['exempt itself from the end of memory', 'EACCES'],
    ['core dumps', '0'],
    ['hostname', 'sandbox'],
    ['interfaces', 'lo'],
    ['routes', '0'],
    ['devices', 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'],
  ])('%s: %s', (name, outcome) => expect(results[name]).toBe(outcome));

  test('neither priority nor limits are raised', () => {
    expect(results['raise its own priority']).toMatch(/EPERM|EACCES/);
    expect(results['raise its own limits']).toMatch(/EPERM|ValueError/);
  });
});

describe('the same probes in a plain container, as root', () => {
  let open: Record<string, string> = {};
  beforeAll(async () => {
    const { engine, image } = hostile;
    // Attaching to the init would stop it, and the end of the probes would not be seen.
    const harmless = [...NAMESPACES, ...MOUNTS, ...POWERS];
    const command = `python3 /dev/fd/3 3<<'PROBES' <<'TABLES'\n${PROBES}\nPROBES\n${tables(harmless)}\nTABLES`;
    const container = await engine.docker.createContainer({
      Image: image,
      User: 'root',
      Cmd: ['bash', '-c', command],
      WorkingDir: '/work',
      Labels: { 'threadsmith.install': engine.installId },
      HostConfig: { NetworkMode: 'none', Init: true, Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] },
    });
    try {
      await container.start();
      await container.wait();
      const log = await container.logs({ stdout: true, stderr: true });
      const text = log.toString('latin1');
      open = outcomes.parse(JSON.parse(text.slice(text.indexOf('{'))));
    } finally {
      await container.remove({ force: true });
    }
  });

  test('find it open', () => {
    const reached = Object.entries(open).filter(
      ([name, outcome]) =>
        (/^(call|socket): /.test(name) && !BLOCKED.test(outcome)) ||
        (/^(write|read|create in|execute in): /.test(name) && outcome === 'open'),
    );
    expect(reached.length).toBeGreaterThanOrEqual(40);
    expect(open).toMatchObject({
      user: '0',
      'become root': 'open',
      'a setuid program of root': '0',
      '32-bit call: getpid': 'open',
    });
  });
});

// The lock of a data directory.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { acquireLock, isLock } from '../../scripts/processes/lock.ts';
import { ROOT, runNode, temporaryFolder } from './children.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a lock that another living process holds is not given out, and says who has it', async () => {
  const file = join(folder, 'held');
  const holder = runNode([
    '--input-type=module',
    '-e',
    `import { acquireLock } from '${ROOT}/scripts/processes/lock.ts';
     acquireLock('${file}', 'at the page'); console.log('held'); setInterval(() => {}, 1000);`,
  ]);
  await holder.says('held', 10_000);
  const refused = acquireLock(file, 'me');
  expect(refused).toMatchObject({ pid: holder.process.pid, note: 'at the page' });

  holder.process.kill('SIGKILL');
  await holder.exited;
  const taken = acquireLock(file, 'me');
  expect(isLock(taken)).toBe(true);
});

test('a process with the number of a dead holder does not hold its lock', () => {
  const file = join(folder, 'reused');
  // Process 1 lives, but it was not born then.
  writeFileSync(file, JSON.stringify({ pid: 1, born: '123456789', note: 'long gone' }));
  expect(isLock(acquireLock(file, 'me'))).toBe(true);
});

test('a lock file that was only half written does not block a start', () => {
  const file = join(folder, 'half');
  writeFileSync(file, '{"pid": 1');
  expect(isLock(acquireLock(file, 'me'))).toBe(true);
});

test('a lock is not given out twice to one process, nor kept by one before it of the same number', () => {
  const file = join(folder, 'own');
  const lock = acquireLock(file, 'me');
  expect(acquireLock(file, 'me again')).toMatchObject({ pid: process.pid, note: 'me' });
  if (isLock(lock)) lock.release();
  writeFileSync(file, JSON.stringify({ pid: process.pid, born: '', note: 'before me' }));
  expect(isLock(acquireLock(file, 'me'))).toBe(true);
});

test('a released lock leaves no file', () => {
  const file = join(folder, 'released');
  const lock = acquireLock(file, 'me');
  if (isLock(lock)) lock.release();
  expect(existsSync(file)).toBe(false);
});

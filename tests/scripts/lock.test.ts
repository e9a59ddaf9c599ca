// The lock of a data directory.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { acquireLock, isLock } from '../../core/lock-file.ts';
import { ROOT, runNode, temporaryFolder } from './children.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a lock that another living process holds is not given out, and says who has it', async () => {
  const file = join(folder, 'held');
  const holder = runNode([
    '--input-type=module',
    '-e',
    `import { acquireLock } from '${ROOT}/core/lock-file.ts';
     acquireLock('${file}', 'at the page'); console.log('held'); setInterval(() => {}, 1000);`,
  ]);
  await holder.says('held', 60_000);
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

test('one process at a time has it, also where all of them find a dead one’s and take it by turns', async () => {
  const file = join(folder, 'contested');
  writeFileSync(file, JSON.stringify({ pid: 1, born: '123456789', note: 'long gone' }));
  writeFileSync(join(folder, 'count'), '0');
  const program = `import { readFileSync, renameSync, writeFileSync } from 'node:fs';
    import { acquireLock, isLock } from '${ROOT}/core/lock-file.ts';
    for (let round = 0; round < 80; round += 1) {
      let lock = acquireLock('${file}', 'me');
      for (let tries = 0; !isLock(lock); tries += 1) {
        if (tries > 1_000_000) process.exit(1);
        lock = acquireLock('${file}', 'me');
      }
      const count = Number(readFileSync('${folder}/count', 'utf8'));
      lock.describe('counting');
      writeFileSync('${folder}/count', String(count + 1));
      if (round % 10 === 0) {
        writeFileSync('${file}.dead-' + process.pid, JSON.stringify({ pid: 1, born: '123456789', note: '' }));
        renameSync('${file}.dead-' + process.pid, '${file}');
      }
      else lock.release();
    }`;
  const counting = [1, 2, 3].map(() => runNode(['--input-type=module', '-e', program]));
  for (const { exited } of counting) expect(await exited).toBe(0);
  expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('240');
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

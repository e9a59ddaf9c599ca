// One build of an image at a time on this machine, also between processes; a dead builder's lock is taken over.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, isLock } from '../../core/lock-file.ts';

const POLL_MS = 300;
const inThisProcess = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other caller with this name does. A second caller in this process gets the first
 * one's result; one in another process waits and then runs its own `work`, which should look first
 * whether there is still anything to do.
 */
export async function withBuildLock<T>(
  name: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const running = inThisProcess.get(name);
  if (running !== undefined) {
    await running.catch(() => undefined);
    return withBuildLock(name, work, signal);
  }
  const started = holdLockFile(name, work, signal);
  inThisProcess.set(name, started);
  try {
    return await started;
  } finally {
    inThisProcess.delete(name);
  }
}

async function holdLockFile<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const path = join(tmpdir(), `threadsmith-${process.getuid?.() ?? 0}-${name.replace(/[^\w.-]/g, '-')}.lock`);
  let lock = acquireLock(path, name);
  while (!isLock(lock)) {
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
    lock = acquireLock(path, name);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

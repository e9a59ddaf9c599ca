// Lets one process of this machine build an image at a time; the lock of a dead builder is taken over.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../core/async.ts';
import { acquireLock, isLock } from '../../core/lock-file.ts';

const POLL_MS = 300;
const inThisProcess = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other caller with this name does, in this process or another. A second caller waits and then runs
 * its own `work`, which should look first whether anything is left to do. Abort ends the wait.
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
  const acquire = () => {
    const lock = acquireLock(path, name);
    return isLock(lock) ? lock : undefined;
  };
  const lock = await poll(acquire, { everyMs: POLL_MS, signal });
  try {
    return await work();
  } finally {
    lock?.release();
  }
}

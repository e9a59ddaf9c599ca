// One build of an image at a time on this machine, also between processes; a dead builder's lock is taken over.
import { open, readFile, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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
  while (!(await takeLock(path))) await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch {
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
    // An empty file belongs to a process between its open and its write.
    if (holder > 0 && !isAlive(holder)) await unlink(path).catch(() => undefined);
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && Reflect.get(thrown, 'code') === 'EPERM';
  }
}

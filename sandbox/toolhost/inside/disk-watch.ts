// Keeps the work folder within its bound. A volume has no quota of its own on most file systems, so its
// size is measured: seldom while nothing changes, at once when the disk's free space drops quickly.
import { execFile } from 'node:child_process';
import { statfsSync } from 'node:fs';
import type { CommandTable } from './commands.ts';

const GLANCE_MS = 500;
/** A measurement may take this share of the time at most. */
const MEASURE_SHARE = 20;
const WORK_DIR = '/work';
/** Files that one sandbox may have; a disk can run out of these as well. */
const MAX_FILES = 2_000_000;

/** Stops all running commands whenever the work folder is over `limitBytes` (0: no bound). */
export function watchDisk(limitBytes: number, commands: CommandTable): void {
  if (!(limitBytes > 0)) return;
  let measuredFree = freeSpace();
  let measuredBytes = 0;
  let nextAt = 0;
  let isMeasuring = false;
  const measure = async (): Promise<void> => {
    const startedAt = performance.now();
    const free = freeSpace();
    const { bytes, files } = await usage();
    measuredFree = free;
    measuredBytes = bytes;
    nextAt = performance.now() + Math.max(5_000, (performance.now() - startedAt) * MEASURE_SHARE);
    if (bytes > limitBytes) {
      commands.stopAll(`the work folder is over its limit of ${Math.floor(limitBytes / 1024 / 1024)} MB`);
    } else if (files > MAX_FILES) commands.stopAll(`the work folder has more than ${MAX_FILES} files`);
  };
  const timer = setInterval(() => {
    if (isMeasuring || commands.running === 0) return;
    const grown = measuredFree - freeSpace();
    const isClose = measuredBytes + grown > limitBytes;
    if (!isClose && performance.now() < nextAt) return;
    isMeasuring = true;
    void measure().finally(() => {
      isMeasuring = false;
    });
  }, GLANCE_MS);
  timer.unref();
}

function freeSpace(): number {
  const { bfree, bsize } = statfsSync(WORK_DIR);
  return bfree * bsize;
}

function usage(): Promise<{ bytes: number; files: number }> {
  const count = (flag: string): Promise<number> =>
    new Promise((resolve) => {
      execFile('du', ['-s', '-x', flag, WORK_DIR], (_error, stdout) =>
        resolve(Number.parseInt(stdout, 10) || 0),
      );
    });
  return Promise.all([count('-B1'), count('--inodes')]).then(([bytes, files]) => ({ bytes, files }));
}

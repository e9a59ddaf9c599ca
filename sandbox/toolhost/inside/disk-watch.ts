// Keeps the work folder within its bound. Most file systems have no quota for a volume, so the watch measures its size:
// seldom while nothing changes, at once when the disk's free space drops quickly.
import { execFile } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { Bound } from './bound.ts';
import type { CommandTable } from './commands.ts';

const GLANCE_MS = 500;
/** Measurements take at most one part in this many of the time. */
const MEASURE_SHARE = 20;
const WORK_DIR = '/work';
/** Files that one sandbox may have; a disk can run out of these as well. */
const MAX_FILES = 2_000_000;
/** Room for what cleaning up writes, above all its output: one part in this many of the limit, or MIN_SLACK_BYTES. */
const SLACK_SHARE = 64;
const MIN_SLACK_BYTES = 4 * 1024 * 1024;
/** Longer than a command has between the two signals that end it. */
const ENDING_MS = 5_000;

interface Usage {
  readonly bytes: number;
  readonly files: number;
}

/**
 * Stops all running commands when the work folder grows over `limitBytes` (0: no bound). While it is over, commands
 * that take something away, or at least add nothing, may run.
 */
export function watchDisk(limitBytes: number, commands: CommandTable): void {
  if (!(limitBytes > 0)) return;
  const bytes = new Bound(limitBytes, Math.max(MIN_SLACK_BYTES, limitBytes / SLACK_SHARE));
  const files = new Bound(MAX_FILES, MAX_FILES / SLACK_SHARE);
  let measuredFree = freeSpace();
  let measuredBytes = 0;
  let nextAt = 0;
  let isMeasuring = false;

  const look = async (): Promise<Usage> => {
    const free = freeSpace();
    const found = await usage();
    measuredFree = free;
    measuredBytes = found.bytes;
    return found;
  };
  const measure = async (): Promise<void> => {
    const startedAt = performance.now();
    const found = await look();
    nextAt = performance.now() + Math.max(5_000, (performance.now() - startedAt) * MEASURE_SHARE);
    const broken = reasonIn(found);
    if (broken === null) return;
    await commands.stopAll(broken, ENDING_MS, async () => {
      const left = await look();
      bytes.settle(left.bytes);
      files.settle(left.files);
    });
  };
  const reasonIn = (found: Usage): string | null => {
    if (!bytes.holds(found.bytes))
      return `the work folder is over its limit of ${Math.floor(limitBytes / 1024 / 1024)} MB`;
    return files.holds(found.files) ? null : `the work folder has more than ${MAX_FILES} files`;
  };
  const timer = setInterval(() => {
    if (isMeasuring || commands.running === 0) return;
    const grown = measuredFree - freeSpace();
    const isClose = measuredBytes + grown > bytes.ceiling;
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

function usage(): Promise<Usage> {
  const count = (flag: string): Promise<number> =>
    new Promise((resolve) => {
      execFile('du', ['-s', '-x', flag, WORK_DIR], (_error, stdout) =>
        resolve(Number.parseInt(stdout, 10) || 0),
      );
    });
  return Promise.all([count('-B1'), count('--inodes')]).then(([bytes, files]) => ({ bytes, files }));
}

// A lock file that names the living process that holds it. One left behind by a crash does not count.
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const holderSchema = z.object({
  pid: z.int(),
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  born: z.string(),
  note: z.string(),
});

export type LockHolder = z.infer<typeof holderSchema>;

/** What this process holds: its own number in a file may as well be that of one that died before it was born. */
const held = new Set<string>();

export interface Lock {
  /** Changes what others read about the holder. */
  describe(note: string): void;
  release(): void;
}

/** Takes the lock, or returns who holds it. `note` is for the others to read. */
export function acquireLock(file: string, note: string): Lock | LockHolder {
  const mine: LockHolder = { pid: process.pid, born: bornOf(process.pid), note };
  for (;;) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(mine));
    try {
      linkSync(draft, file);
      held.add(file);
      return {
        describe: (text) => writeFileSync(file, JSON.stringify({ ...mine, note: text })),
        release: () => {
          if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
          held.delete(file);
        },
      };
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
    } finally {
      rmSync(draft, { force: true });
    }
    const holder = readHolder(file);
    if (holder !== null && (holder.pid === process.pid ? held.has(file) : isAlive(holder))) return holder;
    rmSync(file, { force: true });
  }
}

export function isLock(result: Lock | LockHolder): result is Lock {
  return 'release' in result;
}

function readHolder(file: string): LockHolder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH') return false;
  }
  return bornOf(holder.pid) === holder.born;
}

/** The start time of a process in clock ticks since boot, from /proc; empty elsewhere. */
function bornOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

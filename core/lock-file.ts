// A lock file that names the living process that holds it. One left behind by a crash does not count.
import { createHash, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { parseJson } from './parse.ts';

const holderSchema = z.object({
  pid: z.int(),
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  born: z.string(),
  note: z.string(),
});

export type LockHolder = z.infer<typeof holderSchema>;

/** Who takes away what a dead holder left needs no more than a moment; one that died meanwhile leaves its mark. */
const TAKING_AWAY_MS = 10_000;

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
    if (create(file, mine)) {
      held.add(file);
      return {
        describe: (text) => withDraft(file, { ...mine, note: text }, (draft) => renameSync(draft, file)),
        release: () => {
          held.delete(file);
          if (parseHolder(readText(file))?.pid === process.pid) rmSync(file, { force: true });
        },
      };
    }
    const seen = readText(file);
    // Released in this moment.
    if (seen === null) continue;
    const holder = parseHolder(seen);
    if (holder !== null && (holder.pid === process.pid ? held.has(file) : isAlive(holder))) return holder;
    takeAway(file, seen);
  }
}

export function isLock(result: Lock | LockHolder): result is Lock {
  return 'release' in result;
}

/** Whole at once, and only where there is none. */
function create(file: string, holder: LockHolder): boolean {
  return withDraft(file, holder, (draft) => {
    try {
      linkSync(draft, file);
      return true;
    } catch (thrown) {
      if (hasErrno(thrown, 'EEXIST')) return false;
      throw thrown;
    }
  });
}

/** Nobody ever reads half of a lock file: it is written beside and put in its place. */
function withDraft<T>(file: string, holder: LockHolder, use: (draft: string) => T): T {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return use(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes what a dead holder left, and nothing that somebody else has put in its place since it was read: only who
 * makes the mark with the name of these very words may, and looks once more.
 */
function takeAway(file: string, seen: string): void {
  const mark = `${file}.${createHash('sha256').update(seen).digest('hex').slice(0, 16)}`;
  try {
    writeFileSync(mark, '', { flag: 'wx', mode: 0o600 });
  } catch (thrown) {
    if (!hasErrno(thrown, 'EEXIST')) throw thrown;
    const madeAt = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - madeAt > TAKING_AWAY_MS) rmSync(mark, { force: true });
    return;
  }
  try {
    if (readText(file) === seen) rmSync(file, { force: true });
  } finally {
    rmSync(mark, { force: true });
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return null;
    throw thrown;
  }
}

function parseHolder(text: string | null): LockHolder | null {
  return holderSchema.safeParse(parseJson(text ?? '')).data ?? null;
}

function hasErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (hasErrno(thrown, 'ESRCH')) return false;
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

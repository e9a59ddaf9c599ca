// A lock file that names the process that holds it. The file of a process that has died does not count.
import { createHash, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { parseJson } from './parse.ts';

const holderSchema = z.object({
  pid: z.int(),
  /** The start time, which tells a process from a later one with the same id; empty where it is not known. */
  born: z.string(),
  note: z.string(),
});

type Holder = z.infer<typeof holderSchema>;

/** The process that holds a lock which this one wants. */
export interface LockHolder extends Holder {
  readonly kind: 'holder';
}

/** The removal of a dead holder's file takes a moment; a mark that is older was left by a process that died then. */
const TAKING_AWAY_MS = 10_000;

/** The lock files of this process. A file with its id that is not here is from an earlier process with that id. */
const held = new Set<string>();

export interface Lock {
  readonly kind: 'lock';
  /** Changes the note that others read about the holder. */
  describe(note: string): void;
  release(): void;
}

/** Takes the lock, or returns its holder. `note` tells others what the holder does. */
export function acquireLock(file: string, note: string): Lock | LockHolder {
  const mine: Holder = { pid: process.pid, born: bornOf(process.pid), note };
  for (;;) {
    if (create(file, mine)) {
      held.add(file);
      return {
        kind: 'lock',
        describe: (text) => withDraft(file, { ...mine, note: text }, (draft) => renameSync(draft, file)),
        release: () => {
          held.delete(file);
          if (parseHolder(readText(file))?.pid === process.pid) rmSync(file, { force: true });
        },
      };
    }
    const seen = readText(file);
    // The holder has just released it.
    if (seen === null) continue;
    const holder = parseHolder(seen);
    if (holder !== null && (holder.pid === process.pid ? held.has(file) : isAlive(holder)))
      return { kind: 'holder', ...holder };
    takeAway(file, seen);
  }
}

export function isLock(result: Lock | LockHolder): result is Lock {
  return result.kind === 'lock';
}

/** Creates the lock file with its whole content; false where there is one already. */
function create(file: string, holder: Holder): boolean {
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

/** Writes the content to a draft, which `use` links or renames, so that a half-written lock file is never read. */
function withDraft<T>(file: string, holder: Holder, use: (draft: string) => T): T {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return use(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes the file of a dead holder, but not a file that replaced it since `seen` was read: only the process that
 * creates the mark for this very content may remove it, after one more look.
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

function parseHolder(text: string | null): Holder | null {
  return holderSchema.safeParse(parseJson(text ?? '')).data ?? null;
}

function hasErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (hasErrno(thrown, 'ESRCH')) return false;
  }
  return bornOf(holder.pid) === holder.born;
}

/** The start time of a process in clock ticks since boot, from /proc; empty where there is no /proc. */
function bornOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

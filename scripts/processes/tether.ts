// Child processes that never outlive us: each is held by a tiny shell that waits for our end of a pipe to
// close. It closes when we stop the child, and also when we crash or are killed, so no orphan is left.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { join } from 'node:path';

export interface TetherOptions {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** What asks the child to end; PostgreSQL wants INT, the rest TERM. */
  readonly stopSignal?: 'TERM' | 'INT';
  /** How long it may take to end before its whole process group is killed. */
  readonly graceMs: number;
  readonly stdout: 'pipe' | 'ignore' | 'inherit' | number;
  readonly stderr: 'pipe' | 'ignore' | 'inherit' | number;
  readonly uid?: number;
  readonly gid?: number;
  /** Put before the shell, e.g. `sudo -n`. */
  readonly prefix?: readonly string[];
  /**
   * A named pipe to watch instead of ours: the child then lives until the last process that has it open
   * for writing closes it or dies, and `stop` does nothing.
   */
  readonly heldBy?: string;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Tethered {
  readonly process: ChildProcess;
  /** Settles when the child has ended, never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly running: () => boolean;
  /** Asks the child to end and waits; after the grace time it is killed. Safe to call twice. */
  stop(): Promise<ChildExit>;
}

/** What holds the child; a shell because it is there everywhere and takes 1 MB. */
const HOLDER = join(import.meta.dirname, 'tether.sh');

/** Spawns a command that ends when we do. Throws nothing: a command that cannot start ends with code 127. */
export function tether(options: TetherOptions): Tethered {
  const graceTenths = String(Math.max(1, Math.ceil(options.graceMs / 100)));
  const hold = ['sh', HOLDER, options.stopSignal ?? 'TERM', graceTenths, options.heldBy ?? ''];
  const line = [...(options.prefix ?? []), ...hold, ...options.argv];
  const stdio: StdioOptions = ['pipe', options.stdout, options.stderr];
  const child = spawn(line[0] ?? 'sh', line.slice(1), {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
    env: options.env,
    stdio,
    detached: true,
  });
  if (options.heldBy !== undefined) child.unref();
  let over = false;
  const exited = new Promise<ChildExit>((resolve) => {
    const end = (exit: ChildExit) => {
      over = true;
      child.stdin?.destroy();
      resolve(exit);
    };
    child.once('exit', (code, signal) => end({ code, signal }));
    child.once('error', () => end({ code: 127, signal: null }));
  });
  child.stdin?.on('error', () => undefined);
  return {
    process: child,
    exited,
    running: () => !over,
    stop: () => {
      if (options.heldBy === undefined) child.stdin?.destroy();
      return exited;
    },
  };
}

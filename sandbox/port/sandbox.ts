// The sandbox port: what the worker may ask of an isolated environment, whichever provider makes it.
import type { Duplex, Readable } from 'node:stream';
import type { EgressPolicy } from './network-policy.ts';

/** Where the repo's checkout is in every sandbox. */
export const REPO_DIR = '/work/repo';

/** What a sandbox may use. */
export interface SandboxLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  /** Size of the work volume. */
  readonly diskBytes: number;
}

export interface SandboxSpec {
  /** The sandbox's name: opening the same key again finds the same sandbox. `[a-z0-9-]{1,48}`. */
  readonly key: string;
  /** The image of `ensureImage` or of a snapshot. */
  readonly image: string;
  readonly limits?: Partial<SandboxLimits>;
  /**
   * The number of the claim that opens it (0 without one). A sandbox that a higher claim has opened
   * throws `lease_lost`, and what lower claims had open ends: a frozen worker can do nothing any more.
   */
  readonly fence?: number;
}

/** The sandboxes to keep ready. Opening gets one only where image and limits are the same. */
export interface WarmSpec {
  readonly image: string;
  readonly limits?: Partial<SandboxLimits>;
}

export interface SnapshotSpec {
  /** The snapshots that replace each other, such as those of a repo. `[a-z0-9-]{1,60}`. */
  readonly series: string;
  /** Names the content: the same key is not built twice. `[a-z0-9-]{1,100}`. */
  readonly key: string;
  /** Equal where only files differ and `setup` did the same. `[a-z0-9-]{1,60}`. */
  readonly alike: string;
  /** A tar of the files to place in REPO_DIR, read once. */
  readonly files: () => Readable;
  /** Shell command lines, run in REPO_DIR one after the other as the sandbox's user. */
  readonly setup: readonly string[];
  /** What `setup` may reach; without it every host on the public internet. */
  readonly network?: EgressPolicy;
  readonly setupTimeoutMs: number;
  /** Builds it although this key exists: what `setup` downloads may have changed. */
  readonly anew?: boolean;
}

/** The image of a prepared repo. */
export interface Snapshot {
  readonly image: string;
  readonly key: string;
  readonly alike: string;
  readonly builtAt: Date;
}

/** The snapshots of a provider. Of each series it keeps two that work, and older ones while they are used. */
export interface SnapshotStore {
  /** Lists the snapshots of a series that this version can use, the newest first. Throws `engine_unreachable`. */
  list(series: string): Promise<readonly Snapshot[]>;
  /**
   * The snapshot of this key, built first where it is missing. Throws `setup_failed` with the end of the
   * output where a setup line fails, `engine_full` or `sandbox_full` where there is no room: those before it
   * stay. Abort removes what was begun. Builds of one series wait for each other, so it may be called twice at
   * once.
   */
  build(spec: SnapshotSpec, progress: Progress, signal?: AbortSignal): Promise<Snapshot>;
}

/** A line of progress of a long operation, for a terminal or a status message. */
export type Progress = (line: string) => void;

export interface SandboxProvider {
  /** The provider's name for logs. Callers never decide by it. */
  readonly name: string;
  readonly snapshots: SnapshotStore;
  /**
   * The base image's reference, building it first where it is missing (minutes).
   * Throws `engine_unreachable` or `image_build_failed`. May be called twice at once.
   */
  ensureImage(progress: Progress, signal?: AbortSignal): Promise<string>;
  /**
   * Creates the sandbox of this key, or adopts the one that exists (its image may then be another).
   * `fresh` tells which. Throws `sandbox_refused` where isolation is not as asked: it fails closed. Throws
   * `lease_lost` where a newer claim has it, `image_missing`, `engine_full` or `engine_unreachable`. May be called twice
   * at once; abort ends the wait for another worker.
   */
  open(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
  /**
   * Keeps `count` sandboxes ready, so that opening one takes no time; refilled after each claim, bounded by
   * memory, and removed half an hour after the last claim or call. Returns once they are ready or cannot
   * be made, which is no error. 0 removes them. May be called twice.
   */
  warm(spec: WarmSpec, count: number): Promise<void>;
  /** Freezes a sandbox with all its processes until it is opened again. One that is gone is not an error. */
  pause(key: string): Promise<void>;
  /** Keys of the sandboxes that exist, running or not. Those that only wait to be opened have none. */
  list(): Promise<readonly string[]>;
  /** Removes a sandbox with everything in it. Removing one that is gone is not an error. */
  remove(key: string): Promise<void>;
  /** Closes connections. Sandboxes stay. May be called twice. */
  close(): Promise<void>;
}

export interface Command {
  /** The same id never runs twice in one sandbox: a second call waits for, or gets, the first one's result. */
  readonly id: string;
  /** The program and its arguments; use `['bash', '-c', line]` for a shell line. */
  readonly argv: readonly string[];
  /** Default REPO_DIR. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its whole process group is killed then, and the result says `timedOut`. */
  readonly timeoutMs?: number;
  readonly stdin?: Uint8Array;
}

export interface CommandOutput {
  /** Standard output and error as they came, decoded as UTF-8; its middle is cut out over the limit. */
  readonly text: string;
  readonly totalBytes: number;
  readonly truncated: boolean;
  /** Path in the sandbox of the whole output (up to the toolhost's own bound). */
  readonly path: string;
}

export interface CommandResult {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly output: CommandOutput;
}

export interface RunOptions {
  /** Abort kills the command's process group; the call then throws `stopped`. */
  readonly signal?: AbortSignal;
  /** Output as it comes. Not called for a result that was stored. */
  readonly onOutput?: (chunk: string) => void;
  /** How much of the output is returned. */
  readonly maxOutputBytes?: number;
}

/**
 * One open sandbox. Every method throws `sandbox_lost` where the sandbox or its toolhost is gone;
 * opening the same key again then gives a fresh one or reconnects.
 */
export interface Sandbox {
  readonly key: string;
  /** True where `open` made it, false where it was there already. */
  readonly fresh: boolean;
  /** Runs a command to its end. A command that cannot start is a result too. Safe to call twice with the same id. */
  run(command: Command, options?: RunOptions): Promise<CommandResult>;
  /** Starts a command that goes on in the background (a server). Safe to call twice with the same id. */
  start(command: Command): Promise<void>;
  /** Sends a signal to a command's process group, e.g. `SIGTERM`. Unknown or ended ids are not an error. */
  kill(commandId: string, signal: NodeJS.Signals): Promise<void>;
  /** Reads a file. Throws `file_too_large` over `maxBytes`, `path_refused` where there is no such file. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Writes a file, making its folders. Throws `sandbox_full` where there is no room for it. */
  write(path: string, content: Uint8Array): Promise<void>;
  /** Connects to a TCP port of the sandbox's loopback. Throws `command_timeout` where nothing listens after `waitMs`. */
  connect(port: number, waitMs: number): Promise<Duplex>;
  /**
   * Listens on a TCP port of the sandbox's loopback and passes each connection to `onConnection`, which must end it.
   * The newest listener of a port gets them; while none is attached they are refused. Throws `internal` where a program
   * of the sandbox has the port.
   */
  listen(port: number, onConnection: (stream: Duplex) => void): Promise<void>;
  /** Detaches; the sandbox goes on. May be called twice. */
  close(): Promise<void>;
}

// The Docker Engine: the one that answers already, else one of our own as a child that ends with the last
// of its users (a start and a test run of the same data directory share it).
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThreadsmithError } from '../../core/errors.ts';
import { acquireLock, isLock } from '../../core/lock-file.ts';
import { type Tethered, tether } from '../processes/tether.ts';
import { findCommand, rootPrefix, SYSTEM_FOLDERS, unlockSudo } from './commands.ts';
import type { DataDirectory } from './data-directory.ts';
import { engineAnswers, usualEngineHosts } from './engine-address.ts';
import { forgetDeadServer, mountControlGroups, refuseChroot, serves, unmountBelow } from './engine-ground.ts';
import { rangeBeside } from './network-range.ts';

export interface RunningEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** True where the engine is our child. */
  readonly isOurs: boolean;
  /** Settles when an engine that this process started is gone; null for any other. */
  readonly ended: Promise<unknown> | null;
  /** Lets go of it; ours ends when nobody uses it any more. */
  release(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
/** A daemon that gives up on a slow machine, waiting for its own containerd, is started once more. */
const LAUNCHES = 2;
/** Another process of ours may need all of that. */
const OTHER_LAUNCH_MS = 180_000;
/** An engine that is there answers in the end, also while it saves an image to a busy disk. */
const FIND_TIMEOUT_MS = 20_000;
/** How long the engine waits for containers to end when it stops. */
const CONTAINERS_STOP_SECONDS = 2;
const POLL_MS = 50;
/** After its grace time it is killed, which takes a moment as well. */
const KILLED_MS = 5_000;

/** The engine that DOCKER_HOST names, or that answers at one of the usual places; null where there is none. */
export async function findEngine(dockerHost: string | undefined): Promise<RunningEngine | null> {
  if (dockerHost !== undefined) {
    if (await engineAnswers(dockerHost, FIND_TIMEOUT_MS)) return foreign(dockerHost);
    throw new ThreadsmithError(
      'engine_unreachable',
      `No Docker Engine answers at DOCKER_HOST=${dockerHost}.`,
      'Start it, correct DOCKER_HOST, or unset it to let Threadsmith run its own.',
    );
  }
  for (const host of usualEngineHosts()) {
    if (await engineAnswers(host, FIND_TIMEOUT_MS)) return foreign(host);
  }
  return null;
}

/**
 * Starts our own engine, or joins the one that another process of ours runs in this data directory.
 * Throws `engine_unreachable` with the end of its log.
 */
export async function startEngine(data: DataDirectory): Promise<RunningEngine> {
  const pipe = join(data.runtime, 'engine.users');
  if (!existsSync(pipe)) spawnSync('mkfifo', ['-m', '600', pipe]);
  const deadline = Date.now() + OTHER_LAUNCH_MS;
  while (Date.now() < deadline) {
    const joined = await joinRunning(data, pipe);
    if (joined !== null) return joined;
    const lock = acquireLock(join(data.runtime, 'engine.lock'), 'starting the engine');
    if (!isLock(lock)) {
      await sleep(POLL_MS);
      continue;
    }
    try {
      // Whoever had the lock until now may have started it.
      return (await joinRunning(data, pipe)) ?? (await launch(data, pipe));
    } finally {
      lock.release();
    }
  }
  throw failure('Another process did not finish starting the Docker Engine.', data);
}

/** Becomes one more user of the engine that runs already. */
async function joinRunning(data: DataDirectory, pipe: string): Promise<RunningEngine | null> {
  let hold: number;
  try {
    // Without a reader, that is without an engine, this fails at once.
    hold = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const isOver = () => existsSync(`${pipe}.ended`);
  // Its last user may let go in the moment in which we come, and makes the mark a little later.
  if (!isOver() && (await engineAnswers(hostOf(data), FIND_TIMEOUT_MS)) && !isOver())
    return ours(data, pipe, hold, null);
  closeSync(hold);
  return null;
}

async function launch(data: DataDirectory, pipe: string): Promise<RunningEngine> {
  const program = findCommand('dockerd');
  const prefix = rootPrefix();
  if (program === null || prefix === null || !unlockSudo(prefix)) {
    throw new ThreadsmithError(
      'engine_unreachable',
      'No Docker Engine answers, and one can only be started with root rights.',
      'Start Docker, or run Threadsmith as root or with sudo.',
    );
  }
  refuseChroot(prefix);
  mkdirSync(data.engine, { recursive: true });
  for (let left = LAUNCHES; left > 0; left -= 1) {
    const running = await launchOnce(data, pipe, program, prefix);
    if (running !== null) return running;
  }
  throw failure('The Docker Engine did not start.', data);
}

async function launchOnce(
  data: DataDirectory,
  pipe: string,
  program: string,
  prefix: readonly string[],
): Promise<RunningEngine | null> {
  // The one before may be about to end, and goes on being the one of its pid file until it has.
  await gone(data, null);
  rmSync(`${pipe}.ended`, { force: true });
  forgetDeadServer(pidFileOf(data), execRootOf(data), prefix);
  forgetDeadServer(join(execRootOf(data), 'containerd/containerd.pid'), execRootOf(data), prefix);
  unmountBelow([data.engine, execRootOf(data)], prefix);
  mountControlGroups(prefix);

  // Opened for both, so that neither side waits for the other.
  const hold = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const range = rangeBeside('docker0', data.root);
  const log = openSync(engineLog(data), 'a');
  const engine = tether({
    prefix,
    argv: [
      program,
      `--host=${hostOf(data)}`,
      `--group=${process.getgid?.() ?? 0}`,
      `--data-root=${data.engine}`,
      `--exec-root=${execRootOf(data)}`,
      `--pidfile=${pidFileOf(data)}`,
      `--shutdown-timeout=${CONTAINERS_STOP_SECONDS}`,
      ...(range === null ? [] : [`--fixed-cidr=${range}`]),
    ],
    env: { ...process.env, PATH: [process.env['PATH'], ...SYSTEM_FOLDERS].join(':') },
    heldBy: pipe,
    graceMs: STOP_GRACE_MS,
    stdout: log,
    stderr: log,
  });
  closeSync(log);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (engine.running() && Date.now() < deadline) {
    if (await engineAnswers(hostOf(data))) return ours(data, pipe, hold, engine);
    await sleep(POLL_MS);
  }
  closeSync(hold);
  await gone(data, engine);
  return null;
}

function ours(data: DataDirectory, pipe: string, hold: number, engine: Tethered | null): RunningEngine {
  let released = false;
  return {
    host: hostOf(data),
    isOurs: true,
    ended: engine?.exited ?? null,
    release: async () => {
      if (released) return;
      released = true;
      if (!letGo(pipe, hold)) return;
      await gone(data, engine);
      unmountBelow([data.engine, execRootOf(data)], rootPrefix() ?? []);
    },
  };
}

/** Closes our end. True where nobody else holds the engine any more: then it ends, and nobody may join it. */
function letGo(pipe: string, hold: number): boolean {
  const ear = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  closeSync(hold);
  try {
    // With another holder there would be nothing to read yet, which is an error; without one it is the end.
    if (readSync(ear, Buffer.alloc(1)) > 0) return false;
    writeFileSync(`${pipe}.ended`, '');
    return true;
  } catch (thrown) {
    // EACCES: the daemon runs as root, and was quicker with the mark.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES';
  } finally {
    closeSync(ear);
  }
}

/** Waits until no daemon of ours runs here, for as long as one may take to end. */
async function gone(data: DataDirectory, engine: Tethered | null): Promise<void> {
  const deadline = Date.now() + STOP_GRACE_MS + KILLED_MS;
  const runs = () => engine?.running() === true || serves(pidFileOf(data), execRootOf(data));
  while (runs() && Date.now() < deadline) await sleep(POLL_MS);
}

function foreign(host: string): RunningEngine {
  return { host, isOurs: false, ended: null, release: () => Promise.resolve() };
}

function hostOf(data: DataDirectory): string {
  return `unix://${join(data.runtime, 'engine.sock')}`;
}

function pidFileOf(data: DataDirectory): string {
  return join(data.runtime, 'engine.pid');
}

/** Also what our daemon, and its containerd, are told apart by from any other. */
function execRootOf(data: DataDirectory): string {
  return join(data.runtime, 'engine');
}

/** Where our engine writes its log. */
function engineLog(data: DataDirectory): string {
  return join(data.logs, 'engine.log');
}

function failure(message: string, data: DataDirectory): ThreadsmithError {
  const lines = existsSync(engineLog(data))
    ? readFileSync(engineLog(data), 'utf8').trimEnd().split('\n')
    : [];
  return new ThreadsmithError(
    'engine_unreachable',
    `${message} Its log ends with: ${lines.slice(-3).join('\n')}`,
    `Read ${engineLog(data)}, or set DOCKER_HOST to a running Docker Engine.`,
  );
}

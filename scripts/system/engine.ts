// The Docker Engine: the one that answers already, else one of our own as a child that ends with the last
// of its users (a start and a test run of the same data directory share it).
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThreadsmithError } from '../../core/errors.ts';
import type { DataDirectory } from '../data-directory.ts';
import { acquireLock, isLock } from '../processes/lock.ts';
import { type Tethered, tether } from '../processes/tether.ts';
import { findCommand, rootPrefix, SYSTEM_FOLDERS, unlockSudo } from './commands.ts';
import { engineAnswers, usualEngineHosts } from './engine-address.ts';
import { forgetDeadServer, mountControlGroups, refuseChroot, unmountBelow } from './engine-ground.ts';
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
/** How long the engine waits for containers to end when it stops. */
const CONTAINERS_STOP_SECONDS = 2;
const POLL_MS = 50;

/** The engine that DOCKER_HOST names, or that answers at one of the usual places; null where there is none. */
export async function findEngine(dockerHost: string | undefined): Promise<RunningEngine | null> {
  if (dockerHost !== undefined) {
    if (await engineAnswers(dockerHost)) return foreign(dockerHost);
    throw new ThreadsmithError(
      'engine_unreachable',
      `No Docker Engine answers at DOCKER_HOST=${dockerHost}.`,
      'Start it, correct DOCKER_HOST, or unset it to let Threadsmith run its own.',
    );
  }
  for (const host of usualEngineHosts()) {
    if (await engineAnswers(host)) return foreign(host);
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
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const joined = await joinRunning(data, pipe);
    if (joined !== null) return joined;
    const lock = acquireLock(join(data.runtime, 'engine.lock'), 'starting the engine');
    if (!isLock(lock)) {
      await sleep(POLL_MS);
      continue;
    }
    try {
      return await launch(data, pipe);
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
  if (!existsSync(`${pipe}.ended`) && (await engineAnswers(hostOf(data))))
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
  rmSync(`${pipe}.ended`, { force: true });
  const pidFile = join(data.runtime, 'engine.pid');
  forgetDeadServer(pidFile, 'dockerd', prefix);
  forgetDeadServer(join(data.runtime, 'engine/containerd/containerd.pid'), 'containerd', prefix);
  unmountBelow([data.engine, join(data.runtime, 'engine')], prefix);
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
      `--exec-root=${join(data.runtime, 'engine')}`,
      `--pidfile=${pidFile}`,
      `--shutdown-timeout=${CONTAINERS_STOP_SECONDS}`,
      ...(range === null ? [] : [`--fixed-cidr=${range}`]),
    ],
    env: { ...process.env, PATH: [process.env['PATH'], ...SYSTEM_FOLDERS].join(':') },
    heldBy: pipe,
    graceMs: STOP_GRACE_MS,
    stdout: log,
    stderr: log,
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (engine.running() && Date.now() < deadline) {
    if (await engineAnswers(hostOf(data))) return ours(data, pipe, hold, engine);
    await sleep(POLL_MS);
  }
  closeSync(hold);
  throw failure('The Docker Engine did not start.', data);
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
      closeSync(hold);
      // The mark appears at once if we were the last user; otherwise the engine goes on for the others.
      for (let waitedMs = 0; !existsSync(`${pipe}.ended`); waitedMs += POLL_MS) {
        if (waitedMs >= 500) return;
        await sleep(POLL_MS);
      }
      const deadline = Date.now() + STOP_GRACE_MS;
      while (Date.now() < deadline && (engine?.running() ?? (await engineAnswers(hostOf(data)))))
        await sleep(POLL_MS);
      unmountBelow([data.engine, join(data.runtime, 'engine')], rootPrefix() ?? []);
    },
  };
}

function foreign(host: string): RunningEngine {
  return { host, isOurs: false, ended: null, release: () => Promise.resolve() };
}

function hostOf(data: DataDirectory): string {
  return `unix://${join(data.runtime, 'engine.sock')}`;
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

// A second Docker Engine on this machine, as another worker's machine has one: its own images, containers and
// processes, no network, gone without a trace when the test is over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Tethered, tether } from '../../scripts/processes/tether.ts';
import { findCommand, rootPrefix, SYSTEM_FOLDERS } from '../../scripts/system/commands.ts';
import { engineAnswers } from '../../scripts/system/engine-address.ts';
import { refuseChroot, unmountBelow } from '../../scripts/system/engine-ground.ts';

const READY_MS = 60_000;
/** Containers that do not end by themselves are killed after this. */
const CONTAINERS_STOP_SECONDS = 1;

export interface SecondEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Copies an image from another engine: there is no registry between them. */
  load(from: string, image: string): Promise<void>;
  /** Ends it with all its containers and removes what it had. May be called twice. */
  takeAway(): Promise<void>;
}

/** Starts it. What does not start leaves nothing behind. */
export async function startSecondEngine(): Promise<SecondEngine> {
  const prefix = rootPrefix() ?? [];
  refuseChroot(prefix);
  // Sockets of the engine are below it, and their paths may have 108 characters.
  const folder = mkdtempSync('/tmp/threadsmith-second-');
  const host = `unix://${join(folder, 'engine.sock')}`;
  const logFile = join(folder, 'engine.log');
  const log = openSync(logFile, 'a');
  const engine = tether({
    prefix,
    argv: [
      findCommand('dockerd') ?? 'dockerd',
      `--host=${host}`,
      `--group=${process.getgid?.() ?? 0}`,
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'engine.pid')}`,
      `--shutdown-timeout=${CONTAINERS_STOP_SECONDS}`,
      // Sandboxes have no network, and the other engine's rules are not this one's to touch.
      '--bridge=none',
      '--iptables=false',
    ],
    env: { ...process.env, PATH: [process.env['PATH'], ...SYSTEM_FOLDERS].join(':') },
    graceMs: 20_000,
    stdout: log,
    stderr: log,
  });
  closeSync(log);
  const takeAway = async (): Promise<void> => {
    await engine.stop();
    unmountBelow([folder], prefix);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answering(engine, host, logFile);
  } catch (error) {
    await takeAway();
    throw error;
  }
  return { host, takeAway, load: (from, image) => copyImage(from, host, image) };
}

async function answering(engine: Tethered, host: string, logFile: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!(await engineAnswers(host))) {
    if (!engine.running() || performance.now() > deadline)
      throw new Error(`the second engine did not start: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
    await sleep(100);
  }
}

async function copyImage(from: string, to: string, image: string): Promise<void> {
  const save = spawn('docker', ['-H', from, 'save', image], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', ['-H', to, 'load', '-q'], { stdio: ['pipe', 'ignore', 'inherit'] });
  save.stdout.pipe(load.stdin);
  const ends = await Promise.all([once(save, 'close'), once(load, 'close')]);
  if (ends.some(([code]) => code !== 0)) throw new Error(`the image ${image} could not be copied`);
}

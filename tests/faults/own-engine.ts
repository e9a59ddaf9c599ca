// A Docker Engine that a test may stop, fill and start again: its own data, runtimes and socket, and no network.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineAnswers } from '../../scripts/system/engine-address.ts';
import { part } from '../setup/environment.ts';

const READY_MS = 60_000;
const IMAGE = 'faults:latest';

export interface OwnEngine {
  readonly host: string;
  /** A small sandbox image: that of the other engine without browser, fonts and languages. */
  readonly image: string;
  /** Ends the daemon, at once where `signal` is SIGKILL. */
  stop(signal: NodeJS.Signals): Promise<void>;
  start(flags?: readonly string[]): Promise<void>;
  /** Takes all the room that its data has left, and gives it back. */
  fill(): void;
  free(): void;
  docker(...args: readonly string[]): string;
  close(): Promise<void>;
}

/** Starts one whose data has `sizeMb` megabytes of room. Needs root, as CI has it. */
export async function openOwnEngine(fromImage: string, sizeMb: number): Promise<OwnEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-eng-'));
  const data = join(folder, 'data');
  const host = `unix://${join(folder, 'd.sock')}`;
  mkdirSync(data);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', data]);
  let daemon: ChildProcess | undefined;
  const start = async (flags: readonly string[] = []): Promise<void> => {
    if (await engineAnswers(host)) return;
    // The next daemon would wait for the containerd of a killed one, which is gone or a zombie.
    for (const name of ['containerd.pid', 'containerd.sock'])
      rmSync(join(folder, 'x/containerd', name), { force: true });
    const log = openSync(join(folder, 'log'), 'a');
    const fixed = [
      `--host=${host}`,
      `--data-root=${data}`,
      `--exec-root=${join(folder, 'x')}`,
      `--pidfile=${join(folder, 'pid')}`,
      '--bridge=none',
      '--iptables=false',
      '--shutdown-timeout=2',
      `--add-runtime=runsc=${execFileSync('which', ['runc'], { encoding: 'utf8' }).trim()}`,
    ];
    daemon = spawn('dockerd', [...fixed, ...flags], { stdio: ['ignore', log, log] });
    closeSync(log);
    const deadline = Date.now() + READY_MS;
    while (!(await engineAnswers(host))) {
      if (Date.now() > deadline || daemon.exitCode !== null)
        throw new Error(`dockerd did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)}`);
      await sleep(100);
    }
  };
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill(signal);
    await gone;
  };
  const docker = (...args: readonly string[]): string =>
    execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const close = async (): Promise<void> => {
    try {
      // Only a daemon ends its containers, also those that a killed one left running.
      await start();
      const left = docker('ps', '-aq').split('\n').filter(Boolean);
      if (left.length > 0) docker('rm', '-f', ...left);
    } finally {
      await stop('SIGTERM');
      const namespaces = join(folder, 'x', 'netns');
      const mounted = existsSync(namespaces)
        ? readdirSync(namespaces).map((name) => join(namespaces, name))
        : [];
      for (const path of [...mounted, data]) execFileSync('umount', ['-R', '-l', path]);
      rmSync(folder, { recursive: true, force: true });
    }
  };
  try {
    await start();
    carryOver(fromImage, host);
  } catch (error) {
    await close();
    throw error;
  }
  const filler = join(data, 'filler');
  return {
    host,
    image: IMAGE,
    start,
    stop,
    fill: () => void spawnSync('bash', ['-c', `head -c 8G /dev/zero > ${filler}`]),
    free: () => rmSync(filler),
    docker,
    close,
  };
}

const LEFT_OUT = [
  'proc',
  'sys',
  'dev',
  'tmp',
  'usr/lib/chromium',
  'usr/share',
  'usr/lib/python3*',
  'usr/lib/node_modules',
  'usr/local/lib/node_modules',
  'usr/lib/x86_64-linux-gnu/libLLVM*',
  'usr/lib/x86_64-linux-gnu/dri',
  'usr/lib/gcc',
];

function carryOver(image: string, host: string): void {
  const excludes = LEFT_OUT.map((path) => `--exclude=./${path}`).join(' ');
  const pack = `docker -H ${part('DOCKER_HOST')} run --rm --network none --user 0 --entrypoint tar ${image} -C / ${excludes} -cf - .`;
  const environment = '--change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"';
  execFileSync('bash', [
    '-o',
    'pipefail',
    '-c',
    `${pack} | docker -H ${host} import ${environment} - ${IMAGE}`,
  ]);
}

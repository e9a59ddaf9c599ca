// A Docker Engine that a test may stop, fill, start again and take away, as another machine has one: its own
// images, containers and processes, no network, gone without a trace when the test is over.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Tethered, tether } from '../../scripts/processes/tether.ts';
import { findCommand, rootPrefix, SYSTEM_FOLDERS } from '../../scripts/system/commands.ts';
import { engineAnswers } from '../../scripts/system/engine-address.ts';
import { refuseChroot, unmountBelow } from '../../scripts/system/engine-ground.ts';
import { part } from '../setup/environment.ts';

const READY_MS = 60_000;
/** Containers that do not end by themselves are killed after this. */
const CONTAINERS_STOP_SECONDS = 2;

export interface OwnEngineOptions {
  /** Carried over from the tests' usual engine, under the same name: there is no registry between them. */
  readonly image: string;
  /** Leaves out browser, fonts and languages. */
  readonly small?: boolean;
  /** How much its data may take; without it, what the machine has. */
  readonly roomMb?: number;
}

export interface OwnEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Ends the daemon, at once where `signal` is SIGKILL. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  start(flags?: readonly string[]): Promise<void>;
  /** Takes all the room that its data has left, and gives it back. */
  fill(): void;
  free(): void;
  docker(...args: readonly string[]): string;
  /** Ends it with all its containers and removes what it had. May be called twice. */
  close(): Promise<void>;
}

/** Starts one. Needs root, or sudo without a password. What does not start leaves nothing behind. */
export async function openOwnEngine({ image, small = false, roomMb }: OwnEngineOptions): Promise<OwnEngine> {
  const prefix = rootPrefix() ?? [];
  refuseChroot(prefix);
  // Sockets of the engine are below it, and their paths may have 108 characters.
  const folder = mkdtempSync('/tmp/threadsmith-own-');
  const data = join(folder, 'data');
  const host = `unix://${join(folder, 'd.sock')}`;
  const asRoot = (...argv: readonly string[]): void => {
    const [command = '', ...args] = [...prefix, ...argv];
    execFileSync(command, args, { stdio: 'ignore' });
  };
  mkdirSync(data);
  if (roomMb !== undefined) asRoot('mount', '-t', 'tmpfs', '-o', `size=${roomMb}m`, 'tmpfs', data);
  let daemon: Tethered | undefined;
  let closed = false;
  const start = async (flags: readonly string[] = []): Promise<void> => {
    if (await engineAnswers(host)) return;
    // The next daemon would wait for the containerd of a killed one, which is gone or a zombie.
    asRoot(
      'rm',
      '-f',
      join(folder, 'x/containerd/containerd.pid'),
      join(folder, 'x/containerd/containerd.sock'),
    );
    daemon = startDaemon(folder, host, prefix, flags);
    const deadline = performance.now() + READY_MS;
    while (!(await engineAnswers(host))) {
      if (!daemon.running() || performance.now() > deadline)
        throw new Error(`dockerd did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)}`);
      await sleep(100);
    }
  };
  const stop = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (daemon === undefined || !daemon.running()) return;
    if (signal === 'SIGKILL') asRoot('kill', '-KILL', readFileSync(join(folder, 'pid'), 'utf8').trim());
    await (signal === 'SIGKILL' ? daemon.exited : daemon.stop());
  };
  const docker = (...args: readonly string[]): string =>
    execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    try {
      // Only a daemon ends its containers, also those that a killed one left running.
      await start();
      const left = docker('ps', '-aq').split('\n').filter(Boolean);
      if (left.length > 0) docker('rm', '-f', ...left);
    } finally {
      await stop('SIGTERM');
      unmountBelow([folder], prefix);
      asRoot('rm', '-rf', folder);
    }
  };
  try {
    await start();
    carryOver(image, host, small);
  } catch (error) {
    await close();
    throw error;
  }
  const filler = join(data, 'filler');
  return {
    host,
    start,
    stop,
    fill: () => asRoot('sh', '-c', `! head -c 8G /dev/zero > ${filler}`),
    free: () => asRoot('rm', filler),
    docker,
    close,
  };
}

function startDaemon(
  folder: string,
  host: string,
  prefix: readonly string[],
  flags: readonly string[],
): Tethered {
  const log = openSync(join(folder, 'log'), 'a');
  try {
    return tether({
      prefix,
      argv: [
        findCommand('dockerd') ?? 'dockerd',
        `--host=${host}`,
        `--group=${process.getgid?.() ?? 0}`,
        `--data-root=${join(folder, 'data')}`,
        `--exec-root=${join(folder, 'x')}`,
        `--pidfile=${join(folder, 'pid')}`,
        `--shutdown-timeout=${CONTAINERS_STOP_SECONDS}`,
        // Sandboxes have no network, and the other engine's rules are not this one's to touch.
        '--bridge=none',
        '--iptables=false',
        `--add-runtime=runsc=${findCommand('runc') ?? 'runc'}`,
        ...flags,
      ],
      env: { ...process.env, PATH: [process.env['PATH'], ...SYSTEM_FOLDERS].join(':') },
      graceMs: 20_000,
      stdout: log,
      stderr: log,
    });
  } finally {
    closeSync(log);
  }
}

const LEFT_OUT = [
  // The folders themselves stay: what is mounted there has their mode.
  'proc/*',
  'sys/*',
  'dev/*',
  'tmp/*',
  'usr/lib/chromium',
  // Git's templates stay.
  'usr/share/[!g]*',
  'usr/lib/python3*',
  'usr/lib/node_modules',
  'usr/local/lib/node_modules',
  'usr/lib/x86_64-linux-gnu/libLLVM*',
  'usr/lib/x86_64-linux-gnu/dri',
  'usr/lib/gcc',
];

function carryOver(image: string, host: string, small: boolean): void {
  const from = `docker -H ${part('DOCKER_HOST')}`;
  const excludes = LEFT_OUT.map((path) => `--exclude=./${path}`).join(' ');
  const pack = `${from} run --rm --network none --user 0 --entrypoint tar ${image} -C / ${excludes} -cf - .`;
  const environment = '--change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"';
  const line = small
    ? `${pack} | docker -H ${host} import ${environment} - ${image}`
    : `${from} save ${image} | docker -H ${host} load -q`;
  execFileSync('bash', ['-o', 'pipefail', '-c', line], { stdio: ['ignore', 'ignore', 'inherit'] });
}

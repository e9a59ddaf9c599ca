// What the machine must look like before our own Docker Engine starts on it, and what has to be tidied up
// after one. `prefix` is put before commands that need root.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { ThreadsmithError } from '../../core/errors.ts';

/**
 * In a chroot a container's root is not the root of its mount namespace, and `docker exec` enters the
 * namespace: commands meant for a container would run on the real machine instead, as root.
 */
export function refuseChroot(prefix: readonly string[]): void {
  if (process.platform !== 'linux') return;
  const here = statSync('/');
  const enter = [...prefix, 'nsenter', '--mount=/proc/self/ns/mnt', 'stat', '-c', '%d:%i', '/'];
  const seen = spawnSync(enter[0] ?? 'nsenter', enter.slice(1), { encoding: 'utf8' });
  if (seen.status === 0 && seen.stdout.trim() === `${here.dev}:${here.ino}`) return;
  throw new ThreadsmithError(
    'engine_unreachable',
    'This is a chroot, or it cannot be told whether it is one: a Docker Engine here could not keep sandboxes apart from the machine around it.',
    'Use a container or a virtual machine instead, or set DOCKER_HOST to an engine outside.',
  );
}

/**
 * Whether the server that a pid file names runs, and is the one with `mark` on its command line: after a crash or
 * a restart of the machine the number may belong to any other process.
 */
export function serves(pidFile: string, mark: string): boolean {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
  } catch {
    return false;
  }
}

/** Removes the pid file of a server that is gone: the next one would refuse to start. */
export function forgetDeadServer(pidFile: string, mark: string, prefix: readonly string[]): void {
  if (!existsSync(pidFile) || serves(pidFile, mark)) return;
  const remove = [...prefix, 'rm', '-f', pidFile];
  spawnSync(remove[0] ?? 'rm', remove.slice(1));
}

/** The engine leaves mounts behind when it ends, and folders with mounts in them cannot be removed. */
export function unmountBelow(folders: readonly string[], prefix: readonly string[]): void {
  if (process.platform !== 'linux') return;
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => folders.some((folder) => point === folder || point.startsWith(`${folder}/`)));
  if (points.length === 0) return;
  // The deepest first.
  const unmount = [...prefix, 'umount', '-l', ...points.sort().reverse()];
  spawnSync(unmount[0] ?? 'umount', unmount.slice(1), { stdio: 'ignore' });
}

/** Without an init system nobody may have mounted them, and the engine needs them. */
export function mountControlGroups(prefix: readonly string[]): void {
  if (process.platform !== 'linux' || readFileSync('/proc/mounts', 'utf8').includes(' cgroup')) return;
  const mount = [...prefix, 'mount', '-t', 'cgroup2', 'none', '/sys/fs/cgroup'];
  spawnSync(mount[0] ?? 'mount', mount.slice(1), { stdio: 'ignore' });
}

// The isolation of a sandbox: the settings that the engine gets, and the check that it applied each of them. It fails
// closed, because an engine drops settings that it does not support with no more than a warning.
import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';
import { ThreadsmithError } from '../../core/errors.ts';
import { HOME_DIR, SANDBOX_UID, SANDBOX_USER, TEMP_DIR, TOOLHOST_DIR, WORK_DIR } from '../image/recipe.ts';
import type { SandboxLimits } from '../port/sandbox.ts';
import { seccompProfile } from './seccomp.ts';

export const DEFAULT_LIMITS: SandboxLimits = {
  memoryBytes: 2 * 1024 ** 3,
  cpus: 2,
  pids: 512,
  diskBytes: 4 * 1024 ** 3,
};

/** Chromium's processes share memory here. */
const SHARED_MEMORY_BYTES = 256 * 1024 * 1024;
/** An engine that is itself bounded cannot give its containers more than it has, which may be little more. */
const OPEN_FILES = 8_192;
const TMPFS_OPTIONS = 'rw,nosuid,nodev,noexec';

export interface IsolationOptions {
  readonly image: string;
  readonly limits: SandboxLimits;
  readonly labels: Record<string, string>;
  /** The volume for the work folder. Without it the folder is in the container's own layer, so that a snapshot has it. */
  readonly volume?: string;
  /** `runsc` for gVisor; the engine's own default otherwise. */
  readonly runtime?: string | undefined;
}

/** The settings of a container. None is left to the engine's defaults. */
export function containerSettings(options: IsolationOptions): Docker.ContainerCreateOptions {
  const { limits, volume } = options;
  return {
    Image: options.image,
    User: SANDBOX_USER,
    Hostname: 'sandbox',
    WorkingDir: `${WORK_DIR}/repo`,
    Entrypoint: [],
    Cmd: [
      'node',
      '--max-old-space-size=256',
      `${TOOLHOST_DIR}/main.mjs`,
      `${WORK_DIR}/.toolhost`,
      String(limits.diskBytes),
    ],
    Env: [`HOME=${HOME_DIR}`, `TMPDIR=${TEMP_DIR}`],
    Labels: options.labels,
    OpenStdin: false,
    Tty: false,
    StopTimeout: 2,
    HostConfig: hostConfig(options, volume),
  };
}

function hostConfig(options: IsolationOptions, volume: string | undefined): Docker.HostConfig {
  const { limits } = options;
  return {
    // An internal network would still reach the host's gateway and the neighbours.
    NetworkMode: 'none',
    Privileged: false,
    ReadonlyRootfs: volume !== undefined,
    CapDrop: ['ALL'],
    CapAdd: [],
    SecurityOpt: ['no-new-privileges', `seccomp=${seccompProfile()}`],
    Init: true,
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    UsernsMode: '',
    PidsLimit: limits.pids,
    Memory: limits.memoryBytes,
    MemorySwap: limits.memoryBytes,
    NanoCpus: Math.round(limits.cpus * 1e9),
    OomKillDisable: false,
    ShmSize: SHARED_MEMORY_BYTES,
    Ulimits: [
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
      { Name: 'fsize', Soft: limits.diskBytes, Hard: limits.diskBytes },
    ],
    Tmpfs: {
      '/tmp': `${TMPFS_OPTIONS},size=256m,nr_inodes=100k,mode=1777`,
      '/run': `${TMPFS_OPTIONS},size=16m,nr_inodes=10k,mode=0755`,
      '/run/toolhost': `${TMPFS_OPTIONS},size=8m,nr_inodes=4k,uid=${SANDBOX_UID},gid=${SANDBOX_UID},mode=0700`,
    },
    ...(volume === undefined ? {} : { Mounts: [{ Type: 'volume', Source: volume, Target: WORK_DIR }] }),
    // Nothing is looked up without a network, and a sandbox must not learn the host's name servers.
    Dns: ['127.0.0.1'],
    Devices: [],
    Binds: [],
    PublishAllPorts: false,
    RestartPolicy: { Name: 'no' },
    // Output of a sandbox must not fill the host's disk; results go over the toolhost's wire.
    LogConfig: { Type: 'none', Config: {} },
    ...(options.runtime === undefined ? {} : { Runtime: options.runtime }),
  };
}

/** Host settings that weaken the isolation where they are not empty, whatever was asked for. */
const MUST_BE_EMPTY = `
  Binds CapAdd Devices DeviceRequests DeviceCgroupRules VolumesFrom Links GroupAdd ExtraHosts PortBindings Sysctls
  PidMode UTSMode UsernsMode CgroupParent VolumeDriver
`
  .trim()
  .split(/\s+/);

/** Throws `sandbox_refused` with the setting's name unless the container has every setting that was asked for. */
export function checkIsolation(
  found: Docker.ContainerInspectInfo,
  options: IsolationOptions,
  swapLimit: boolean,
): void {
  const asked = containerSettings(options);
  const host: Record<string, unknown> = { ...found.HostConfig };
  for (const [name, value] of Object.entries(asked.HostConfig ?? {})) {
    if (name === 'Mounts') checkMounts(found, options.volume);
    // A kernel without swap accounting cannot show this bound; memory is bounded either way.
    else if (name === 'MemorySwap' && !swapLimit) continue;
    else if (isEmpty(value) ? !isEmpty(host[name]) : !isDeepStrictEqual(normal(value), normal(host[name])))
      refuse(name);
  }
  if (options.volume === undefined) checkMounts(found, undefined);
  for (const name of MUST_BE_EMPTY) if (!isEmpty(host[name])) refuse(name);
  if (found.Config.User !== SANDBOX_USER) refuse('User');
  const variables = found.Config.Env ?? [];
  const isKnown = (line: string): boolean => /^(PATH|HOME|TMPDIR)=/.test(line);
  if (!variables.every(isKnown)) refuse('Env');
  const networks = Object.keys(found.NetworkSettings.Networks);
  if (networks.some((name) => name !== 'none')) refuse('Networks');
}

/** Refuses every mount but the work volume and tmpfs, such as a folder of the host. */
function checkMounts(found: Docker.ContainerInspectInfo, volume: string | undefined): void {
  for (const mount of found.Mounts) {
    if (mount.Type === 'tmpfs') continue;
    const isOurs = mount.Type === 'volume' && mount.Name === volume && mount.Destination === WORK_DIR;
    if (!isOurs) refuse('Mounts');
  }
  if (volume !== undefined && !found.Mounts.some((mount) => mount.Name === volume)) refuse('Mounts');
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A value in a form to compare: engines return lists and keys in their own order and add fields with defaults. */
function normal(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(normal).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(entries.map(([name, inner]) => [name, normal(inner)]));
}

function refuse(setting: string): never {
  throw refusedFor(setting);
}

/** The error for a sandbox that lacks a setting. */
export function refusedFor(setting: string): ThreadsmithError {
  return new ThreadsmithError(
    'sandbox_refused',
    `The Docker Engine did not apply the setting ${setting} to the sandbox, so its isolation is not complete.`,
    'Use a Docker Engine that supports seccomp and limits for memory, processor time and processes; nothing was run.',
  );
}

/** The isolation that the toolhost saw at the first start, before any other program ran in the sandbox. */
export interface SeenIsolation {
  readonly uid: number;
  readonly seccomp: number;
  readonly noNewPrivileges: number;
  readonly effective: string;
  readonly bounding: string;
  readonly interfaces: readonly string[];
}

const SECCOMP_FILTERED = 2;

/** Throws `sandbox_refused` where the kernel shows less isolation than the engine says. */
export function checkSeenIsolation(seen: SeenIsolation): void {
  if (seen.uid !== SANDBOX_UID) refuse('User (seen from inside)');
  if (seen.seccomp !== SECCOMP_FILTERED) refuse('seccomp (seen from inside)');
  if (seen.noNewPrivileges !== 1) refuse('no-new-privileges (seen from inside)');
  if (!/^0*$/.test(seen.effective) || !/^0*$/.test(seen.bounding)) refuse('CapDrop (seen from inside)');
  if (seen.interfaces.some((name) => name !== 'lo')) refuse('NetworkMode (seen from inside)');
}

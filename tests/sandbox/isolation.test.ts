// Fail closed: a container that lacks any part of the isolation is refused and removed.
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  checkIsolation,
  checkSeenIsolation,
  containerSettings,
  DEFAULT_LIMITS,
  type IsolationOptions,
} from '../../sandbox/docker/isolation.ts';
import { openTestEngine } from './engine.ts';

const engine = openTestEngine();
let image = '';
let made: Docker.ContainerInspectInfo;
let options: IsolationOptions;

beforeAll(async () => {
  image = await engine.provider.ensureImage(() => {});
  await engine.provider.open({ key: 'isolation', image });
  made = await engine.container('isolation').inspect();
  options = {
    image,
    limits: DEFAULT_LIMITS,
    labels: {},
    volume: `threadsmith-${engine.installId}-isolation`,
  };
});
afterAll(async () => {
  await engine.provider.remove('isolation');
  await engine.close();
});

const changed = (change: (info: Docker.ContainerInspectInfo) => void): Docker.ContainerInspectInfo => {
  const copy = structuredClone(made);
  change(copy);
  return copy;
};

test('a sandbox as it is made passes', () => {
  expect(() => checkIsolation(made, options, true)).not.toThrow();
});

test.each<[string, unknown]>([
  ['NetworkMode', 'bridge'],
  ['NetworkMode', 'host'],
  ['Privileged', true],
  ['ReadonlyRootfs', false],
  ['CapDrop', []],
  ['CapAdd', ['SYS_ADMIN']],
  ['SecurityOpt', ['no-new-privileges']],
  ['SecurityOpt', ['no-new-privileges', 'seccomp=unconfined']],
  ['SecurityOpt', []],
  ['Init', false],
  ['IpcMode', 'host'],
  ['PidMode', 'host'],
  ['UTSMode', 'host'],
  ['UsernsMode', 'host'],
  ['PidsLimit', 0],
  ['PidsLimit', null],
  ['Memory', 0],
  ['MemorySwap', -1],
  ['NanoCpus', 0],
  ['ShmSize', 64 * 1024 * 1024],
  ['Ulimits', []],
  ['Tmpfs', {}],
  ['Devices', [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }]],
  ['DeviceRequests', [{ Driver: 'nvidia' }]],
  ['DeviceCgroupRules', ['c 1:1 rwm']],
  ['Binds', ['/:/host']],
  ['VolumesFrom', ['other']],
  ['GroupAdd', ['docker']],
  ['ExtraHosts', ['host.docker.internal:host-gateway']],
  ['PortBindings', { '80/tcp': [{ HostPort: '80' }] }],
  ['PublishAllPorts', true],
  ['Sysctls', { 'kernel.msgmax': '1' }],
  ['CgroupParent', '/'],
  ['OomKillDisable', true],
  ['LogConfig', { Type: 'json-file', Config: {} }],
  ['RestartPolicy', { Name: 'always', MaximumRetryCount: 0 }],
])('an engine that shows %s as %j is refused', (name, value) => {
  const other = changed((info) => Reflect.set(info.HostConfig, name, value));
  expect(() => checkIsolation(other, options, true)).toThrow(
    expect.objectContaining({ code: 'sandbox_refused' }),
  );
});

test.each<[string, (info: Docker.ContainerInspectInfo) => void]>([
  ['root', (info) => void (info.Config.User = '')],
  ['a secret in its environment', (info) => void info.Config.Env.push('GITHUB_TOKEN=x')],
  ['a folder of the host', (info) => void info.Mounts.push({ ...bind, Source: '/', Destination: '/host' })],
  [
    'the Docker socket',
    (info) => void info.Mounts.push({ ...bind, Source: '/var/run/docker.sock', Destination: '/s' }),
  ],
  [
    "another sandbox's volume",
    (info) =>
      void info.Mounts.push({
        ...bind,
        Type: 'volume',
        Name: 'threadsmith-x-y',
        Source: 'z',
        Destination: '/z',
      }),
  ],
  ['no work volume', (info) => void (info.Mounts = [])],
  ['a second network', (info) => void Reflect.set(info.NetworkSettings.Networks, 'bridge', {})],
])('a container with %s is refused', (_what, change) => {
  expect(() => checkIsolation(changed(change), options, true)).toThrow(
    expect.objectContaining({ code: 'sandbox_refused' }),
  );
});

const bind = { Type: 'bind', Name: '', Driver: '', Mode: '', RW: true, Propagation: 'rprivate' } as const;

describe('what the kernel shows from inside', () => {
  const seen = {
    uid: 1000,
    seccomp: 2,
    noNewPrivileges: 1,
    effective: '0000000000000000',
    bounding: '0',
    interfaces: ['lo'],
  };
  test('passes as it should be', () => {
    expect(() => checkSeenIsolation(seen)).not.toThrow();
  });
  test.each([
    { ...seen, uid: 0 },
    { ...seen, seccomp: 0 },
    { ...seen, noNewPrivileges: 0 },
    { ...seen, effective: '00000000a80425fb' },
    { ...seen, bounding: '1' },
    { ...seen, interfaces: ['lo', 'eth0'] },
  ])('is refused as %j', (wrong) => {
    expect(() => checkSeenIsolation(wrong)).toThrow(expect.objectContaining({ code: 'sandbox_refused' }));
  });
});

describe('a container of our name that somebody else made', () => {
  const plant = async (change: (settings: Docker.ContainerCreateOptions) => void): Promise<void> => {
    const name = `threadsmith-${engine.installId}-planted`;
    const settings = containerSettings({
      ...options,
      volume: name,
      labels: {
        'threadsmith.install': engine.installId,
        'threadsmith.kind': 'sandbox',
        'threadsmith.key': 'planted',
      },
    });
    change(settings);
    await engine.docker.createContainer({ name, ...settings });
  };

  test.each<[string, (settings: Docker.ContainerCreateOptions) => void]>([
    ['with a network', (settings) => void Reflect.set(settings.HostConfig ?? {}, 'NetworkMode', 'bridge')],
    ['as root', (settings) => void (settings.User = 'root')],
    [
      'without a seccomp profile',
      (settings) =>
        void Reflect.set(settings.HostConfig ?? {}, 'SecurityOpt', [
          'no-new-privileges',
          'seccomp=unconfined',
        ]),
    ],
    ['without limits', (settings) => void Reflect.set(settings.HostConfig ?? {}, 'PidsLimit', 0)],
  ])('%s is refused, removed, and the next one is whole', async (_what, change) => {
    await plant(change);
    const opening = engine.provider.open({ key: 'planted', image });
    await expect(opening).rejects.toMatchObject({ code: 'sandbox_refused' });
    expect(await engine.provider.list()).not.toContain('planted');
    const sandbox = await engine.provider.open({ key: 'planted', image });
    expect(sandbox.fresh).toBe(true);
    await engine.provider.remove('planted');
  });
});

test('containers that are not ours are neither listed nor removed', async () => {
  const other = await engine.docker.createContainer({
    Image: image,
    Cmd: ['true'],
    Labels: {
      'threadsmith.install': 'somebodyelse',
      'threadsmith.kind': 'sandbox',
      'threadsmith.key': 'theirs',
    },
  });
  try {
    expect(await engine.provider.list()).not.toContain('theirs');
    await engine.provider.remove('theirs');
    expect((await other.inspect()).Id).toBe(other.id);
  } finally {
    await other.remove();
  }
});

test('throw-away containers that a killed worker left are removed after their time, others are not', async () => {
  const leave = (expires: number) =>
    engine.docker.createContainer({
      Image: image,
      Cmd: ['true'],
      Labels: {
        'threadsmith.install': engine.installId,
        'threadsmith.kind': 'setup',
        'threadsmith.expires': String(expires),
      },
    });
  const now = Math.floor(Date.now() / 1000);
  const [old, young] = await Promise.all([leave(now - 1), leave(now + 600)]);
  await engine.provider.ensureImage(() => {});
  await expect(old.inspect()).rejects.toMatchObject({ statusCode: 404 });
  expect((await young.inspect()).Id).toBe(young.id);
  await young.remove();
});

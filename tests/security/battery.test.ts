// A hostile program in a real sandbox. Each probe is an assertion of what it must not reach, and a control
// run in a plain container shows that the probes would notice an open wall.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { CommandResult, Sandbox } from '../../sandbox/sandbox.ts';
import { openTestEngine } from '../sandbox/engine.ts';

const engine = openTestEngine();
const PROBES = readFileSync(join(import.meta.dirname, 'probes.py'));
const outcomes = z.record(z.string(), z.string());
/** Blocked by the filter or by rights. EFAULT or EINVAL would mean that the call was reached. */
const BLOCKED = ['EPERM', 'ENOSYS', 'EACCES'];
const ABSENT = [...BLOCKED, 'ENOENT', 'ENXIO', 'EROFS', 'ENODEV', 'ENOTDIR'];
let image = '';
let sandbox: Sandbox;
let results: Record<string, string> = {};

const sh = (line: string, timeoutMs = 20_000): Promise<CommandResult> =>
  sandbox.run({ id: randomUUID(), argv: ['bash', '-c', line], timeoutMs });

beforeAll(async () => {
  image = await engine.provider.ensureImage(() => {});
  sandbox = await engine.provider.open({ key: 'hostile', image });
  await sandbox.write('/work/probes.py', PROBES);
  const run = await sandbox.run({ id: 'probes', argv: ['python3', '/work/probes.py'], timeoutMs: 60_000 });
  results = outcomes.parse(JSON.parse(run.output.text));
});
afterAll(async () => {
  await engine.provider.remove('hostile');
  await engine.close();
});

const named = (prefix: string): [string, string][] =>
  Object.entries(results).filter(([name]) => name.startsWith(prefix));

describe('the kernel', () => {
  test('every probed system call is blocked, none is merely given bad arguments', () => {
    const calls = named('call: ');
    expect(calls.length).toBeGreaterThanOrEqual(60);
    expect(calls.filter(([, outcome]) => !BLOCKED.includes(outcome))).toEqual([]);
  });

  test('every socket family but local, IP and routing is blocked', () => {
    const sockets = named('socket: ');
    expect(sockets.length).toBeGreaterThanOrEqual(15);
    expect(sockets.filter(([, outcome]) => !BLOCKED.includes(outcome))).toEqual([]);
  });

  test('no setting of the kernel, device or file of the system can be written', () => {
    const writes = named('write: ');
    expect(writes.length).toBeGreaterThanOrEqual(30);
    expect(writes.filter(([, outcome]) => !ABSENT.includes(outcome))).toEqual([]);
  });

  test('no memory, log or secret of the host can be read', () => {
    // The kernel shows kallsyms to everybody, with all addresses as zero.
    const reads = named('read: ').filter(([name]) => name !== 'read: /proc/kallsyms');
    expect(reads.length).toBeGreaterThanOrEqual(10);
    expect(reads.filter(([, outcome]) => !ABSENT.includes(outcome))).toEqual([]);
  });

  test('addresses of the kernel are hidden', async () => {
    expect((await sh("awk '$1 !~ /^0+$/' /proc/kallsyms | wc -l")).output.text.trim()).toBe('0');
  });

  test('device nodes cannot be made', () => {
    expect(named('make: ').map(([, outcome]) => outcome)).toEqual(['EPERM', 'EPERM']);
  });
});

describe('rights', () => {
  test('it is nobody special and cannot become anybody', () => {
    expect(results).toMatchObject({
      user: '1000',
      'become root': 'EPERM',
      'capabilities CapInh': 'none',
      'capabilities CapPrm': 'none',
      'capabilities CapEff': 'none',
      'capabilities CapBnd': 'none',
      'capabilities CapAmb': 'none',
      'seccomp mode': '2',
      'no new privileges': '1',
      'programs with setuid or setgid': 'none',
      'raise its own priority': expect.stringMatching(/EPERM|EACCES/),
      'raise its own limits': expect.stringMatching(/EPERM|ValueError/),
      'kill the init': 'still there',
      'core dumps': '0',
    });
  });

  test('nothing outside the work folder can be written', () => {
    const folders = named('create in: ');
    expect(folders.length).toBeGreaterThanOrEqual(10);
    expect(folders.filter(([, outcome]) => !ABSENT.includes(outcome))).toEqual([]);
  });

  test('temporary memory cannot hold programs', () => {
    expect(named('execute in: ').map(([, outcome]) => outcome)).toEqual(['EACCES', 'EACCES', 'EACCES']);
  });
});

describe('the same probes in a plain container', () => {
  test('find it open', async () => {
    const container = await engine.docker.createContainer({
      Image: image,
      User: 'root',
      Cmd: ['python3', '-c', PROBES.toString('utf8')],
      WorkingDir: '/work',
      Labels: { 'threadsmith.install': engine.installId },
      HostConfig: { NetworkMode: 'bridge', Privileged: false, Init: true },
    });
    try {
      await container.start();
      await container.wait();
      const log = await container.logs({ stdout: true, stderr: false });
      const text = log.toString('latin1');
      const open = outcomes.parse(JSON.parse(text.slice(text.indexOf('{'))));
      const reached = Object.entries(open).filter(
        ([name, outcome]) =>
          (/^(call|socket): /.test(name) && !BLOCKED.includes(outcome)) ||
          (/^(write|read|make|create in|execute in): /.test(name) && outcome === 'open'),
      );
      expect(reached.length).toBeGreaterThanOrEqual(20);
      expect(open).toMatchObject({ user: '0', interfaces: 'eth0,lo' });
    } finally {
      await container.remove({ force: true });
    }
  });
});

describe('the network', () => {
  let port = 0;
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    response.end('the host');
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    const address = server.address();
    port = isAddress(address) ? address.port : 0;
  });
  afterAll(() => void server.close());

  test('there is a loopback and nothing else', () => {
    expect(results).toMatchObject({ interfaces: 'lo', routes: '0', hostname: 'sandbox' });
  });

  test('a service of the host is reached by none of its addresses', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => address),
    );
    expect(addresses.length).toBeGreaterThan(1);
    const reached: string[] = [];
    for (const address of [...addresses, '172.17.0.1', 'host.docker.internal', 'gateway.docker.internal']) {
      const host = address.includes(':') ? `[${address}]` : address;
      const { exitCode } = await sh(`curl -s -m 2 http://${host}:${port}/from-inside`);
      if (exitCode === 0) reached.push(address);
    }
    expect(reached).toEqual([]);
    expect(hits).toEqual([]);
  });

  test.each([
    ['the metadata service', 'curl -s -m 2 http://169.254.169.254/latest/meta-data/'],
    ['the metadata service by IPv6', "curl -s -m 2 'http://[fd00:ec2::254]/'"],
    ['the metadata service as a number', 'curl -s -m 2 http://2852039166/'],
    ['an address mapped into IPv6', "curl -s -m 2 'http://[::ffff:169.254.169.254]/'"],
    ['a public address', 'curl -s -m 2 http://1.1.1.1/'],
    ['a name', 'curl -s -m 2 https://deb.debian.org/'],
    [
      'a name server',
      "python3 -c \"import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.sendto(b'x'*20,('8.8.8.8',53))\"",
    ],
    ['a name, through the resolver', 'getent ahosts leak.example.com'],
    [
      'the broadcast address',
      "python3 -c \"import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.setsockopt(1,6,1); s.sendto(b'x',('255.255.255.255',9))\"",
    ],
    [
      'a multicast group',
      "python3 -c \"import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.sendto(b'x',('224.0.0.251',5353))\"",
    ],
    ['npm registry', 'npm ping --fetch-retries=0 --fetch-timeout=2000'],
  ])('%s is not reached', async (_what, line) => {
    expect((await sh(line)).exitCode).not.toBe(0);
  });

  test("the host's name servers are not even known", async () => {
    const hostServers = readFileSync('/etc/resolv.conf', 'utf8').match(/^nameserver\s+(\S+)/gm) ?? [];
    const { output } = await sh('cat /etc/resolv.conf');
    const known = hostServers.filter((line) => !line.includes('127.0.0.') && output.text.includes(line));
    expect(known).toEqual([]);
  });

  test('another sandbox is not reached, neither its ports nor its files nor its processes', async () => {
    const other = await engine.provider.open({ key: 'victim', image });
    try {
      await other.write('/work/secret-of-victim', Buffer.from('victim'));
      await other.start({
        id: 'server',
        argv: ['python3', '-m', 'http.server', '8099', '--bind', '0.0.0.0'],
      });
      (await other.connect(8099, 10_000)).destroy();
      expect(
        (await sh('curl -s -m 2 http://127.0.0.1:8099/; curl -s -m 2 http://172.17.0.2:8099/')).exitCode,
      ).not.toBe(0);
      expect(
        (await sh('pgrep -f 8099 | grep -v $$ | wc -l; find / -name secret-of-victim 2>/dev/null')).output
          .text,
      ).not.toContain('secret-of-victim');
      expect((await sh('ls -d /proc/[0-9]* | wc -l')).exitCode).toBe(0);
      expect((await sh('grep -l [v]ictim /proc/[0-9]*/cmdline')).exitCode).not.toBe(0);
    } finally {
      await engine.provider.remove('victim');
    }
  });
});

describe('the host', () => {
  test('its names, processes and disks do not show', async () => {
    const { output } = await sh('hostname; cat /proc/sys/kernel/hostname /etc/hostname; ps -eo args');
    expect(output.text.split('\n').slice(0, 3)).toEqual(['sandbox', 'sandbox', 'sandbox']);
    expect(output.text).not.toMatch(/dockerd|containerd|vitest/);
  });

  test('no folder of it is there but the work volume, and no Docker socket', async () => {
    const { output } = await sh("awk '{print $2, $3}' /proc/mounts; find / -xdev -name '*.sock' 2>/dev/null");
    const disks = output.text
      .split('\n')
      .filter((line) => /(ext4|xfs|btrfs|overlay)$/.test(line))
      .map((line) => line.split(' ')[0]);
    expect(new Set(disks)).toEqual(
      new Set(['/', '/usr/sbin/docker-init', '/work', '/etc/resolv.conf', '/etc/hostname', '/etc/hosts']),
    );
    expect(output.text).not.toContain('docker.sock');
  });

  test('secrets of the worker are nowhere in the sandbox, its image or its description', async () => {
    const canary = `canary-${randomUUID()}`;
    process.env['GITHUB_TOKEN'] = canary;
    process.env['OPENAI_API_KEY'] = canary;
    try {
      const fresh = await engine.another().open({ key: 'canary', image });
      const line = `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; env; grep -rsl ${canary} /work /tmp /run /etc | grep -v .toolhost`;
      const { output } = await fresh.run({ id: 'look', argv: ['bash', '-c', line] });
      const text = output.text.replaceAll(line, '').replaceAll(`grep -rsl ${canary}`, '');
      expect(text).not.toContain(`=${canary}`);
      const described = JSON.stringify([
        await engine.container('canary').inspect(),
        await engine.docker.getImage(image).inspect(),
        await engine.docker.getImage(image).history(),
      ]);
      expect(described).not.toContain(canary);
      expect(described).not.toMatch(/TOKEN=|API_KEY=|PASSWORD=|https?:\/\/[^/\s"]+:[^@\s"]+@/);
    } finally {
      delete process.env['GITHUB_TOKEN'];
      delete process.env['OPENAI_API_KEY'];
      await engine.provider.remove('canary');
    }
  });
});

describe('greed', () => {
  const small = { memoryBytes: 512 * 1024 ** 2, pids: 100, diskBytes: 300 * 1024 ** 2, cpus: 1 };
  let greedy: Sandbox;
  const take = (line: string, timeoutMs = 20_000): Promise<CommandResult> =>
    greedy.run({ id: randomUUID(), argv: ['bash', '-c', line], timeoutMs });
  beforeAll(async () => {
    greedy = await engine.provider.open({ key: 'greedy', image, limits: small });
  });
  afterAll(() => engine.provider.remove('greedy'));

  test('processes are bounded', async () => {
    const line =
      'import os,time\nn=0\ntry:\n  while n<5000:\n    if os.fork()==0: time.sleep(3); os._exit(0)\n    n+=1\nexcept OSError: pass\nprint(n)';
    const result = await greedy.run({ id: randomUUID(), argv: ['python3', '-c', line], timeoutMs: 30_000 });
    expect(Number(result.output.text)).toBeLessThan(small.pids);
    await new Promise((resolve) => setTimeout(resolve, 3_500));
  });

  test('memory is bounded, shared memory and files in memory as well', async () => {
    expect((await take('python3 -c "x = b\'x\' * (2 * 2**30)"')).exitCode).not.toBe(0);
    expect(
      (await take('head -c 2G /dev/zero > /dev/shm/fill; rm -f /dev/shm/fill; false')).exitCode,
    ).not.toBe(0);
    expect(
      (await take('head -c 2G /dev/zero > /tmp/fill && echo whole; rm -f /tmp/fill')).output.text,
    ).not.toContain('whole');
    expect((await take('echo alive')).output.text).toBe('alive\n');
  });

  test('the number of files in memory is bounded', async () => {
    const { exitCode } = await take(
      'cd /tmp && seq 200000 | xargs touch; code=$?; cd / && find /tmp -type f -delete; exit $code',
      60_000,
    );
    expect(exitCode).not.toBe(0);
  });

  test('disk is bounded', async () => {
    const { output } = await take(
      'for i in $(seq 60); do head -c 20M /dev/zero > f$i; sleep 0.1; done; sleep 20',
      60_000,
    );
    expect(output.text).toContain('over its limit');
    expect((await take('rm -f f*; echo alive')).output.text).toContain('alive');
  });

  test('processor time is bounded', async () => {
    const { NanoCpus } = (await engine.container('greedy').inspect()).HostConfig;
    expect(NanoCpus).toBe(1e9);
    const { output } = await take(
      'nproc; cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null',
    );
    expect(output.text).toMatch(/100000/);
  });

  test('open files are bounded', async () => {
    const { output } = await take(
      'python3 -c "\nimport os\nn=0\ntry:\n  while True: os.open(\'/dev/null\',0); n+=1\nexcept OSError: print(n)"',
    );
    expect(Number(output.text)).toBeLessThan(10_000);
  });
});

describe('the toolhost', () => {
  test('its program cannot be changed by what runs beside it', async () => {
    expect((await sh('echo x >> /usr/local/lib/toolhost/main.mjs')).exitCode).not.toBe(0);
    expect((await sh('mv /usr/local/lib/toolhost /work/x')).exitCode).not.toBe(0);
  });

  test('a forged result on disk is not believed beyond its form', async () => {
    const forge = (id: string, text: string) =>
      sh(
        `mkdir -p /work/.toolhost/commands/${id} && cat > /work/.toolhost/commands/${id}/result.json <<'X'\n${text}\nX`,
      );
    const evil = {
      exitCode: 0,
      signal: 'merge this',
      timedOut: 'no',
      durationMs: -1,
      totalBytes: 'many',
      path: '/',
    };
    for (const [id, text] of [
      ['forged-1', JSON.stringify(evil)],
      ['forged-2', '[]'],
      ['forged-3', 'not JSON'],
      ['forged-4', 'x'.repeat(50_000)],
    ] as const) {
      await forge(id, text);
      // As a command that was begun and cut off: it neither runs nor counts as done.
      expect(await sandbox.run({ id, argv: ['true'] })).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    }
  });

  test('a link in the place of stored output is only ever a file of the sandbox', async () => {
    await sh(
      'mkdir -p /work/.toolhost/commands/linked && ln -s /etc/shadow /work/.toolhost/commands/linked/output',
    );
    const result = await sandbox.run({ id: 'linked', argv: ['true'] });
    expect(result.output.text).toBe('');
  });

  test('names that are paths stay names', async () => {
    const result = await sandbox.run({ id: '../../../etc/cron.d/x', argv: ['echo', 'named'] });
    expect(result.output.path).toMatch(/^\/work\/\.toolhost\/commands\/h-[0-9a-f]{64}\/output$/);
  });

  test('a file swapped for a link while it is written lands nowhere else', async () => {
    await sh('mkdir -p swap && ln -sf /etc/passwd swap/target');
    await sandbox.write('swap/target', Buffer.from('harmless'));
    expect(
      (await sh('head -1 /etc/passwd; cat swap/target; test -L swap/target; echo $?')).output.text,
    ).toMatch(/^root:.*\nharmless1\n$/);
  });

  test('killing it ends the sandbox, not the worker, and the sandbox comes back', async () => {
    await expect(sh('kill -9 $(pgrep -f toolhost/main.mjs); sleep 20')).rejects.toMatchObject({
      code: 'sandbox_lost',
    });
    sandbox = await engine.provider.open({ key: 'hostile', image });
    expect(sandbox.fresh).toBe(false);
  });
});

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

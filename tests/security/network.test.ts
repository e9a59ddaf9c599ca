// Tries the network, the host and other sandboxes from inside a real sandbox.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { type Hostile, openHostile } from './hostile.ts';

let hostile: Hostile;
beforeAll(async () => {
  hostile = await openHostile();
});
afterAll(() => hostile.close());

const datagram = (to: string, port: number): string =>
  `python3 -c "import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.setsockopt(1,6,1); s.sendto(b'x'*20,('${to}',${port}))"`;

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

  test('a service of the host is reached by none of its addresses, docker0 and gateways included', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => address),
    );
    expect(addresses.length).toBeGreaterThan(1);
    const named = ['172.17.0.1', '172.18.0.1', 'host.docker.internal', 'gateway.docker.internal', '0.0.0.0'];
    const reached: string[] = [];
    for (const address of [...addresses, ...named]) {
      const host = address.includes(':') ? `[${address}]` : address;
      const { exitCode } = await hostile.sh(`curl -s -m 2 http://${host}:${port}/from-inside`);
      if (exitCode === 0) reached.push(address);
    }
    expect(reached).toEqual([]);
    expect(hits).toEqual([]);
    // What listens there is real: the host itself reaches it.
    expect(await (await fetch(`http://127.0.0.1:${port}/from-outside`)).text()).toBe('the host');
  });

  test.each([
    ['the metadata service', 'curl -s -m 2 http://169.254.169.254/latest/meta-data/'],
    ['the metadata service by IPv6', "curl -s -m 2 'http://[fd00:ec2::254]/'"],
    ['the metadata service as a number', 'curl -s -m 2 http://2852039166/'],
    ['the metadata service in octal', 'curl -s -m 2 http://0251.0376.0251.0376/'],
    ['the credentials of a container service', 'curl -s -m 2 http://169.254.170.2/v2/credentials'],
    ['an address mapped into IPv6', "curl -s -m 2 'http://[::ffff:169.254.169.254]/'"],
    ['a link-local address', "curl -s -m 2 'http://[fe80::1%25lo]/'"],
    ['the API of an engine on TCP', 'curl -s -m 2 http://172.17.0.1:2375/version'],
    ['a public address', 'curl -s -m 2 http://1.1.1.1/'],
    ['a name', 'curl -s -m 2 https://deb.debian.org/'],
    ['a name server', datagram('8.8.8.8', 53)],
    ['a name, through the resolver', 'getent ahosts leak.example.com'],
    ['the broadcast address', datagram('255.255.255.255', 9)],
    ['a multicast group', datagram('224.0.0.251', 5353)],
    ['a package registry', 'npm ping --fetch-retries=0 --fetch-timeout=2000'],
    ['a git server', 'timeout 5 git ls-remote https://github.com/git/git HEAD'],
    ['an interface of its own', 'socat -T1 TUN:10.9.9.1/24,up - < /dev/null'],
    [
      'a route of its own',
      "python3 -c \"import socket,struct; s=socket.socket(16,3,0); s.send(struct.pack('IHHIIBBBBBBBBI',28,24,0x605,1,0,2,0,0,0,254,3,0,1,0)); d=s.recv(99); e=struct.unpack('i',d[16:20])[0]; exit(0 if e==0 else 1)\"",
    ],
    ['an abstract socket of the host', 'socat -T1 - ABSTRACT-CONNECT:/containerd-shim < /dev/null'],
    ['the system bus', 'socat -T1 - UNIX-CONNECT:/run/dbus/system_bus_socket < /dev/null'],
  ])('%s is not reached', async (_what, line) => {
    expect((await hostile.sh(line)).exitCode).not.toBe(0);
  });

  test('abstract sockets of the host do not show', async () => {
    const { output } = await hostile.sh('cat /proc/net/unix | wc -l; grep -c containerd /proc/net/unix');
    expect(output.text.trim().split('\n')[1]).toBe('0');
  });

  test("the host's name servers are not even known", async () => {
    const hostServers = readFileSync('/etc/resolv.conf', 'utf8').match(/^nameserver\s+(\S+)/gm) ?? [];
    const { output } = await hostile.sh('cat /etc/resolv.conf');
    const known = hostServers.filter((line) => !line.includes('127.0.0.') && output.text.includes(line));
    expect(known).toEqual([]);
  });
});

describe('another sandbox', () => {
  let victim: Sandbox;
  let victimPid = '';
  const secret = `secret-${randomUUID()}`;
  beforeAll(async () => {
    victim = await hostile.engine.provider.open({ key: 'victim', image: hostile.image });
    await victim.write('/work/secret-of-victim', Buffer.from(secret));
    await victim.start({
      id: 'server',
      argv: ['python3', '-m', 'http.server', '8099', '--bind', '0.0.0.0', '--directory', '/work'],
    });
    const stream = await victim.connect(8099, 10_000);
    stream.destroy();
    victimPid = String((await hostile.engine.container('victim').inspect()).State.Pid);
  });
  afterAll(() => hostile.engine.provider.remove('victim'));

  test.each([
    ['its ports on loopback', 'curl -s -m 2 http://127.0.0.1:8099/secret-of-victim'],
    ['its ports on a bridge', 'for i in 1 2 3 4 5 6; do curl -s -m 1 http://172.17.0.$i:8099/; done'],
    ['its files', 'cat /work/secret-of-victim; find / -name secret-of-victim -exec cat {} + 2>/dev/null'],
    ['its volume', 'cat /var/lib/docker/volumes/*/_data/secret-of-victim'],
    ['its shared memory', 'cat /dev/shm/*; ipcs -a 2>/dev/null'],
    ['its processes', "grep -ls '[8]099' /proc/[0-9]*/cmdline"],
  ])('%s are not reached', async (_what, line) => {
    const { output } = await hostile.sh(`${line} | grep -v 'no matches'`);
    expect(output.text).not.toContain(secret);
    expect(output.text).not.toContain('secret-of-victim<');
    expect(output.text).not.toMatch(/^\/proc\/\d+\/cmdline$/m);
  });

  test('its processes are neither seen, traced, read nor killed by their number on the host', async () => {
    const { output } = await hostile.python(`
import ctypes, os
pid = ${victimPid}
libc = ctypes.CDLL(None, use_errno=True)
said = []
said.append(libc.ptrace(16, pid, 0, 0))
for file in ['root/etc/passwd', 'mem', 'environ', 'ns/net']:
    try: open(f'/proc/{pid}/{file}').close(); said.append(file)
    except OSError as error: said.append(-1)
try: os.kill(pid, 9); said.append('killed')
except OSError: said.append(-1)
print(said)`);
    expect(output.text.trim()).toBe('[-1, -1, -1, -1, -1, -1]');
    expect((await victim.run({ id: randomUUID(), argv: ['echo', 'alive'] })).output.text).toBe('alive\n');
  });
});

describe('the host', () => {
  test('its names, processes and disks do not show', async () => {
    const { output } = await hostile.sh('hostname; cat /proc/sys/kernel/hostname /etc/hostname; ps -eo args');
    expect(output.text.split('\n').slice(0, 3)).toEqual(['sandbox', 'sandbox', 'sandbox']);
    expect(output.text).not.toMatch(/dockerd|containerd|vitest/);
  });

  test('no folder of it is there but the work volume, and no Docker socket', async () => {
    const { output } = await hostile.sh(
      "awk '{print $2, $3}' /proc/mounts; find / -xdev -name '*.sock' 2>/dev/null",
    );
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
    const { engine, image } = hostile;
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

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

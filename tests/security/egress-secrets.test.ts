// Secrets that the proxy adds: they arrive at the host and are nowhere in the sandbox.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EgressFixture, openEgressFixture, type Ports } from './egress-fixture.ts';

const CURL = 'curl -s -S -m 30';
/** In parts, so that no search for it finds this file. */
const SECRET = ['canary', '7f3a9c51e2b8d604'].join('-');
const BASE64 = Buffer.from(`user:${SECRET}`).toString('base64');

describe('a secret header', () => {
  let stage: EgressFixture;
  let ports: Ports;
  let url = '';

  beforeAll(async () => {
    const names = ['secret.test', 'plain.test', 'basic.test'];
    stage = await openEgressFixture('egress-secrets', names, (request, response) => {
      const echo = JSON.stringify(request.headers);
      switch (request.url) {
        case '/echo':
          return void response.end(echo);
        case '/echo-header':
          return void response.writeHead(200, { 'x-echo': echo, 'set-cookie': [echo, echo] }).end('ok');
        case '/echo-redirect':
          return void response.writeHead(302, { location: `/?${request.headers.authorization}` }).end();
        case '/echo-slowly':
          return sendByByte(response, echo);
        case '/echo-encoded':
          return void response.end(`${Buffer.from(echo).toString('base64')} ${encodeURIComponent(echo)}`);
        case '/echo-gzip':
          return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(echo));
        case '/binary':
          return void response.end(Buffer.from([0, 255, 128, 10, 200]));
        default:
          return void response.end('reached');
      }
    });
    ports = stage.ports;
    for (const name of names) stage.names.set(name, ['127.0.0.1']);
    await stage.open(
      {
        rules: names.map((host) => ({ host, ports: [ports.plain, ports.tls], reach: 'anywhere' })),
        secrets: [
          { host: 'secret.test', header: 'Authorization', value: `Bearer ${SECRET}`, secret: SECRET },
          { host: 'secret.test', header: 'X-Second', value: SECRET, secret: SECRET },
          { host: 'basic.test', header: 'Authorization', value: `Basic ${BASE64}`, secret: BASE64 },
        ],
      },
      stage.certificate,
    );
    url = `https://secret.test:${ports.tls}`;
  });
  beforeEach(() => stage.forget());
  afterAll(() => stage.close());

  test('arrives by TLS in place of what the sandbox sent there', async () => {
    const sent = `-H 'Authorization: Bearer mine' -H 'authorization: Bearer other' -H 'Proxy-Authorization: Basic eA=='`;
    expect((await stage.run(`${CURL} ${sent} ${url}/`)).text).toBe('reached');
    expect(stage.seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'x-second': SECRET,
    });
    expect(stage.seen[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('arrives with a body, for tools that know nothing of it', async () => {
    const body = 'x'.repeat(300_000);
    await stage.run(`head -c 300000 /dev/zero | tr '\\0' x | ${CURL} -T - ${url}/upload`);
    await stage.run(
      `python3 -c "import urllib.request as u; u.urlopen(u.Request('${url}/py', data=b'abc'))"`,
    );
    await stage.run(`node -e "fetch('${url}/node', { method: 'POST', body: 'abc' })"`);
    expect(stage.seen.map(({ method, url: path, body: got }) => [method, path, got])).toEqual([
      ['PUT', '/upload', body],
      ['POST', '/py', 'abc'],
      ['POST', '/node', 'abc'],
    ]);
    for (const { headers } of stage.seen) expect(headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  test('goes to no other host, and never without TLS', async () => {
    await stage.run(`${CURL} https://plain.test:${ports.tls}/ http://plain.test:${ports.plain}/`);
    expect(stage.seen).toHaveLength(2);
    for (const { headers } of stage.seen) expect(headers).not.toHaveProperty('authorization');
    stage.forget();
    const refused = await stage.run(`${CURL} http://secret.test:${ports.plain}/`);
    expect([refused.text, stage.seen]).toEqual([expect.stringContaining('only asked by https'), []]);
    await stage.run(`${CURL} -p http://secret.test:${ports.plain}/`);
    expect(stage.seen).toEqual([]);
  });

  test('is not sent to a server that cannot prove who it is', async () => {
    await stage.open({
      rules: [{ host: 'secret.test', ports: [ports.tls], reach: 'anywhere' }],
      secrets: [{ host: 'secret.test', header: 'Authorization', value: SECRET, secret: SECRET }],
    });
    const { text } = await stage.run(`${CURL} ${url}/echo`);
    expect(text).toContain('could not be reached');
    expect(stage.seen).toEqual([]);
    stage.names.set('wrong.test', ['127.0.0.1']);
    await stage.open(
      {
        rules: [{ host: 'wrong.test', ports: [ports.tls], reach: 'anywhere' }],
        secrets: [{ host: 'wrong.test', header: 'Authorization', value: SECRET, secret: SECRET }],
      },
      stage.certificate,
    );
    expect((await stage.run(`${CURL} https://wrong.test:${ports.tls}/`)).text).toContain(
      'could not be reached',
    );
    expect(stage.seen).toEqual([]);
  });

  test.each([
    ['in the body', '/echo'],
    ['in a header', '/echo-header'],
    ['in a redirect', '/echo-redirect'],
    ['byte by byte', '/echo-slowly'],
    ['encoded', '/echo-encoded'],
    ['compressed', '/echo-gzip'],
  ])('does not come back %s', async (_how, path) => {
    await openWithAll();
    const { text } = await stage.run(
      `for i in 1 2; do ${CURL} -i -v -H 'Accept-Encoding: gzip, br' -H 'Range: bytes=0-3' ${url}${path} 2>&1; done`,
    );
    expect(stage.seen).toHaveLength(2);
    expect(stage.seen[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
    expect(stage.seen[0]?.headers).not.toHaveProperty('range');
    for (const form of formsOf(SECRET)) expect(text).not.toContain(form);
  });

  test('that is written as base64 does not come back either', async () => {
    await openWithAll();
    const { text } = await stage.run(`${CURL} https://basic.test:${ports.tls}/echo`);
    expect(stage.seen[0]?.headers.authorization).toBe(`Basic ${BASE64}`);
    expect(text).toContain('[redacted]');
    for (const form of [BASE64, ...formsOf(BASE64)]) expect(text).not.toContain(form);
  });

  test('other answers come back as they are, bytes and all', async () => {
    await openWithAll();
    const { text } = await stage.run(`${CURL} ${url}/binary | od -An -tu1`);
    expect(text.trim().split(/\s+/)).toEqual(['0', '255', '128', '10', '200']);
  });

  test('is nowhere in the sandbox, and neither is the key of its certificates', async () => {
    await openWithAll();
    await stage.run(`${CURL} ${url}/echo > /work/echo.txt`);
    const found = await stage.run(
      `env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; grep -rlaE '${formsOf(SECRET).join('|')}' /work /tmp /run /home /var /etc 2>/dev/null; grep -rla 'PRIVATE KEY-----' /work /tmp /run 2>/dev/null`,
    );
    // Its own command line is the only place, and was put there by this test.
    const lines = found.text.split('\n').filter((line) => !line.includes('grep -rlaE'));
    for (const form of formsOf(SECRET)) expect(lines.join('\n')).not.toContain(form);
    expect(
      lines.filter(
        (line) => /^\/(work|tmp|run|home|var|etc)\//.test(line) && !line.startsWith('/work/.toolhost'),
      ),
    ).toEqual([]);
    expect(JSON.stringify([stage.reports, stage.ended])).not.toContain(SECRET);
  });

  async function openWithAll(): Promise<void> {
    await stage.open(
      {
        rules: ['secret.test', 'basic.test'].map((host) => ({ host, ports: [ports.tls], reach: 'anywhere' })),
        secrets: [
          { host: 'secret.test', header: 'Authorization', value: `Bearer ${SECRET}`, secret: SECRET },
          { host: 'basic.test', header: 'Authorization', value: `Basic ${BASE64}`, secret: BASE64 },
        ],
      },
      stage.certificate,
    );
  }
});

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64').slice(0, -4), bytes.toString('hex')];
}

function sendByByte(response: { write(text: string): void; end(): void }, text: string): void {
  let index = 0;
  const next = (): void => {
    if (index >= text.length) return response.end();
    response.write(text.slice(index, index + 5));
    index += 5;
    setImmediate(next);
  };
  next();
}

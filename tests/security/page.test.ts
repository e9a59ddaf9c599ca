// A hostile page in the sandbox's browser: it reaches its own server and nothing else.
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { type SandboxBrowser } from '../../sandbox/port/browser.ts';
import { type Hostile, openHostile } from './hostile.ts';

const ORIGIN = 'http://localhost:3000';
/** What is refused is refused at once; the machine may be busy. */
const ANSWER_MS = 60_000;
const DEVTOOLS = 'http://127.0.0.1:39222';
let hostile: Hostile;
let browser: SandboxBrowser;
let hostPort = 0;
let pages = 0;
const hits: string[] = [];
const host = createServer((request, response) => {
  hits.push(request.url ?? '');
  response.setHeader('access-control-allow-origin', '*').end('the host');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, '0.0.0.0', resolve));
  const address = host.address();
  hostPort = isAddress(address) ? address.port : 0;
  hostile = await openHostile();
  await hostile.sandbox.start({ id: 'server', argv: ['python3', '-m', 'http.server', '3000'] });
  (await hostile.sandbox.connect(3000, 10_000)).destroy();
  browser = await openBrowser(hostile.sandbox);
});
afterAll(async () => {
  await browser.close();
  await hostile.close();
  host.close();
});

/** What a page's script, run on load, writes into its title. */
async function said(script: string): Promise<string> {
  const html = `<!doctype html><title>nothing</title><script>(async () => { ${script} })().then((text) => { document.title = 'reached ' + text }, (error) => { document.title = 'failed ' + error.name })</script>`;
  await hostile.sandbox.write('page.html', Buffer.from(html));
  const driver = await browser.driver();
  pages += 1;
  // Under a name of its own: the browser may keep a page that it has seen.
  let { title } = await driver.open(`${ORIGIN}/page.html?${pages}`);
  const deadline = performance.now() + ANSWER_MS;
  while (title === 'nothing' && performance.now() < deadline) ({ title } = await driver.press('Shift', null));
  return title;
}

describe('a page', () => {
  test('reaches its own server', async () => {
    expect(await said("return (await fetch('/page.html')).status")).toBe('reached 200');
  });

  test.each([
    ['the DevTools', `return await (await fetch('${DEVTOOLS}/json/version')).text()`],
    ['the list of pages', `return await (await fetch('${DEVTOOLS}/json/list')).text()`],
    ['the DevTools by another name', `return await (await fetch('http://localhost:39222/json')).text()`],
    ['a file', "return await (await fetch('file:///etc/passwd')).text()"],
    ['a page of the browser', "return await (await fetch('chrome://version')).text()"],
    ['the host', "return await (await fetch('http://172.17.0.1:HOST/')).text()"],
    ['the host by a name', "return await (await fetch('http://host.docker.internal:HOST/')).text()"],
    ['the metadata service', "return await (await fetch('http://169.254.169.254/latest/')).text()"],
    ['the internet', "return await (await fetch('https://example.com/', {mode: 'no-cors'})).type"],
    [
      'the internet by a beacon',
      "return await new Promise((_, reject) => { const i = new Image(); i.onerror = reject; i.onload = () => _('image'); i.src = 'https://example.com/x.png' })",
    ],
  ])('does not read %s', async (_what, script) => {
    expect(await said(script.replaceAll('HOST', String(hostPort)))).toMatch(/^failed/);
  });

  test('opens no connection to the DevTools', async () => {
    const id = `await (async () => { try { return (await (await fetch('${DEVTOOLS}/json/version')).json()).webSocketDebuggerUrl } catch { return 'ws://127.0.0.1:39222/devtools/browser/x' } })()`;
    expect(
      await said(
        `const s = new WebSocket(${id}); return await new Promise((resolve, reject) => { s.onopen = () => resolve('open'); s.onerror = () => reject(new Error('closed')) })`,
      ),
    ).toBe('failed Error');
  });

  test('sees nothing of a frame with a file, the DevTools or the host in it', async () => {
    const frames = ['file:///etc/passwd', `${DEVTOOLS}/json/version`, `http://172.17.0.1:${hostPort}/`];
    expect(
      await said(
        `const all = ${JSON.stringify(frames)}.map((src) => { const f = document.createElement('iframe'); f.src = src; document.body ? document.body.append(f) : document.documentElement.append(f); return f });
         await new Promise((done) => setTimeout(done, 700));
         return all.map((f) => { try { return f.contentDocument?.body?.innerText ?? 'closed' } catch { return 'closed' } }).join('|')`,
      ),
    ).toMatch(/^reached (closed|)\|(closed|)\|(closed|)$/);
  });

  test('is not opened where it is no page of a server in the sandbox', async () => {
    for (const url of [
      'file:///etc/passwd',
      'chrome://version',
      'view-source:http://localhost:3000/',
      'http://172.17.0.1/',
      'data:text/html,x',
      'http://user@localhost:3000/',
      'http://localhost.evil.test/',
    ]) {
      await expect(browser.capture({ url })).rejects.toMatchObject({ code: 'browser_failed' });
    }
  });

  test('reached nothing of the host in all of this', () => {
    expect(hits).toEqual([]);
  });
});

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

// The sandbox's browser: pictures of real pages, a page used by hand, and pages that mean harm.
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCREENSHOT_MAX_BYTES } from '../../core/limits.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { type SandboxBrowser, type ScreencastFrame } from '../../sandbox/port/browser.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { openTestEngine } from './engine.ts';

const engine = openTestEngine();
const ORIGIN = 'http://localhost:3000';
let sandbox: Sandbox;
let browser: SandboxBrowser;

const page = (name: string, html: string): Promise<void> =>
  sandbox.write(`${name}.html`, Buffer.from(`<!doctype html><meta charset="utf-8">${html}`));

beforeAll(async () => {
  const image = await engine.provider.ensureImage(() => {});
  sandbox = await engine.provider.open({ key: 'browser', image });
  await sandbox.start({ id: 'server', argv: ['python3', '-m', 'http.server', '3000'] });
  (await sandbox.connect(3000, 10_000)).destroy();
  browser = await openBrowser(sandbox);
});
afterAll(async () => {
  await browser.close();
  await engine.provider.remove('browser');
  await engine.close();
});

describe('a picture', () => {
  test('shows the page, with its title and status', async () => {
    await page('red', '<title>Red ✓</title><body style="margin:0;background:rgb(255,0,0)">');
    const seen = await browser.capture({ url: `${ORIGIN}/red.html`, fullPage: false });
    expect(seen).toMatchObject({ status: 200, title: 'Red ✓', widthPx: 1280, heightPx: 800, reduced: false });
    expect(firstPixel(seen.png)).toEqual([255, 0, 0]);
    expect(seen).toMatchObject({ consoleErrors: [], failedRequests: [] });
  });

  test('is of the whole page unless asked otherwise', async () => {
    await page('tall', '<div style="height:3000px">tall</div>');
    const whole = await browser.capture({ url: `${ORIGIN}/tall.html` });
    expect(whole.heightPx).toBeGreaterThanOrEqual(3000);
    const screen = await browser.capture({ url: `${ORIGIN}/tall.html`, fullPage: false });
    expect(screen.heightPx).toBe(800);
  });

  test('is of a phone, in the dark, or of one element', async () => {
    await page(
      'media',
      '<meta name="viewport" content="width=device-width"><style>body{margin:0}@media (prefers-color-scheme:dark){body{background:rgb(0,0,9)}}</style><div id="box" style="width:120px;height:40px">box</div>',
    );
    const url = `${ORIGIN}/media.html`;
    const phone = await browser.capture({ url, viewport: 'phone', colorScheme: 'dark' });
    expect(phone.widthPx % 390).toBe(0);
    expect(firstPixel(phone.png)).toEqual([0, 0, 9]);
    const element = await browser.capture({ url, selector: '#box' });
    expect([element.widthPx, element.heightPx]).toEqual([120, 40]);
  });

  test('comes with what went wrong on the page', async () => {
    await page(
      'broken',
      '<title>x</title><script>console.error("said so"); fetch("/missing.json"); setTimeout(() => { throw new Error("boom") }, 5)</script>',
    );
    const seen = await browser.capture({ url: `${ORIGIN}/broken.html` });
    expect(seen.consoleErrors).toEqual(['said so', 'Uncaught Error: boom']);
    expect(seen.failedRequests).toEqual([`GET ${ORIGIN}/missing.json 404`]);
  });

  test('of a page that is not there has its status', async () => {
    expect(await browser.capture({ url: `${ORIGIN}/nothing-here.html` })).toMatchObject({ status: 404 });
  });

  test('that would be 40 MB is made smaller', async () => {
    await page(
      'noise',
      '<body style="margin:0"><canvas width="1280" height="8000"></canvas><script>const c=document.querySelector("canvas"),x=c.getContext("2d"),d=x.createImageData(1280,8000);for(let i=0;i<d.data.length;i+=65536)crypto.getRandomValues(d.data.subarray(i,Math.min(i+65536,d.data.length)));for(let i=3;i<d.data.length;i+=4)d.data[i]=255;x.putImageData(d,0,0)</script>',
    );
    const seen = await browser.capture({ url: `${ORIGIN}/noise.html` });
    expect(seen.reduced).toBe(true);
    expect(seen.png.length).toBeLessThanOrEqual(SCREENSHOT_MAX_BYTES);
  });

  test('of a page a kilometre long is cut off', async () => {
    await page('endless', '<div style="height:4000000px;background:#eee">long</div>');
    const seen = await browser.capture({ url: `${ORIGIN}/endless.html` });
    expect(seen).toMatchObject({ reduced: true, heightPx: 8000 });
  });

  test('is taken although the page opens dialogs, windows and downloads', async () => {
    await page(
      'pushy',
      '<title>pushy</title><script>alert(1);confirm(2);prompt(3);window.open("/red.html");const a=document.createElement("a");a.href="/red.html";a.download="x";a.click();onbeforeunload=()=>"stay"</script>',
    );
    expect(await browser.capture({ url: `${ORIGIN}/pushy.html` })).toMatchObject({ title: 'pushy' });
  });

  test('has a clean profile each time', async () => {
    await page('cookie', '<script>document.title=document.cookie||"none";document.cookie="a=1"</script>');
    for (let round = 0; round < 3; round += 1) {
      expect(await browser.capture({ url: `${ORIGIN}/cookie.html` })).toMatchObject({ title: 'none' });
    }
  });

  test('comes with what was seen on the way, down to the end of the page', async () => {
    await page(
      'long',
      '<body style="margin:0"><div style="height:3000px;background:linear-gradient(red,blue)">x</div>',
    );
    const frames: ScreencastFrame[] = [];
    const seen = await browser.capture({
      url: `${ORIGIN}/long.html`,
      onFrame: (frame) => frames.push(frame),
    });
    expect(seen.heightPx).toBe(3000);
    expect(frames.length).toBeGreaterThanOrEqual(3);
    expect(frames.every(({ jpeg }) => jpeg[0] === 0xff && jpeg[1] === 0xd8)).toBe(true);
    expect(frames.toSorted((a, b) => a.atMs - b.atMs)).toEqual(frames);
  });

  test('that cannot be taken says why, and the browser goes on', async () => {
    await expect(browser.capture({ url: 'http://localhost:3999/' })).rejects.toMatchObject({
      code: 'browser_failed',
    });
    const missing = browser.capture({ url: `${ORIGIN}/red.html`, selector: '#not-there' });
    await expect(missing).rejects.toMatchObject({ code: 'browser_failed' });
    expect(await browser.capture({ url: `${ORIGIN}/red.html` })).toMatchObject({ status: 200 });
  });

  test.each([
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
    'http://example.com/',
    'http://172.17.0.1/',
    'javascript:alert(1)',
    'data:text/html,hi',
    'chrome://version',
    'http://user:secret@localhost:3000/',
    'http://localhost.evil.example/',
    'not an address',
  ])('is not taken of %s', async (url) => {
    await expect(browser.capture({ url })).rejects.toMatchObject({ code: 'browser_failed' });
  });

  test('is given up on abort', async () => {
    await page('slow', '<script>const end=Date.now()+1e4;while(Date.now()<end);</script>');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const startedAt = performance.now();
    await expect(browser.capture({ url: `${ORIGIN}/slow.html` }, abort.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });
});

describe('a page used by hand', () => {
  test('is opened, read, clicked, filled in and photographed', async () => {
    await page(
      'form',
      '<title>Form</title><label>Name <input id="name"></label><button onclick="document.title=document.querySelector(\'#name\').value;console.log(\'sent\')">Send</button>',
    );
    const driver = await browser.driver();
    expect(await driver.open(`${ORIGIN}/form.html`)).toEqual({
      url: `${ORIGIN}/form.html`,
      title: 'Form',
      status: 200,
    });
    const tree = await driver.snapshot();
    expect(tree).toContain('button "Send"');
    const button = /button "Send" \[ref=(e\d+)\]/.exec(tree)?.[1] ?? '';
    await driver.fill('#name', 'Ada');
    expect(await driver.click(button)).toMatchObject({ title: 'Ada' });
    expect(await driver.console()).toEqual(['log: sent']);
    expect(await driver.network()).toEqual([`GET ${ORIGIN}/form.html 200`]);
    expect(firstPixel(await driver.screenshot({}))).toEqual([255, 255, 255]);
    expect(await browser.driver()).toBe(driver);
  });

  test('is shown on a phone in the dark, where the next address stays too, and one element of it is taken', async () => {
    await page(
      'looks',
      '<meta name="viewport" content="width=device-width"><title>x</title><style>body{margin:0}@media (prefers-color-scheme:dark){body{background:rgb(0,0,9)}}</style><b id="box" style="display:block;width:50px;height:20px;background:rgb(9,0,0)"></b><script>document.title=innerWidth</script>',
    );
    const driver = await browser.driver();
    const dark = await driver.open(`${ORIGIN}/looks.html`, { viewport: 'phone', colorScheme: 'dark' });
    expect(dark.title).toBe('390');
    expect(await driver.open(`${ORIGIN}/looks.html`)).toMatchObject({ title: '390', status: 200 });
    const element = Buffer.from(await driver.screenshot({ selector: '#box' }));
    expect(element.readUInt32BE(16)).toBeGreaterThanOrEqual(50);
    expect(firstPixel(element)).toEqual([9, 0, 0]);
    const back = await driver.open(`${ORIGIN}/looks.html`, { viewport: 'desktop', colorScheme: 'light' });
    expect(back.title).toBe('1280');
  });

  test('says why a step does not work out', async () => {
    const driver = await browser.driver();
    await driver.open(`${ORIGIN}/form.html`);
    await expect(driver.click('#not-there')).rejects.toMatchObject({ code: 'browser_failed' });
    await expect(driver.press('NoSuchKey', null)).rejects.toMatchObject({ code: 'browser_failed' });
    await expect(driver.open('file:///etc/passwd')).rejects.toMatchObject({ code: 'browser_failed' });
  });
});

describe('the browser', () => {
  test('stays for whoever comes next', async () => {
    const first = await chromiumPid();
    const other = await openBrowser(sandbox);
    expect(await other.capture({ url: `${ORIGIN}/red.html` })).toMatchObject({ status: 200 });
    await other.close();
    expect(await chromiumPid()).toBe(first);
    expect(await browser.capture({ url: `${ORIGIN}/red.html` })).toMatchObject({ status: 200 });
  });

  test('comes back after it was killed', async () => {
    await sandbox.run({ id: 'kill', argv: ['pkill', '-9', 'chromium'] });
    await expect(browser.capture({ url: `${ORIGIN}/red.html` })).rejects.toMatchObject({
      code: 'browser_failed',
    });
    browser = await openBrowser(sandbox);
    expect(await browser.capture({ url: `${ORIGIN}/red.html` })).toMatchObject({ status: 200 });
  });

  test('a page cannot drive it through its own port', async () => {
    await page(
      'attack',
      `<script>
      const port = 39222, said = [];
      const tries = [
        fetch('http://127.0.0.1:' + port + '/json/version').then((r) => r.text()),
        fetch('http://localhost:' + port + '/json/new?http://localhost:3000/red.html', { method: 'PUT' }).then((r) => r.text()),
        new Promise((ok, no) => { const s = new WebSocket('ws://127.0.0.1:' + port + '/devtools/browser'); s.onopen = () => ok('open'); s.onerror = () => no('closed'); }),
        fetch('file:///etc/passwd').then((r) => r.text()),
      ];
      Promise.allSettled(tries).then((all) => { document.title = all.map((one) => one.status).join(' '); });
      </script>`,
    );
    const driver = await browser.driver();
    await driver.open(`${ORIGIN}/attack.html`);
    await expect
      .poll(async () => (await driver.press('Shift', null)).title)
      .toBe('rejected rejected rejected rejected');
  });
});

async function chromiumPid(): Promise<string> {
  const { output } = await sandbox.run({
    id: `pid-${Math.random()}`,
    argv: ['pgrep', '-o', '-f', 'remote-debugging'],
  });
  return output.text.trim();
}

/** Red, green and blue of the first pixel of a PNG whose first row is not filtered, or filtered from nothing. */
function firstPixel(png: Uint8Array): number[] {
  const bytes = Buffer.from(png);
  const parts: Buffer[] = [];
  for (let offset = 8; offset < bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    if (bytes.toString('latin1', offset + 4, offset + 8) === 'IDAT')
      parts.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += length + 12;
  }
  return [...inflateSync(Buffer.concat(parts)).subarray(1, 4)];
}

// The browser tool on a real page in a real sandbox.
import { expect, it } from 'vitest';
import { openBrowser } from '../../../sandbox/browser/open-browser.ts';
import { opened } from '../../setup/opened.ts';
import { callTool, outputOf, useTestSandbox } from './sandbox.ts';

const PAGE = `<!doctype html><title>Greeter</title>
<h1>Greeter</h1>
<label>Name <input id="name"></label> <button onclick="greet()">Greet</button>
<p id="out"></p>
<script>
  function greet() {
    document.title = 'Greeted';
    document.getElementById('out').textContent = 'Hello ' + document.getElementById('name').value;
    console.log('greeting', document.getElementById('name').value);
    fetch('/missing.json');
  }
  document.getElementById('name').addEventListener('keydown', (event) => event.key === 'Enter' && greet());
</script>`;
const URL = 'http://localhost:4571/page.html';
const PATIENTLY = { timeout: 60_000 };

const test = useTestSandbox('browser');
const browser = opened(async () => {
  await test.sandbox.write('/work/repo/page.html', new TextEncoder().encode(PAGE));
  const serve = 'exec python3 -m http.server 4571 --bind 127.0.0.1';
  await callTool(test, 'shell', { command: serve, background: true });
  return openBrowser(test.sandbox);
});

const call = (input: object) => callTool(test, 'browser', input, { openBrowser: () => browser.driver() });
const use = async (input: object): Promise<string> => outputOf(await call(input));

it('opens, fills, clicks, presses, and sees what the page says', async () => {
  expect(await use({ action: 'open', url: URL })).toBe(`The page is ${URL} (HTTP 200), titled “Greeter”.`);
  await use({ action: 'fill', selector: '#name', text: 'Ann' });
  expect(await use({ action: 'click', selector: 'text=Greet >> visible=true >> nth=1' })).toMatch(/titled/);
  await use({ action: 'press', key: 'Enter', selector: '#name' });
  expect(await use({ action: 'snapshot' })).toMatch(/heading "Greeter"[\s\S]*Hello Ann/);
  await expect.poll(() => use({ action: 'console' }), PATIENTLY).toMatch(/greeting Ann/);
  await expect.poll(() => use({ action: 'network' }), PATIENTLY).toMatch(/missing\.json 404/);
});

it('takes a screenshot that the model and people get to see', async () => {
  await use({ action: 'open', url: URL });
  const outcome = await call({ action: 'screenshot' });
  expect(outcome).toMatchObject({ kind: 'result', ok: true, imageArtifactIds: [expect.any(String)] });
});

it('says what is missing and what does not work', async () => {
  expect(await use({ action: 'click' })).toBe('The action click needs selector.');
  expect(await use({ action: 'open', url: 'http://localhost:4571/no.html' })).toMatch(/HTTP 404/);
  await expect(use({ action: 'click', selector: '#nowhere' })).rejects.toMatchObject({
    code: 'browser_failed',
  });
  await expect(use({ action: 'open', url: 'http://localhost:1/' })).rejects.toMatchObject({
    code: 'browser_failed',
  });
});

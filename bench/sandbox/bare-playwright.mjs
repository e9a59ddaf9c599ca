// Runs inside the bare container: Playwright beside the Chromium that it launches, with nothing in between.
// Prints the milliseconds to the first picture and of each later one, as JSON.
import { createRequire } from 'node:module';

const [, , folder, url, count] = process.argv;
const { chromium } = createRequire(import.meta.url)(`${folder}/playwright-core`);

async function picture(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  await page.screenshot({ fullPage: true });
  await context.close();
}

const startedAt = performance.now();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
await picture(browser);
const first = performance.now() - startedAt;
const next = [];
for (let index = 0; index < Number(count); index += 1) {
  const from = performance.now();
  await picture(browser);
  next.push(performance.now() - from);
}
await browser.close();
process.stdout.write(JSON.stringify({ first, next }));

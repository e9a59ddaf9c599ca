// Opening a page, and knowing when it is ready to be looked at.
import type { Page } from 'playwright';
import { browserFailed } from './failure.ts';
import type { PageWatch } from './page-watch.ts';

const ERROR_PAGE_MS = 500;

/** Opens the page and returns its status; a server that refuses is an answer, not a failure of ours. */
export async function visit(page: Page, url: string): Promise<number | null> {
  try {
    const response = await page.goto(url, { waitUntil: 'load' });
    return response?.status() ?? null;
  } catch (thrown) {
    // Chromium's own error page comes a moment later and would interrupt the next navigation.
    await page.waitForURL('chrome-error://**', { timeout: ERROR_PAGE_MS }).catch(() => undefined);
    throw thrown;
  }
}

/** Waits until the page has loaded what it wants, its fonts are there and it was painted. */
export async function settle(page: Page, watch: PageWatch): Promise<void> {
  const painted = page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  // A page that keeps its main thread busy is photographed as it is.
  const enough = new Promise<void>((resolve) => setTimeout(resolve, 2_000));
  await Promise.all([watch.quiet(), Promise.race([painted.catch(() => undefined), enough])]);
}

/** Only servers in the sandbox: there is nothing else to look at, and `file:` is not for pictures. */
export function localUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  const isLocal =
    url !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[\w-]+\.localhost)$/.test(url.hostname);
  if (url !== undefined && isWeb && isLocal && url.username === '') return url.href;
  throw browserFailed(
    `${text.slice(0, 200)} is not an address of a server in the sandbox, such as http://localhost:3000/.`,
  );
}

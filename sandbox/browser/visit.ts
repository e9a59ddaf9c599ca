// Opens a page, and waits until it is ready for a picture.
import type { Page } from 'playwright';
import { within } from '../../core/async.ts';
import { browserFailed } from './failure.ts';
import type { PageWatch } from './page-watch.ts';

const ERROR_PAGE_MS = 500;

/** Opens the page and returns its status, also one of 400 and above. Throws where no server answers. */
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

/** Waits until the page and its fonts have loaded and it was painted, a few seconds at most. */
export async function settle(page: Page, watch: PageWatch): Promise<void> {
  const painted = page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  // A page that keeps its main thread busy is photographed as it is.
  await Promise.all([
    watch.quiet(),
    within(
      2_000,
      painted.catch(() => undefined),
      () => undefined,
    ),
  ]);
}

/** Returns the address of a server in the sandbox. Throws `browser_failed` for all others, `file:` included. */
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

// The browser of a sandbox through Playwright: pictures with a clean profile each, and one page for the agent.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Capture, CaptureSpec, PageHands, SandboxBrowser } from '../browser.ts';
import { browserFailed } from './chromium.ts';
import { ChromiumHands } from './chromium-hands.ts';
import { PageWatch } from './page-watch.ts';
import { takePicture } from './picture.ts';

const OPEN_TIMEOUT_MS = 20_000;
const ACTION_TIMEOUT_MS = 5_000;
const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

export class ChromiumBrowser implements SandboxBrowser {
  private readonly browser: Browser;
  private agentPage: Promise<PageHands> | undefined;

  constructor(browser: Browser) {
    this.browser = browser;
  }

  async capture(spec: CaptureSpec, signal?: AbortSignal): Promise<Capture> {
    signal?.throwIfAborted();
    const url = localUrl(spec.url);
    return this.attempt(async () => {
      const context = await this.context(spec);
      const abort = (): void => void context.close().catch(() => undefined);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const page = await openPage(context);
        const watch = new PageWatch(page);
        const status = await visit(page, url);
        await settle(page, watch);
        const picture = await takePicture(page, { fullPage: spec.fullPage ?? true, selector: spec.selector });
        const { consoleErrors, failedRequests } = watch;
        const title = (await page.title()).slice(0, 300);
        return { ...picture, status, title, consoleErrors: [...consoleErrors], failedRequests: [...failedRequests] };
      } finally {
        signal?.removeEventListener('abort', abort);
        await context.close().catch(() => undefined);
      }
    }, signal);
  }

  hands(): Promise<PageHands> {
    this.agentPage ??= this.attempt(async () => {
      const page = await openPage(await this.context({}));
      return new ChromiumHands(page, new PageWatch(page));
    });
    return this.agentPage;
  }

  async close(): Promise<void> {
    await this.browser.close().catch(() => undefined);
  }

  private async context(spec: Partial<CaptureSpec>): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      ...(spec.viewport === 'phone' ? PHONE : DESKTOP),
      colorScheme: spec.colorScheme ?? 'light',
      reducedMotion: 'reduce',
      serviceWorkers: 'block',
      acceptDownloads: false,
      locale: 'en-US',
      timezoneId: 'UTC',
    });
    context.setDefaultTimeout(ACTION_TIMEOUT_MS);
    context.setDefaultNavigationTimeout(OPEN_TIMEOUT_MS);
    return context;
  }

  private async attempt<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      signal?.throwIfAborted();
      throw asBrowserFailure(thrown);
    }
  }
}

/** Playwright's error messages go on for pages; the first line says what failed. */
export function asBrowserFailure(thrown: unknown): ThreadsmithError {
  if (thrown instanceof ThreadsmithError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are what is taken out.
  const plain = message.replace(/\u001b\[[0-9;]*m/g, '').split('\n')[0] ?? '';
  return browserFailed(`The browser could not do that: ${plain.slice(0, 400)}`, thrown);
}

/** Opens the page and returns its status; a server that refuses is an answer, not a failure of ours. */
export async function visit(page: Page, url: string): Promise<number | null> {
  const response = await page.goto(url, { waitUntil: 'load' });
  return response?.status() ?? null;
}

/** Waits until the page has loaded what it wants, its fonts are there and it was painted. */
export async function settle(page: Page, watch: PageWatch): Promise<void> {
  await watch.quiet();
  const painted = page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  // A page that keeps its main thread busy is photographed as it is.
  const enough = new Promise<void>((resolve) => setTimeout(resolve, 2_000));
  await Promise.race([painted.catch(() => undefined), enough]);
}

async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined));
  context.on('page', (other) => {
    if (other !== page) void other.close().catch(() => undefined);
  });
  return page;
}

/** Only servers in the sandbox: there is nothing else to look at, and `file:` is not for pictures. */
export function localUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  const isLocal = url !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[\w-]+\.localhost)$/.test(url.hostname);
  if (url !== undefined && isWeb && isLocal && url.username === '') return url.href;
  throw browserFailed(`${text.slice(0, 200)} is not an address of a server in the sandbox, such as http://localhost:3000/.`);
}

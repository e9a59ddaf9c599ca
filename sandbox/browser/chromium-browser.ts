// Drives the browser of a sandbox through Playwright: captures with a clean profile each, and one page for the agent.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import type { Capture, CaptureSpec, Look, PageDriver, SandboxBrowser } from '../port/browser.ts';
import { onPage } from './failure.ts';
import { ChromiumPageDriver } from './page-driver.ts';
import { PageWatch } from './page-watch.ts';
import { takePicture } from './picture.ts';
import { Screencast, scrollThrough } from './screencast.ts';
import { localUrl, settle, visit } from './visit.ts';

const OPEN_TIMEOUT_MS = 20_000;
const ACTION_TIMEOUT_MS = 5_000;
const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

interface OpenPage {
  readonly context: BrowserContext;
  readonly page: Page;
}

export class ChromiumBrowser implements SandboxBrowser {
  private readonly browser: Browser;
  private agentPage: Promise<PageDriver> | undefined;
  /** An unused page. Making one starts a process, which is most of the time that a capture takes. */
  private spare: Promise<OpenPage> | undefined;

  constructor(browser: Browser) {
    this.browser = browser;
  }

  async capture(spec: CaptureSpec, signal?: AbortSignal): Promise<Capture> {
    const url = localUrl(spec.url);
    return onPage(() => this.captureOnce(url, spec), signal);
  }

  private async captureOnce(url: string, spec: CaptureSpec): Promise<Capture> {
    const { context, page } = await this.takePage(spec);
    try {
      const watch = new PageWatch(page);
      const screencast = spec.onFrame === undefined ? undefined : await Screencast.start(page, spec.onFrame);
      const status = await visit(page, url);
      await settle(page, watch);
      const { fullPage = true, selector } = spec;
      const element = selector === undefined ? undefined : page.locator(selector).first();
      const part = { fullPage, element };
      const picture = await (screencast?.without(() => takePicture(page, part)) ?? takePicture(page, part));
      if (screencast !== undefined) await scrollThrough(page, screencast);
      await screencast?.stop();
      const { consoleErrors, failedRequests } = watch;
      const title = (await page.title()).slice(0, 300);
      return {
        ...picture,
        status,
        title,
        consoleErrors: [...consoleErrors],
        failedRequests: [...failedRequests],
      };
    } finally {
      this.keepSpare();
      void context.close().catch(() => undefined);
    }
  }

  driver(): Promise<PageDriver> {
    this.agentPage ??= onPage(async () => {
      const openPage = async (look: Look) => (await this.openPage(look)).page;
      return new ChromiumPageDriver(openPage, await openPage({}));
    });
    this.agentPage.catch(() => {
      this.agentPage = undefined;
    });
    return this.agentPage;
  }

  async close(): Promise<void> {
    await this.browser.close().catch(() => undefined);
  }

  private async takePage(spec: Look): Promise<OpenPage> {
    const isUsual = (spec.viewport ?? 'desktop') === 'desktop' && (spec.colorScheme ?? 'light') === 'light';
    const { spare } = this;
    if (!isUsual || spare === undefined) return this.openPage(spec);
    this.spare = undefined;
    return spare.catch(() => this.openPage(spec));
  }

  private keepSpare(): void {
    this.spare ??= this.openPage({});
    this.spare.catch(() => undefined);
  }

  private async openPage(spec: Look): Promise<OpenPage> {
    const context = await this.context(spec);
    const page = await context.newPage();
    page.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined));
    context.on('page', (other) => {
      if (other !== page) void other.close().catch(() => undefined);
    });
    return { context, page };
  }

  private async context(spec: Look): Promise<BrowserContext> {
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
}

// One page, used step by step by the agent's browser tool.
import type { Locator, Page } from 'playwright';
import type { PageHands, PageState } from '../browser.ts';
import { asBrowserFailure } from './failure.ts';
import type { PageWatch } from './page-watch.ts';
import { takePicture } from './picture.ts';
import { localUrl, settle, visit } from './visit.ts';

const SNAPSHOT_MAX_CHARS = 200_000;

export class ChromiumHands implements PageHands {
  private readonly page: Page;
  private readonly watch: PageWatch;
  private status: number | null = null;

  constructor(page: Page, watch: PageWatch) {
    this.page = page;
    this.watch = watch;
    page.on('response', (response) => {
      const request = response.request();
      if (request.isNavigationRequest() && request.frame() === page.mainFrame())
        this.status = response.status();
    });
  }

  open(url: string): Promise<PageState> {
    return this.act(async () => {
      const address = localUrl(url);
      this.watch.reset();
      this.status = await visit(this.page, address);
    });
  }

  click(selector: string): Promise<PageState> {
    return this.act(() => this.find(selector).click());
  }

  fill(selector: string, text: string): Promise<PageState> {
    return this.act(() => this.find(selector).fill(text));
  }

  press(key: string, selector: string | null): Promise<PageState> {
    return this.act(() =>
      selector === null ? this.page.keyboard.press(key) : this.find(selector).press(key),
    );
  }

  async snapshot(): Promise<string> {
    return this.attempt(async () =>
      (await this.page.ariaSnapshot({ mode: 'ai' })).slice(0, SNAPSHOT_MAX_CHARS),
    );
  }

  async screenshot(fullPage: boolean): Promise<Uint8Array> {
    return this.attempt(async () => (await takePicture(this.page, { fullPage })).png);
  }

  async console(): Promise<readonly string[]> {
    return [...this.watch.consoleLines];
  }

  async network(): Promise<readonly string[]> {
    return [...this.watch.requests];
  }

  private act(step: () => Promise<void>): Promise<PageState> {
    return this.attempt(async () => {
      await step();
      await settle(this.page, this.watch);
      const title = (await this.page.title()).slice(0, 300);
      return { url: this.page.url().slice(0, 1000), title, status: this.status };
    });
  }

  private find(selector: string): Locator {
    if (/^(f\d+)?e\d+$/.test(selector)) return this.page.getByRef(selector);
    return this.page.locator(selector).first();
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw asBrowserFailure(thrown);
    }
  }
}

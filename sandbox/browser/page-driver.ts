// Drives one page step by step, for the agent's browser tool.
import type { Locator, Page } from 'playwright';
import type { Look, PageDriver, PageState } from '../port/browser.ts';
import { onPage } from './failure.ts';
import { PageWatch } from './page-watch.ts';
import { takePicture } from './picture.ts';
import { localUrl, settle, visit } from './visit.ts';

const SNAPSHOT_MAX_CHARS = 200_000;

export class ChromiumPageDriver implements PageDriver {
  private readonly openPage: (look: Look) => Promise<Page>;
  private look: Look = {};
  private page: Page;
  private watch: PageWatch;
  private status: number | null = null;

  /** `openPage` has made `page` with the default look. */
  constructor(openPage: (look: Look) => Promise<Page>, page: Page) {
    this.openPage = openPage;
    this.page = page;
    this.watch = this.follow(page);
  }

  private follow(page: Page): PageWatch {
    page.on('response', (response) => {
      const request = response.request();
      if (request.isNavigationRequest() && request.frame() === page.mainFrame())
        this.status = response.status();
    });
    return new PageWatch(page);
  }

  open(url: string, wanted: Look = {}): Promise<PageState> {
    return this.act(async () => {
      const address = localUrl(url);
      const look = { ...this.look, ...wanted };
      if (!isSame(look, this.look)) await this.change(look);
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
    return onPage(async () => (await this.page.ariaSnapshot({ mode: 'ai' })).slice(0, SNAPSHOT_MAX_CHARS));
  }

  async screenshot(part: { readonly fullPage?: boolean; readonly selector?: string }): Promise<Uint8Array> {
    const { fullPage = false, selector } = part;
    return onPage(async () => {
      const element = selector === undefined ? undefined : this.find(selector);
      return (await takePicture(this.page, { fullPage, element })).png;
    });
  }

  async console(): Promise<readonly string[]> {
    return [...this.watch.consoleLines];
  }

  async network(): Promise<readonly string[]> {
    return [...this.watch.requests];
  }

  /** Opens a page with another look: a page keeps the screen that it was made with. */
  private async change(look: Look): Promise<void> {
    const page = await this.openPage(look);
    const last = this.page;
    this.watch = this.follow(page);
    this.page = page;
    this.look = look;
    void last
      .context()
      .close()
      .catch(() => undefined);
  }

  private act(step: () => Promise<void>): Promise<PageState> {
    return onPage(async () => {
      await step();
      this.watch.stir();
      await settle(this.page, this.watch);
      const title = (await this.page.title()).slice(0, 300);
      return { url: this.page.url().slice(0, 1000), title, status: this.status };
    });
  }

  private find(selector: string): Locator {
    if (/^(f\d+)?e\d+$/.test(selector)) return this.page.getByRef(selector);
    return this.page.locator(selector).first();
  }
}

function isSame(one: Look, other: Look): boolean {
  return (
    (one.viewport ?? 'desktop') === (other.viewport ?? 'desktop') &&
    (one.colorScheme ?? 'light') === (other.colorScheme ?? 'light')
  );
}

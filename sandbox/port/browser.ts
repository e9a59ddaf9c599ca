// The sandbox's own browser as the worker sees it: pictures of pages, and one page to use by hand.

/** What kind of screen a page is shown on. */
export interface Look {
  /** Default desktop. */
  readonly viewport?: 'desktop' | 'phone';
  /** Default light. */
  readonly colorScheme?: 'light' | 'dark';
}

export interface FilmFrame {
  readonly jpeg: Uint8Array;
  /** On the clock of this process. */
  readonly atMs: number;
}

export interface CaptureSpec extends Look {
  /** An http(s) address on the sandbox's own localhost. */
  readonly url: string;
  /** The whole page (up to a bound) instead of the first screen. Default true. */
  readonly fullPage?: boolean;
  /** Only this element, as a Playwright selector. */
  readonly selector?: string;
  /** Gets what is seen while the page opens, and then while it is scrolled through. */
  readonly onFrame?: (frame: FilmFrame) => void;
}

export interface Capture {
  /** At most SCREENSHOT_MAX_BYTES: larger ones are scaled down, and then cut off at the bottom. */
  readonly png: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  /** True where the picture is smaller than the page was. */
  readonly reduced: boolean;
  /** HTTP status of the page itself, null where it did not answer with one. */
  readonly status: number | null;
  readonly title: string;
  readonly consoleErrors: readonly string[];
  /** One line each: method, address, and the status or the reason. */
  readonly failedRequests: readonly string[];
}

export interface PageState {
  readonly url: string;
  readonly title: string;
  readonly status: number | null;
}

/** One page used step by step. A step that does not work out throws `browser_failed` with the reason. */
export interface PageDriver {
  /** Opens an address; with another look than the page has, in a fresh profile. What is not named stays. */
  open(url: string, look?: Look): Promise<PageState>;
  /** Selectors are Playwright's, or a reference such as `e12` from `snapshot`. */
  click(selector: string): Promise<PageState>;
  fill(selector: string, text: string): Promise<PageState>;
  /** Presses a key on an element, or on the page. */
  press(key: string, selector: string | null): Promise<PageState>;
  /** The accessibility tree as text. */
  snapshot(): Promise<string>;
  /** The screen, the whole page (up to a bound), or one element. */
  screenshot(part: { readonly fullPage?: boolean; readonly selector?: string }): Promise<Uint8Array>;
  /** Lines of the console since the page was opened. */
  console(): Promise<readonly string[]>;
  /** Requests since the page was opened, one line each. */
  network(): Promise<readonly string[]>;
}

export interface SandboxBrowser {
  /** Opens a page with a clean profile, waits until it is still, and takes its picture. */
  capture(spec: CaptureSpec, signal?: AbortSignal): Promise<Capture>;
  /** The page for use step by step; the same one at each call. */
  driver(): Promise<PageDriver>;
  /** Lets go of the browser; Chromium stays for the next one. */
  close(): Promise<void>;
}

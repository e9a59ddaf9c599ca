// The browser port: captures of pages, and one page that the agent drives step by step.

/** The kind of screen that a page is shown on. */
export interface Look {
  /** Default desktop. */
  readonly viewport?: 'desktop' | 'phone';
  /** Default light. */
  readonly colorScheme?: 'light' | 'dark';
}

export interface ScreencastFrame {
  readonly jpeg: Uint8Array;
  /** On the clock of `performance.now()` in this process. */
  readonly atMs: number;
}

export interface CaptureSpec extends Look {
  /** An http(s) address on the sandbox's own localhost. */
  readonly url: string;
  /** The whole page (up to a bound) instead of the first screen. Default true. */
  readonly fullPage?: boolean;
  /** Only this element, as a Playwright selector. */
  readonly selector?: string;
  /** Gets frames while the page opens and while it is scrolled through. Must not throw. */
  readonly onFrame?: (frame: ScreencastFrame) => void;
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

/**
 * One page, driven step by step. Each step waits until the page is still, and throws `browser_failed` with the reason
 * where it fails. Steps may be repeated; they act on the page again. They take no abort: each ends after a few seconds.
 */
export interface PageDriver {
  /** Opens an address; another look than the page has opens a fresh profile. Parts of the look that are not named stay. */
  open(url: string, look?: Look): Promise<PageState>;
  /** Clicks an element. Selectors are Playwright's, or a reference such as `e12` from `snapshot`. */
  click(selector: string): Promise<PageState>;
  /** Replaces the text of a field. */
  fill(selector: string, text: string): Promise<PageState>;
  /** Presses a key on an element, or on the page. */
  press(key: string, selector: string | null): Promise<PageState>;
  /** Returns the accessibility tree as text. */
  snapshot(): Promise<string>;
  /** Takes a PNG of the screen, the whole page (up to a bound), or one element. */
  screenshot(part: { readonly fullPage?: boolean; readonly selector?: string }): Promise<Uint8Array>;
  /** Returns lines of the console since the page was opened. */
  console(): Promise<readonly string[]>;
  /** Returns requests since the page was opened, one line each. */
  network(): Promise<readonly string[]>;
}

export interface SandboxBrowser {
  /**
   * Opens a page with a clean profile, waits until it is still, and takes its picture. Throws `browser_failed`; on abort
   * the signal's reason, at once. May be called twice at once.
   */
  capture(spec: CaptureSpec, signal?: AbortSignal): Promise<Capture>;
  /** Returns the page to drive, the same one at each call. Throws `browser_failed`; the next call then tries again. */
  driver(): Promise<PageDriver>;
  /** Detaches; Chromium runs on for the next caller. May be called twice; never throws. */
  close(): Promise<void>;
}

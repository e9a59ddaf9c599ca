// What the browser tool needs of the sandbox's browser, whoever drives it.

/** One page in the sandbox's browser. A step that does not work out throws `browser_failed` with the reason. */
export interface BrowserHands {
  /** Opens an address and waits until the page is still. */
  open(url: string): Promise<PageState>;
  click(selector: string): Promise<PageState>;
  fill(selector: string, text: string): Promise<PageState>;
  /** Presses a key, on an element or on the page. */
  press(key: string, selector: string | null): Promise<PageState>;
  /** The page as people with a screen reader know it. */
  snapshot(): Promise<string>;
  /** A PNG of the page. */
  screenshot(fullPage: boolean): Promise<Uint8Array>;
  /** Lines of the console since the page was opened. */
  console(): Promise<readonly string[]>;
  /** Requests since the page was opened, one line each: method, status or failure, address. */
  network(): Promise<readonly string[]>;
}

export interface PageState {
  readonly url: string;
  readonly title: string;
  /** HTTP status of the page, null where there is none. */
  readonly status: number | null;
}

// Records console lines, requests and failures of a page since it was opened. Each list and line is bounded, because
// the page may be hostile.
import type { Page, Request } from 'playwright';
import { poll } from '../../core/async.ts';

const MAX_LINES = 200;
const MAX_LINE_CHARS = 500;
const QUIET_MS = 80;
const QUIET_MAX_MS = 3_000;

export class PageWatch {
  readonly consoleLines: string[] = [];
  readonly consoleErrors: string[] = [];
  readonly requests: string[] = [];
  readonly failedRequests: string[] = [];
  private readonly underWay = new Set<Request>();
  private quietSince = performance.now();

  constructor(page: Page) {
    page.on('console', (message) => {
      const text = message.text();
      add(this.consoleLines, `${message.type()}: ${text}`);
      // Failed loads are reported with their address among the requests.
      if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
        add(this.consoleErrors, text);
    });
    page.on('pageerror', (error) => {
      add(this.consoleLines, `uncaught: ${error.message}`);
      add(this.consoleErrors, `Uncaught ${error.name}: ${error.message}`);
    });
    page.on('request', (request) => this.underWay.add(request));
    page.on('requestfinished', (request) => this.finished(request));
    page.on('requestfailed', (request) => {
      this.ended(request);
      const line = `${request.method()} ${request.url()} ${request.failure()?.errorText ?? 'failed'}`;
      add(this.requests, line);
      add(this.failedRequests, line);
    });
  }

  /** Forgets everything, before the next page is opened. */
  reset(): void {
    for (const list of [this.consoleLines, this.consoleErrors, this.requests, this.failedRequests])
      list.length = 0;
    this.underWay.clear();
  }

  /** Starts the quiet time again after an action, which may make the page load something. */
  stir(): void {
    this.quietSince = performance.now();
  }

  /** Waits until nothing has been loading for a moment, or for a few seconds at most. */
  async quiet(): Promise<void> {
    const isQuiet = (): boolean =>
      this.underWay.size === 0 && performance.now() - this.quietSince >= QUIET_MS;
    await poll(() => isQuiet() || undefined, { everyMs: 20, timeoutMs: QUIET_MAX_MS });
  }

  private finished(request: Request): void {
    this.ended(request);
    void request
      .response()
      .then((response) => {
        if (response === null) return;
        const line = `${request.method()} ${request.url()} ${response.status()}`;
        add(this.requests, line);
        if (response.status() >= 400) add(this.failedRequests, line);
      })
      .catch(() => undefined);
  }

  private ended(request: Request): void {
    this.underWay.delete(request);
    this.quietSince = performance.now();
  }
}

function add(lines: string[], line: string): void {
  if (lines.length < MAX_LINES) lines.push(line.slice(0, MAX_LINE_CHARS));
}

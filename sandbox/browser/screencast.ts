// Records the frames that Chromium paints while a page is opened and scrolled through.
import type { CDPSession, Page } from 'playwright';
import { poll } from '../../core/async.ts';
import type { ScreencastFrame } from '../port/browser.ts';

/** Half of a desktop's screen: enough to follow in a thread, though not to read. */
const SIZE = { maxWidth: 640, maxHeight: 400 };
const QUALITY = 70;
const SCROLL_STEPS = 4;
const SCROLL_PAUSE_MS = 200;
/** A busy machine paints later. */
const FRAME_WAIT_MS = 2_000;
const FRAME_POLL_MS = 20;
const FRAME_MAX_BASE64 = 1024 * 1024;

export class Screencast {
  private readonly session: CDPSession;
  private isOff = false;
  private painted = 0;

  private constructor(session: CDPSession) {
    this.session = session;
  }

  /** Calls `onFrame` for each frame that Chromium paints from here on. */
  static async start(page: Page, onFrame: (frame: ScreencastFrame) => void): Promise<Screencast> {
    const session = await page.context().newCDPSession(page);
    const screencast = new Screencast(session);
    session.on('Page.screencastFrame', ({ data, sessionId }) => {
      session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
      screencast.painted += 1;
      if (screencast.isOff || data.length > FRAME_MAX_BASE64) return;
      onFrame({ jpeg: Buffer.from(data, 'base64'), atMs: performance.now() });
    });
    await session.send('Page.startScreencast', { format: 'jpeg', quality: QUALITY, ...SIZE });
    return screencast;
  }

  /** Drops frames while `work` runs: taking a picture of the whole page resizes it for a moment. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.isOff = true;
    try {
      return await work();
    } finally {
      this.isOff = false;
    }
  }

  /** Waits until a frame shows `move`: SCROLL_PAUSE_MS at least, FRAME_WAIT_MS at most. False where nothing moved. */
  async follow(move: () => Promise<boolean>): Promise<boolean> {
    const before = this.painted;
    if (!(await move())) return false;
    const startedAt = performance.now();
    const isSeen = (): boolean => this.painted > before && performance.now() - startedAt >= SCROLL_PAUSE_MS;
    await poll(() => isSeen() || undefined, { everyMs: FRAME_POLL_MS, timeoutMs: FRAME_WAIT_MS });
    return true;
  }

  async stop(): Promise<void> {
    await this.session.send('Page.stopScreencast').catch(() => undefined);
    await this.session.detach().catch(() => undefined);
  }
}

/** Scrolls down to the end in a few steps. A page that fits its screen stays as it is. */
export async function scrollThrough(page: Page, screencast: Screencast): Promise<void> {
  for (let step = 1; step <= SCROLL_STEPS; step += 1) {
    const moved = await screencast.follow(() => page.evaluate(scrollTo, step / SCROLL_STEPS));
    if (!moved) return;
  }
}

/** Runs in the page. True where it scrolled. */
function scrollTo(share: number): boolean {
  const from = window.scrollY;
  window.scrollTo(0, (document.documentElement.scrollHeight - window.innerHeight) * share);
  return window.scrollY !== from;
}

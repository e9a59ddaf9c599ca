// What a page looks like while it is opened and scrolled through, frame by frame.
import type { CDPSession, Page } from 'playwright';
import type { FilmFrame } from '../port/browser.ts';

/** Half of a desktop's screen: to be followed in a thread, not to be read. */
const SIZE = { maxWidth: 640, maxHeight: 400 };
const QUALITY = 70;
const SCROLL_STEPS = 4;
const SCROLL_PAUSE_MS = 200;
/** A busy machine paints later. */
const FRAME_WAIT_MS = 2_000;
const FRAME_POLL_MS = 20;
const FRAME_MAX_BASE64 = 1024 * 1024;

export class Film {
  private readonly session: CDPSession;
  private isOff = false;
  private painted = 0;

  private constructor(session: CDPSession) {
    this.session = session;
  }

  /** Hands over each frame that Chromium paints from here on. */
  static async start(page: Page, onFrame: (frame: FilmFrame) => void): Promise<Film> {
    const session = await page.context().newCDPSession(page);
    const film = new Film(session);
    session.on('Page.screencastFrame', ({ data, sessionId }) => {
      session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
      film.painted += 1;
      if (film.isOff || data.length > FRAME_MAX_BASE64) return;
      onFrame({ jpeg: Buffer.from(data, 'base64'), atMs: performance.now() });
    });
    await session.send('Page.startScreencast', { format: 'jpeg', quality: QUALITY, ...SIZE });
    return film;
  }

  /** No frames while `work` goes on: taking a picture of the whole page resizes it for a moment. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.isOff = true;
    try {
      return await work();
    } finally {
      this.isOff = false;
    }
  }

  /** Waits until `move` can be seen in a frame, for a moment at least, and not for ever. */
  async follow(move: () => Promise<boolean>): Promise<boolean> {
    const before = this.painted;
    if (!(await move())) return false;
    const startedAt = performance.now();
    const isSeen = (): boolean => this.painted > before && performance.now() - startedAt >= SCROLL_PAUSE_MS;
    while (!isSeen() && performance.now() - startedAt < FRAME_WAIT_MS)
      await new Promise((resolve) => setTimeout(resolve, FRAME_POLL_MS));
    return true;
  }

  async stop(): Promise<void> {
    await this.session.send('Page.stopScreencast').catch(() => undefined);
    await this.session.detach().catch(() => undefined);
  }
}

/** Scrolls down to the end in a few steps. A page that fits its screen stays as it is. */
export async function scrollThrough(page: Page, film: Film): Promise<void> {
  for (let step = 1; step <= SCROLL_STEPS; step += 1) {
    const moved = await film.follow(() => page.evaluate(scrollTo, step / SCROLL_STEPS));
    if (!moved) return;
  }
}

/** In the page: whether there was anything to scroll. */
function scrollTo(share: number): boolean {
  const from = window.scrollY;
  window.scrollTo(0, (document.documentElement.scrollHeight - window.innerHeight) * share);
  return window.scrollY !== from;
}

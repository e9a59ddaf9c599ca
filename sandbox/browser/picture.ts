// Pictures of pages within their bounds: a page may be as long and as colourful as it likes.
import type { CDPSession, Locator, Page } from 'playwright';
import { SCREENSHOT_MAX_BYTES } from '../../core/limits.ts';
import { browserFailed } from './failure.ts';

/** Chromium's own bound for one picture is 16,384; longer ones help nobody in a thread. */
const MAX_HEIGHT_PX = 8_000;
const TIMEOUT_MS = 15_000;
/** An element of a page that has loaded is there, or will not be. */
const ELEMENT_TIMEOUT_MS = 5_000;
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface Picture {
  readonly png: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly reduced: boolean;
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PictureOptions {
  readonly fullPage: boolean;
  readonly element?: Locator | undefined;
}

/** Takes the picture; where it is too large, again at half the scale, and then of the upper part only. */
export async function takePicture(page: Page, options: PictureOptions): Promise<Picture> {
  const session = await page.context().newCDPSession(page);
  try {
    const whole = await areaOf(page, session, options);
    const area = { ...whole, height: Math.min(whole.height, MAX_HEIGHT_PX) };
    const attempts = [
      { area, scale: 1 },
      { area, scale: 0.5 },
      { area: { ...area, height: Math.min(area.height, area.width) }, scale: 0.5 },
      { area: { ...area, height: Math.min(area.height, area.width) }, scale: 0.2 },
    ];
    for (const attempt of attempts) {
      const png = await capture(session, attempt.area, attempt.scale);
      if (png.length > SCREENSHOT_MAX_BYTES) continue;
      const reduced = attempt.scale < 1 || attempt.area.height < whole.height;
      return { png, ...sizeOf(png), reduced };
    }
    throw browserFailed('The picture of the page is too large even when it is scaled down.');
  } finally {
    await session.detach().catch(() => undefined);
  }
}

async function areaOf(page: Page, session: CDPSession, options: PictureOptions): Promise<Area> {
  const { element } = options;
  if (element !== undefined) {
    await element.scrollIntoViewIfNeeded({ timeout: ELEMENT_TIMEOUT_MS });
    const box = await element.boundingBox({ timeout: ELEMENT_TIMEOUT_MS });
    if (box === null) throw browserFailed('The element is not visible.');
    const { pageX, pageY } = (await session.send('Page.getLayoutMetrics')).cssVisualViewport;
    return { ...box, x: box.x + pageX, y: box.y + pageY };
  }
  const { cssVisualViewport: view, cssContentSize: content } = await session.send('Page.getLayoutMetrics');
  const width = view.clientWidth;
  if (!options.fullPage) return { x: view.pageX, y: view.pageY, width, height: view.clientHeight };
  return { x: 0, y: 0, width, height: Math.max(content.height, view.clientHeight) };
}

async function capture(session: CDPSession, area: Area, scale: number): Promise<Buffer> {
  const clip = { ...area, scale };
  const taking = session.send('Page.captureScreenshot', { format: 'png', clip, captureBeyondViewport: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(browserFailed('The page did not hold still for its picture.')),
      TIMEOUT_MS,
    );
  });
  try {
    const { data } = await Promise.race([taking, late]);
    const png = Buffer.from(data, 'base64');
    if (!png.subarray(0, 8).equals(PNG_MAGIC))
      throw browserFailed('The browser sent a picture that is not a PNG.');
    return png;
  } finally {
    clearTimeout(timer);
    taking.catch(() => undefined);
  }
}

/** Width and height stand at fixed places behind the magic. */
function sizeOf(png: Buffer): { widthPx: number; heightPx: number } {
  return { widthPx: png.readUInt32BE(16), heightPx: png.readUInt32BE(20) };
}

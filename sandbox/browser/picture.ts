// Takes pictures of pages, bounded in height and bytes whatever the page is like.
import type { CDPSession, Locator, Page } from 'playwright';
import { within } from '../../core/async.ts';
import { SCREENSHOT_MAX_BYTES } from '../../core/limits.ts';
import { browserFailed } from './failure.ts';

/** Chromium's own bound is 16,384; a picture of more than this cannot be read in a thread. */
const MAX_HEIGHT_PX = 8_000;
const TIMEOUT_MS = 15_000;
/** A page that has loaded has the element by then, or never. */
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

/** Takes the picture; where it is too large, again at half the scale, then of the upper part only. */
export async function takePicture(page: Page, options: PictureOptions): Promise<Picture> {
  const session = await page.context().newCDPSession(page);
  try {
    const whole = await areaOf(page, session, options);
    const area = { ...whole, height: Math.min(whole.height, MAX_HEIGHT_PX) };
    const tries = [
      { area, scale: 1 },
      { area, scale: 0.5 },
      { area: { ...area, height: Math.min(area.height, area.width) }, scale: 0.5 },
      { area: { ...area, height: Math.min(area.height, area.width) }, scale: 0.2 },
    ];
    for (const { area: part, scale } of tries) {
      const png = await capture(session, part, scale);
      if (png.length > SCREENSHOT_MAX_BYTES) continue;
      const reduced = scale < 1 || part.height < whole.height;
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
  const { data } = await within(TIMEOUT_MS, taking, () => {
    throw browserFailed('The page did not hold still for its picture.');
  });
  const png = Buffer.from(data, 'base64');
  if (!png.subarray(0, 8).equals(PNG_MAGIC))
    throw browserFailed('The browser sent a picture that is not a PNG.');
  return png;
}

/** Reads width and height, which have fixed places in a PNG. */
function sizeOf(png: Buffer): { widthPx: number; heightPx: number } {
  return { widthPx: png.readUInt32BE(16), heightPx: png.readUInt32BE(20) };
}

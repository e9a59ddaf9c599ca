// Compares two pictures of a page: whether and where they differ, with one picture that shows both.
import pixelmatch from 'pixelmatch';
import type { Box } from '../../core/page.ts';
import { drawFrame, fill, newPicture, paste } from './draw.ts';
import type { Pixels } from './pixels.ts';
import { around, regionsOf } from './regions.ts';

/** The tolerance of pixelmatch for a pixel's colour; edges that are only smoothed differently pass. */
const THRESHOLD = 0.1;
/** Fewer changed pixels are noise: the smallest letter that changes has more. */
const SAME_MAX_PIXELS = 12;
/** The margin around the changes in the picture, and the bounds of its size. */
const MARGIN_PX = 64;
const PART_MIN = { width: 480, height: 320 };
const PART_MAX_HEIGHT_PX = 1_600;
/** Wider parts are shown one above the other: side by side they would be too small to read in a thread. */
const BESIDE_MAX_WIDTH_PX = 860;
const GAP_PX = 16;
const FRAME_PX = 3;
/** The space between a change and its frame. */
const FRAME_GAP_PX = 8;

const PAPER = [0xd8, 0xd8, 0xdc] as const;
const FRAME = [0xe0, 0x1e, 0x5a] as const;

export interface Comparison {
  /** Empty where both pictures look the same. */
  readonly regions: readonly Box[];
  /** The share of the pixels that changed, 0 to 1. */
  readonly changedShare: number;
  /** The changed part before and after, with frames around the changes; null where both look the same. */
  readonly picture: { readonly pixels: Pixels; readonly beside: boolean } | null;
}

/** Compares two pictures of a page. The part that only the longer one has counts as changed. */
export function compare(before: Pixels, after: Pixels): Comparison {
  const width = Math.max(before.width, after.width);
  const height = Math.max(before.height, after.height);
  const [old, now] = [padded(before, width, height), padded(after, width, height)];
  const mask = new Uint8Array(width * height * 4);
  const options = { threshold: THRESHOLD, diffMask: true, checkerboard: false };
  const changed = pixelmatch(old.data, now.data, mask, width, height, options);
  if (changed <= SAME_MAX_PIXELS) return { regions: [], changedShare: 0, picture: null };
  // Smoothed edges are in the mask too, in another colour: only red without green is a change.
  const isMarked = (index: number) => mask[index * 4 + 3] !== 0 && mask[index * 4 + 1] === 0;
  const regions = regionsOf(width, height, isMarked);
  return { regions, changedShare: changed / (width * height), picture: sideBySide(old, now, regions) };
}

function sideBySide(old: Pixels, now: Pixels, regions: readonly Box[]): Comparison['picture'] {
  const part = partAround(around(regions), now);
  const beside = part.width <= BESIDE_MAX_WIDTH_PX;
  const step = beside ? { x: part.width + GAP_PX, y: 0 } : { x: 0, y: part.height + GAP_PX };
  const pixels = newPicture(part.width + step.x, part.height + step.y);
  fill(pixels, PAPER);
  for (const [index, from] of [old, now].entries()) {
    const at = { x: index * step.x, y: index * step.y };
    paste(pixels, from, part, at);
    const within = { ...at, width: part.width, height: part.height };
    for (const region of regions) {
      const box = boxInFrame(region, now);
      const moved = { ...box, x: box.x - part.x + at.x, y: box.y - part.y + at.y };
      drawFrame(pixels, moved, within, FRAME, FRAME_PX);
    }
  }
  return { pixels, beside };
}

/** The region with the space around it, so small that its frame is still on the page. */
function boxInFrame(region: Box, page: Pixels): Box {
  const x = Math.max(FRAME_PX, region.x - FRAME_GAP_PX);
  const y = Math.max(FRAME_PX, region.y - FRAME_GAP_PX);
  const right = Math.min(page.width - FRAME_PX, region.x + region.width + FRAME_GAP_PX);
  const bottom = Math.min(page.height - FRAME_PX, region.y + region.height + FRAME_GAP_PX);
  return { x, y, width: right - x, height: bottom - y };
}

/** The part of the page that the picture shows: the changes with a margin. */
function partAround(box: Box, page: Pixels): Box {
  const [x, width] = spread(box.x, box.width, PART_MIN.width, page.width);
  const [y, height] = spread(box.y, box.height, PART_MIN.height, page.height);
  return { x, y, width, height: Math.min(height, PART_MAX_HEIGHT_PX) };
}

function spread(start: number, length: number, min: number, max: number): [start: number, length: number] {
  const wanted = Math.min(max, Math.max(min, length + 2 * MARGIN_PX));
  const from = Math.round(start + length / 2 - wanted / 2);
  return [Math.max(0, Math.min(from, max - wanted)), wanted];
}

function padded(picture: Pixels, width: number, height: number): Pixels {
  if (picture.width === width && picture.height === height) return picture;
  const larger = newPicture(width, height);
  fill(larger, PAPER);
  paste(larger, picture, { x: 0, y: 0, width: picture.width, height: picture.height }, { x: 0, y: 0 });
  return larger;
}

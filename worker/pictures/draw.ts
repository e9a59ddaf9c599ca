// Draws on plain pixels: fills, copies and frames.
import type { Box } from '../../core/page.ts';
import type { Pixels } from './pixels.ts';

type Colour = readonly [red: number, green: number, blue: number];

export function newPicture(width: number, height: number): Pixels {
  return { width, height, data: new Uint8Array(width * height * 4) };
}

export function fill({ width, height, data }: Pixels, colour: Colour): void {
  const row = Uint8Array.from({ length: width * 4 }, (_, index) => colour[index % 4] ?? 255);
  for (let y = 0; y < height; y += 1) data.set(row, y * width * 4);
}

/** Copies a part of one picture to a place in another, as far as it is inside of both. */
export function paste(
  to: Pixels,
  from: Pixels,
  part: Box,
  at: { readonly x: number; readonly y: number },
): void {
  const columns = Math.min(part.width, from.width - part.x, to.width - at.x);
  const rows = Math.min(part.height, from.height - part.y, to.height - at.y);
  for (let y = 0; y < rows; y += 1) {
    const start = ((part.y + y) * from.width + part.x) * 4;
    to.data.set(from.data.subarray(start, start + columns * 4), ((at.y + y) * to.width + at.x) * 4);
  }
}

/** Draws a frame around a box, as far as it is within the bounds. */
export function drawFrame(to: Pixels, box: Box, bounds: Box, colour: Colour, thicknessPx: number): void {
  const [left, top] = [box.x - thicknessPx, box.y - thicknessPx];
  const [width, height] = [box.width + 2 * thicknessPx, box.height + 2 * thicknessPx];
  const sides: readonly Box[] = [
    { x: left, y: top, width, height: thicknessPx },
    { x: left, y: box.y + box.height, width, height: thicknessPx },
    { x: left, y: top, width: thicknessPx, height },
    { x: box.x + box.width, y: top, width: thicknessPx, height },
  ];
  for (const side of sides) fillBox(to, side, bounds, colour);
}

function fillBox(to: Pixels, box: Box, bounds: Box, colour: Colour): void {
  const right = Math.min(box.x + box.width, bounds.x + bounds.width);
  const bottom = Math.min(box.y + box.height, bounds.y + bounds.height);
  for (let y = Math.max(box.y, bounds.y); y < bottom; y += 1) {
    for (let x = Math.max(box.x, bounds.x); x < right; x += 1) {
      to.data.set([...colour, 255], (y * to.width + x) * 4);
    }
  }
}

// Makes a GIF of the frames of a page, which Slack plays in the thread. Frames and bytes are bounded.
import gifenc from 'gifenc';
import { type Pixels, readPixels } from './pixels.ts';

const MAX_FRAMES = 48;
const MAX_BYTES = 4 * 1024 ** 2;
/** Larger frames are skipped: they come from a sandbox. */
const MAX_FRAME_PIXELS = 1_000_000;
const COLOURS = 128;
const MIN_SHOWN_MS = 80;
const MAX_SHOWN_MS = 1_500;
/** The last frame stays longer before the picture starts again. */
const LAST_SHOWN_MS = 2_500;

export interface Frame {
  /** JPEG or PNG. */
  readonly content: Uint8Array;
  /** The time in ms of any clock. */
  readonly atMs: number;
}

/** The GIF, or null where there are fewer than two different frames. */
export function animate(frames: readonly Frame[]): Uint8Array | null {
  const shown = spreadOut(frames.toSorted((a, b) => a.atMs - b.atMs).filter(isNew));
  if (shown.length < 2) return null;
  const gif = gifenc.GIFEncoder();
  let size: Pixels | undefined;
  for (const [index, { content, atMs }] of shown.entries()) {
    const pixels = readPixels(content);
    if (pixels.width * pixels.height > MAX_FRAME_PIXELS) continue;
    size ??= pixels;
    // A GIF has one size, so frames of another size are skipped.
    if (pixels.width !== size.width || pixels.height !== size.height) continue;
    const palette = gifenc.quantize(pixels.data, COLOURS, { format: 'rgb565' });
    const next = shown[index + 1];
    const delay =
      next === undefined ? LAST_SHOWN_MS : Math.min(MAX_SHOWN_MS, Math.max(MIN_SHOWN_MS, next.atMs - atMs));
    const indexes = gifenc.applyPalette(pixels.data, palette, 'rgb565');
    gif.writeFrame(indexes, pixels.width, pixels.height, { palette, delay, repeat: 0 });
    if (gif.bytesView().length > MAX_BYTES) break;
  }
  gif.finish();
  return gif.bytes();
}

function isNew(frame: Frame, index: number, all: readonly Frame[]): boolean {
  const last = all[index - 1];
  return last === undefined || !Buffer.from(last.content).equals(Buffer.from(frame.content));
}

/** At most MAX_FRAMES, evenly over the whole time. */
function spreadOut(frames: readonly Frame[]): readonly Frame[] {
  if (frames.length <= MAX_FRAMES) return frames;
  const step = (frames.length - 1) / (MAX_FRAMES - 1);
  return Array.from({ length: MAX_FRAMES }, (_, index) => frames[Math.round(index * step)]).filter(
    (frame) => frame !== undefined,
  );
}

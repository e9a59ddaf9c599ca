// Decodes untrusted pictures to plain pixels: the type counts by content, bounds are checked before anything is
// unpacked, and only the pixels are kept.
import { inflateSync } from 'node:zlib';
import { decode as decodeJpeg, encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { ThreadsmithError } from '../../core/errors.ts';
import { imageTypeOf } from './format.ts';

/** A page of 8,000 CSS pixels on a phone with two device pixels each has 12.5 million. */
const MAX_PIXELS = 24_000_000;
const MAX_SIDE_PX = 20_000;
const JPEG_QUALITY = 88;
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The chunks that hold pixels; all others are metadata. */
const NEEDED_CHUNKS: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity of each pixel, row by row. */
  readonly data: Uint8Array;
}

export type PictureType = 'image/png' | 'image/jpeg';

/** The type of a picture that can be decoded here, by its first bytes; null for anything else. */
export function pictureTypeOf(content: Uint8Array): PictureType | null {
  const type = imageTypeOf(content);
  return type === 'image/png' || type === 'image/jpeg' ? type : null;
}

/** Unpacks a PNG or JPEG. Throws `artifact_refused` where it is neither, is broken, or has too many pixels. */
export function readPixels(content: Uint8Array): Pixels {
  const type = pictureTypeOf(content);
  if (type === null) throw refused('it is neither PNG nor JPEG');
  try {
    return type === 'image/png' ? readPng(Buffer.from(content)) : readJpeg(content);
  } catch (cause) {
    if (cause instanceof ThreadsmithError) throw cause;
    throw refused('it cannot be decoded', cause);
  }
}

/** The pixels as a new PNG, with nothing else in it. */
export function writePng({ width, height, data }: Pixels): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // One filter and a middling level: a third of the time of the best ones, for a few per cent more bytes.
  return PNG.sync.write(png, { filterType: 4, deflateLevel: 6 });
}

/** Decodes and encodes a picture in its own type, so that only its pixels are left. */
export function rewrite(content: Uint8Array): { readonly type: PictureType; readonly content: Uint8Array } {
  const pixels = readPixels(content);
  if (pictureTypeOf(content) === 'image/png') return { type: 'image/png', content: writePng(pixels) };
  return { type: 'image/jpeg', content: encodeJpeg(pixels, JPEG_QUALITY).data };
}

function readPng(png: Buffer): Pixels {
  if (png.length < 33 || png.toString('latin1', 12, 16) !== 'IHDR') throw refused('it has no header');
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  checkSize(width, height);
  const chunks = chunksOf(png).filter(({ type }) => NEEDED_CHUNKS.has(type));
  // Rows are unpacked up to their known size, but those of an interlaced picture without any bound.
  if (png[28] !== 0) {
    const packed = chunks.flatMap(({ type, whole }) => (type === 'IDAT' ? whole.subarray(8, -4) : []));
    inflateSync(Buffer.concat(packed), { maxOutputLength: (width * 8 + 8) * height + 1024 });
  }
  const { data } = PNG.sync.read(Buffer.concat([PNG_MAGIC, ...chunks.map(({ whole }) => whole)]));
  return { width, height, data };
}

function readJpeg(content: Uint8Array): Pixels {
  const options = { useTArray: true, formatAsRGBA: true, maxResolutionInMP: MAX_PIXELS / 1e6 } as const;
  const { width, height, data } = decodeJpeg(content, { ...options, maxMemoryUsageInMB: 512 });
  checkSize(width, height);
  return { width, height, data };
}

/** The chunks up to the end of the picture; bytes after it are dropped. */
function chunksOf(png: Buffer): readonly { readonly type: string; readonly whole: Buffer }[] {
  const chunks: { type: string; whole: Buffer }[] = [];
  for (let offset = PNG_MAGIC.length; offset + 12 <= png.length; ) {
    const type = png.toString('latin1', offset + 4, offset + 8);
    const next = offset + 12 + png.readUInt32BE(offset);
    chunks.push({ type, whole: png.subarray(offset, next) });
    if (type === 'IEND') break;
    offset = next;
  }
  return chunks;
}

function checkSize(width: number, height: number): void {
  const isFine = width > 0 && height > 0 && width <= MAX_SIDE_PX && height <= MAX_SIDE_PX;
  if (!isFine || width * height > MAX_PIXELS) throw refused(`it has ${width} × ${height} pixels`);
}

function refused(why: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'artifact_refused',
    `The picture cannot be used: ${why}.`,
    'Save it as a PNG or JPEG of ordinary size.',
    { cause },
  );
}

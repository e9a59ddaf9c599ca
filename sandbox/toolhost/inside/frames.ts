// Frames: the format of the wire between a worker and a toolhost, both ways.
//
// A frame is two 32-bit lengths (header, body), a JSON header and a body. The other end may be hostile: each
// bound is checked, and the first violation is a `WireError`.

const HEADER_MAX_BYTES = 1024 * 1024;
const BODY_MAX_BYTES = 2 * 1024 * 1024;
const LENGTHS_BYTES = 8;
export const EMPTY = Buffer.alloc(0);

/** A JSON value. The receiver checks its shape. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const TYPES = ['open', 'message', 'data', 'end', 'window', 'reset'] as const;

export type FrameType = (typeof TYPES)[number];

export interface Frame {
  readonly type: FrameType;
  readonly channel: number;
  readonly value: Json;
  readonly body: Buffer;
}

/** The other end broke a rule of the wire. */
export class WireError extends Error {}

/** Encodes a frame without its body. */
export function frameHead({ type, channel, value, body }: Frame): Buffer {
  const header = Buffer.from(JSON.stringify([TYPES.indexOf(type), channel, value]));
  const lengths = Buffer.allocUnsafe(LENGTHS_BYTES);
  lengths.writeUInt32BE(header.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, header]);
}

/** Parses frames out of a byte stream. Throws a WireError at the first one that breaks a bound. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;

  *push(chunk: Buffer): Generator<Frame> {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    while (this.buffered >= LENGTHS_BYTES) {
      const lengths = this.peek(LENGTHS_BYTES);
      const headerBytes = lengths.readUInt32BE(0);
      const bodyBytes = lengths.readUInt32BE(4);
      if (headerBytes > HEADER_MAX_BYTES || bodyBytes > BODY_MAX_BYTES)
        throw new WireError('a frame is too large');
      const headerEnd = LENGTHS_BYTES + headerBytes;
      const total = headerEnd + bodyBytes;
      if (this.buffered < total) return;
      const frame = this.peek(total);
      this.drop(total);
      yield parseFrame(frame.subarray(LENGTHS_BYTES, headerEnd), frame.subarray(headerEnd, total));
    }
  }

  /** The first bytes in one piece. */
  private peek(size: number): Buffer {
    const first = this.chunks[0] ?? EMPTY;
    if (first.length >= size) return first.subarray(0, size);
    if (size === LENGTHS_BYTES) return Buffer.concat(this.chunks, size);
    const whole = Buffer.concat(this.chunks, this.buffered);
    this.chunks = [whole];
    return whole.subarray(0, size);
  }

  private drop(size: number): void {
    this.buffered -= size;
    let left = size;
    while (left > 0) {
      const first = this.chunks[0] ?? EMPTY;
      if (first.length > left) {
        this.chunks[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.chunks.shift();
    }
  }
}

function parseFrame(header: Buffer, body: Buffer): Frame {
  const parsed: Json = JSON.parse(header.toString('utf8'));
  if (!Array.isArray(parsed)) throw new WireError('a frame header that is not a list');
  const [index, channel, value = null] = parsed;
  const type = typeof index === 'number' ? TYPES[index] : undefined;
  if (type === undefined || typeof channel !== 'number' || !Number.isSafeInteger(channel) || channel < 1) {
    throw new WireError('a frame of an unknown kind');
  }
  return { type, channel, value, body };
}

// Keeps the beginning and the end of output in bounded memory.

/** Half of it is kept from the beginning, half from the end. */
const KEEP_BYTES = 1024 * 1024;
const HALF_BYTES = KEEP_BYTES / 2;

export class Excerpt {
  totalBytes = 0;
  private head: Buffer[] = [];
  private headBytes = 0;
  private tail: Buffer[] = [];
  private tailBytes = 0;

  push(chunk: Buffer): void {
    this.totalBytes += chunk.length;
    const toHead = chunk.subarray(0, HALF_BYTES - this.headBytes);
    if (toHead.length > 0) {
      this.head.push(toHead);
      this.headBytes += toHead.length;
    }
    const rest = chunk.subarray(toHead.length);
    if (rest.length === 0) return;
    this.tail.push(rest);
    this.tailBytes += rest.length;
    while (this.tail[0] !== undefined && this.tailBytes - this.tail[0].length >= HALF_BYTES) {
      this.tailBytes -= this.tail[0].length;
      this.tail.shift();
    }
    // Many small chunks would cost more than their bytes.
    if (this.tail.length > 256) this.tail = [Buffer.concat(this.tail)];
  }

  /** Returns about `maxBytes` at most; a line in the middle says how many bytes are left out. */
  cut(maxBytes: number): { output: Buffer; truncated: boolean } {
    const head = Buffer.concat(this.head);
    const tail = Buffer.concat(this.tail);
    return cutMiddle(head, tail, this.totalBytes, maxBytes);
  }
}

/** Joins a beginning and an end of something of `totalBytes`, within `maxBytes`. */
export function cutMiddle(
  head: Buffer,
  tail: Buffer,
  totalBytes: number,
  maxBytes: number,
): { output: Buffer; truncated: boolean } {
  if (head.length + tail.length === totalBytes && totalBytes <= maxBytes) {
    return { output: Buffer.concat([head, tail]), truncated: false };
  }
  const known = head.length + tail.length === totalBytes ? Buffer.concat([head, tail]) : undefined;
  const half = Math.max(0, Math.floor(Math.min(maxBytes, KEEP_BYTES) / 2));
  const first = (known ?? head).subarray(0, half);
  const lastSource = known ?? (tail.length > 0 ? tail : head);
  const last = lastSource.subarray(Math.max(0, lastSource.length - half));
  const missing = totalBytes - first.length - last.length;
  const gap = Buffer.from(`\n[… ${missing} bytes left out …]\n`);
  return { output: Buffer.concat([first, gap, last]), truncated: true };
}

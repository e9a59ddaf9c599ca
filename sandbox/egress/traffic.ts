// Counts the requests and bytes of a sandbox and ends them at a bound.
import { Transform, type TransformCallback } from 'node:stream';

/** Requests of one proxy; an endless loop must not fill the log. */
const MAX_REQUESTS = 20_000;
/** Names below a wildcard can carry data to the owner of that domain, so a sandbox may ask for few of them. */
const MAX_NAMES = 200;

export interface EgressTraffic {
  /** Null for a tunnel, and where nothing was answered. */
  readonly status: number | null;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** What is left of the bounds of one sandbox. */
export class Allowance {
  private readonly maxBytes: number;
  private readonly names = new Set<string>();
  private requests = 0;
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Counts a request. Returns why it is too many, or undefined. */
  refuse(host: string): string | undefined {
    this.requests += 1;
    if (this.requests > MAX_REQUESTS) return 'there were too many requests';
    if (this.bytes >= this.maxBytes) return 'as much was sent and received as network_mb allows';
    this.names.add(host);
    return this.names.size > MAX_NAMES ? 'too many different names were asked for' : undefined;
  }

  /** Counts bytes. False where they are over the bound. */
  take(bytes: number): boolean {
    this.bytes += bytes;
    return this.bytes <= this.maxBytes;
  }
}

/** Passes bytes on and counts them; ends with an error where the allowance is used up. */
export class Meter extends Transform {
  counted = 0;
  private readonly allowance: Allowance;

  constructor(allowance: Allowance) {
    super();
    this.allowance = allowance;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.counted += chunk.length;
    if (this.allowance.take(chunk.length)) done(null, chunk);
    else done(new Error('the allowance is used up'));
  }
}

// How much a sandbox has sent and received, and the end of it.
import { Transform, type TransformCallback } from 'node:stream';

/** One way out may ask this often; a loop that asks for ever must not fill the log. */
const MAX_REQUESTS = 20_000;
/** Names below a wildcard are messages to whoever answers for that domain, so there are not many of them. */
const MAX_NAMES = 200;

export interface EgressTraffic {
  /** Null for a tunnel, and where nothing was answered. */
  readonly status: number | null;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export class Allowance {
  private readonly maxBytes: number;
  private readonly names = new Set<string>();
  private requests = 0;
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Why one more request is too many, or undefined. */
  refuse(host: string): string | undefined {
    this.requests += 1;
    if (this.requests > MAX_REQUESTS) return 'there were too many requests';
    if (this.bytes >= this.maxBytes) return 'as much was sent and received as network_mb allows';
    this.names.add(host);
    return this.names.size > MAX_NAMES ? 'too many different names were asked for' : undefined;
  }

  /** False where that was too much. */
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

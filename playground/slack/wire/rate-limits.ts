// Slack's rate limits: so many calls a minute per method, and about one posted message a second per channel.
// See Slack's "Rate limits" page; the numbers of special-tier methods are what Slack has said in public.
import type { Timers } from '../records/timers.ts';

/** Calls per minute, or the name of a limit that works differently. */
export type Tier = 'T1' | 'T2' | 'T3' | 'T4' | 'status' | 'generous' | 'post';

const PER_MINUTE: Record<Tier, number> = {
  T1: 10,
  T2: 20,
  T3: 50,
  T4: 100,
  status: 600,
  generous: 600,
  post: 300,
};

const MINUTE_MS = 60_000;
const POST_INTERVAL_MS = 1_000;
const POST_BURST = 4;

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimits {
  readonly #timers: Timers;
  readonly #calls = new Map<string, number[]>();
  readonly #posts = new Map<string, Bucket>();
  enabled = true;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Counts the call; when it is one too many, answers after how many seconds to come back. */
  check(method: string, tier: Tier, channel: string | undefined): number | undefined {
    if (!this.enabled) return undefined;
    const byMethod = this.#checkMethod(method, PER_MINUTE[tier]);
    if (byMethod !== undefined) return byMethod;
    if (tier === 'post' && channel !== undefined) return this.#checkChannel(channel);
    return undefined;
  }

  clear(): void {
    this.#calls.clear();
    this.#posts.clear();
  }

  #checkMethod(method: string, limit: number): number | undefined {
    const now = performance.now();
    const windowMs = this.#timers.scaled(MINUTE_MS);
    const recent = (this.#calls.get(method) ?? []).filter((at) => at > now - windowMs);
    this.#calls.set(method, recent);
    const oldest = recent[recent.length - limit];
    if (oldest !== undefined) return wholeSeconds(oldest + windowMs - now);
    recent.push(now);
    return undefined;
  }

  #checkChannel(channel: string): number | undefined {
    const now = performance.now();
    const intervalMs = this.#timers.scaled(POST_INTERVAL_MS);
    const bucket = this.#posts.get(channel) ?? { tokens: POST_BURST, at: now };
    bucket.tokens = Math.min(POST_BURST, bucket.tokens + (now - bucket.at) / intervalMs);
    bucket.at = now;
    this.#posts.set(channel, bucket);
    if (bucket.tokens < 1) return wholeSeconds((1 - bucket.tokens) * intervalMs);
    bucket.tokens -= 1;
    return undefined;
  }
}

/** Retry-After has no fractions. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

// How fast Slack may be spoken to: what each method and channel has to wait for, as far as this process knows.
// https://docs.slack.dev/apis/web-api/rate-limits
import type { Blocked } from '../../db/deliveries.ts';

/** Slack takes about one message a second in a channel. */
const POST_GAP_MS = 1_000;

export interface Pace {
  /** What must not be taken up now. */
  blocked(): Blocked;
  /** A message goes out to this channel now. */
  posting(channelId: string): void;
  /** Slack asked to wait with this method in this channel. */
  limited(method: 'post' | 'update', channelId: string, retryAfterMs: number): void;
}

/** A pace that remembers. */
export function keepPace(now: () => number = () => performance.now()): Pace {
  const freeAt = { post: new Map<string, number>(), update: new Map<string, number>() };
  const later = (kind: 'post' | 'update', channelId: string, at: number) => {
    freeAt[kind].set(channelId, Math.max(at, freeAt[kind].get(channelId) ?? 0));
  };
  const waiting = (kind: 'post' | 'update'): string[] => {
    for (const [channel, at] of freeAt[kind]) if (at <= now()) freeAt[kind].delete(channel);
    return [...freeAt[kind].keys()];
  };
  return {
    blocked: () => ({ posts: waiting('post'), updates: waiting('update') }),
    posting: (channelId) => later('post', channelId, now() + POST_GAP_MS),
    limited: (method, channelId, retryAfterMs) => later(method, channelId, now() + retryAfterMs),
  };
}

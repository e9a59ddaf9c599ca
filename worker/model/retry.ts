// The one retry policy for model servers. The SDK's own retries are off: they count neither together with
// ours nor mid-stream faults, and nobody would hear of the pauses.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import type { ModelWait } from './model.ts';

export interface RetryPolicy {
  /** Attempts at one answer, the first included. */
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  /** The pause doubles from attempt to attempt up to this. */
  readonly maxDelayMs: number;
  /** A server that asks for a longer pause than this is given up at once. */
  readonly maxRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 8,
  firstDelayMs: 1_000,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 120_000,
};

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly onWait?: ((wait: ModelWait) => void) | undefined;
}

/**
 * Runs `attempt` until it succeeds, a fault is final or the policy is spent; then throws that fault's error.
 * Abort ends the attempt or the pause and throws the signal's reason.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  faultOf: (thrown: unknown) => Fault,
  options: RetryOptions,
): Promise<T> {
  const { policy, signal } = options;
  let waitedMs = 0;
  for (let count = 1; ; count += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      const fault = faultOf(thrown);
      const delayMs = pauseMs(fault, count, policy);
      if (!fault.transient || delayMs === null) throw fault.error;
      options.onWait?.({ reason: fault.error.message, delayMs, waitedMs });
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      waitedMs += delayMs;
    }
  }
}

/** The pause before the next attempt, or null where there is none to come. */
function pauseMs(fault: Fault, count: number, policy: RetryPolicy): number | null {
  if (count >= policy.maxAttempts) return null;
  if (fault.retryAfterMs !== null) {
    return fault.retryAfterMs <= policy.maxRetryAfterMs ? fault.retryAfterMs : null;
  }
  const doubled = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (count - 1));
  // Jitter: many turns that failed together must not come back together.
  return Math.round(doubled * (0.75 + Math.random() * 0.5));
}

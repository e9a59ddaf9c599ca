// Tries again after transient faults of model servers. The SDK's own retries are off: they are not counted together
// with ours, do not cover faults in the middle of a stream, and report no pauses.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, backoffMs } from '../../core/async.ts';
import type { Fault } from './faults.ts';
import type { ModelWait } from './model.ts';

/** The pause doubles from try to try. */
export interface RetryPolicy extends Backoff {
  /** Tries of one answer, the first included. */
  readonly maxTries: number;
  /** A server that asks for a longer pause than this is given up at once. */
  readonly maxRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxTries: 8,
  firstMs: 1_000,
  maxMs: 30_000,
  maxRetryAfterMs: 120_000,
};

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly onWait?: ((wait: ModelWait) => void) | undefined;
}

/**
 * Runs `work` until it succeeds, a fault is final or the policy's tries are used up; then throws that fault's error.
 * Abort ends the work or the pause and throws the signal's reason.
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  faultOf: (thrown: unknown) => Fault,
  options: RetryOptions,
): Promise<T> {
  const { policy, signal } = options;
  let waitedMs = 0;
  for (let count = 1; ; count += 1) {
    signal.throwIfAborted();
    try {
      return await work();
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

/** The pause before the next try, or null where no further one is made. */
function pauseMs(fault: Fault, count: number, policy: RetryPolicy): number | null {
  if (count >= policy.maxTries) return null;
  if (fault.retryAfterMs !== null) {
    return fault.retryAfterMs <= policy.maxRetryAfterMs ? fault.retryAfterMs : null;
  }
  // Jitter: many turns that failed together must not come back together.
  return Math.round(backoffMs(count, policy) * (0.75 + Math.random() * 0.5));
}

// Ways to wait that Node does not bring: a queue of one, calls that share a run, time limits, polling, back-off.
import { setTimeout as sleep } from 'node:timers/promises';

/** Begins `work` once all earlier work has ended, failed or not. Settles as `work` does. */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a queue that runs one piece of work at a time, in the order of the calls. */
export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>) => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return run;
  };
}

/**
 * Makes a function that runs `work` at once or, where a run for the same key is under way, once more after it.
 * All calls that wait for that next run share it: it sees what any of them has changed. Each call settles as its
 * run does, and a run that fails does not keep the next one from beginning.
 */
export function coalesced<Key>(work: (key: Key) => Promise<void>): (key: Key) => Promise<void> {
  const running = new Map<Key, Promise<void>>();
  const waiting = new Map<Key, Promise<void>>();
  const begin = (key: Key): Promise<void> => {
    const run = work(key).finally(() => running.delete(key));
    running.set(key, run);
    return run;
  };
  return (key) => {
    const next = waiting.get(key);
    if (next !== undefined) return next;
    const current = running.get(key);
    if (current === undefined) return begin(key);
    const following = current
      .catch(() => undefined)
      .then(() => {
        waiting.delete(key);
        return begin(key);
      });
    waiting.set(key, following);
    return following;
  };
}

/**
 * Settles as `work` does, or rejects with the signal's reason on abort. `onAbort` may stop the work and return
 * another reason. The work itself is not stopped, and its late failure is ignored.
 */
export function untilAborted<T>(
  signal: AbortSignal,
  work: Promise<T>,
  onAbort: () => unknown = () => signal.reason,
): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(onAbort());
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return Promise.race([aborted, work]).finally(() => signal.removeEventListener('abort', abort));
}

/**
 * Settles as `work` does, or after `timeoutMs` as `late` does, which returns a substitute or throws. The work
 * itself is not stopped, and its late failure is ignored.
 */
export async function within<T>(timeoutMs: number, work: Promise<T>, late: () => T): Promise<T> {
  const ended = new AbortController();
  try {
    return await Promise.race([work, sleep(timeoutMs, undefined, { signal: ended.signal }).then(late)]);
  } finally {
    ended.abort();
  }
}

export interface PollOptions {
  /** The pause between two looks. */
  readonly everyMs: number;
  /** No look begins later than this; without it the polling lasts until the signal aborts. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `look` until it returns something other than `undefined`, and resolves with that, or with `undefined` once
 * the time is over. Rejects with what `look` throws, and with the signal's reason on abort.
 */
export async function poll<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { everyMs, timeoutMs = Number.POSITIVE_INFINITY, signal }: PollOptions,
): Promise<T | undefined> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() + everyMs > until) return undefined;
    await sleep(everyMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The pause after so many failures in a row: `firstMs` after the first one, doubled for each further one. */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff): number {
  return Math.min(maxMs, firstMs * 2 ** (failures - 1));
}

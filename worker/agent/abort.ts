// What an abort of the run means for what is under way.
import { hasCode, ThreadsmithError } from '../../core/errors.ts';

/** The error that an aborted run ends with. */
export function stopReason(signal: AbortSignal): ThreadsmithError {
  if (signal.reason instanceof ThreadsmithError) return signal.reason;
  return new ThreadsmithError('stopped', 'The turn was stopped.', 'Reply in the thread to go on with it.');
}

export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw stopReason(signal);
}

/**
 * A signal for commands: it aborts, and so kills them, with the run, but not where the lease is lost. Then
 * another worker waits for the very same command.
 */
export function killSignal(signal: AbortSignal): AbortSignal {
  const kill = new AbortController();
  const forward = (): void => {
    if (!hasCode(signal.reason, 'lease_lost')) kill.abort(stopReason(signal));
  };
  if (signal.aborted) forward();
  else signal.addEventListener('abort', forward, { once: true });
  return kill.signal;
}

/** Waits for the work, but no longer than the run lasts; the work itself is not ended by this. */
export function whileRunning<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(stopReason(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

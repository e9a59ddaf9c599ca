// An abort of the run: the error that it ends with, and what it does to running commands and calls.
import { untilAborted } from '../../core/async.ts';
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
 * A signal for commands in the sandbox. It aborts with the run and so kills them, except where the lease is lost:
 * then another worker waits for the same command.
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

/** Settles as the work does, or throws the stop reason on abort. The work itself is not ended by this. */
export function untilStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return untilAborted(signal, work, () => stopReason(signal));
}

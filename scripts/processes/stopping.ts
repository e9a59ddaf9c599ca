// When a command has to stop: a signal, or the end of the process that started it.

export interface Stopping {
  /** Aborted once by the first signal. */
  readonly signal: AbortSignal;
  /** What asked for the stop, for the exit code; null while nothing did. */
  cause(): NodeJS.Signals | 'parent' | null;
}

const PARENT_CHECK_MS = 1000;
/** npm, the shell and the terminal each pass on the same Ctrl-C. */
const SAME_PRESS_MS = 1000;

/**
 * Watches for the reasons to stop. A second Ctrl-C ends the process at once; what it started ends with it
 * all the same.
 */
export function watchForStop(onImpatience: () => never): Stopping {
  const controller = new AbortController();
  let cause: NodeJS.Signals | 'parent' | null = null;
  let firstAt = 0;
  const stop = (why: NodeJS.Signals | 'parent') => {
    if (cause !== null) {
      if (why === 'SIGINT' && Date.now() - firstAt > SAME_PRESS_MS) onImpatience();
      return;
    }
    cause = why;
    firstAt = Date.now();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  const parent = Number(process.env['THREADSMITH_STARTED_BY']);
  if (Number.isInteger(parent) && parent > 0) {
    setInterval(() => {
      if (process.ppid !== parent) stop('parent');
    }, PARENT_CHECK_MS).unref();
  }
  return { signal: controller.signal, cause: () => cause };
}

/** The exit code that tells a shell which signal ended us. */
export function exitCodeOf(cause: NodeJS.Signals | 'parent' | null): number {
  if (cause === 'SIGINT') return 130;
  if (cause === 'SIGHUP') return 129;
  return cause === null ? 0 : 143;
}

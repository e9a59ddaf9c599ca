// Loops: work that is done on a notification and, because notifications can be lost, at an interval as well.
import type { Log } from './log.ts';

export interface Loop {
  /** There may be something to do. A call during a round leads to another one. */
  wake: () => void;
  /** Starts no more rounds and waits for the one under way. */
  close: () => Promise<void>;
}

/** Calls `round` at once, on every `wake` and every `intervalMs`, never two at a time. Its failures are logged. */
export function startLoop(name: string, intervalMs: number, round: () => Promise<void>, log: Log): Loop {
  let running: Promise<void> | null = null;
  let wanted = false;
  let closed = false;

  const run = async (): Promise<void> => {
    do {
      wanted = false;
      try {
        await round();
      } catch (error) {
        log.warn(`${name}: a round failed; trying again`, { error });
      }
    } while (wanted && !closed);
    running = null;
  };
  const wake = (): void => {
    wanted = true;
    if (!closed) running ??= run();
  };
  const timer = setInterval(wake, intervalMs);
  wake();
  return {
    wake,
    close: async () => {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}

// A server of ours that dies while others need it is started again at the same address.
import { setTimeout as sleep } from 'node:timers/promises';

export interface KeptServer {
  /** Settles when the server is gone; null where it is not ours to watch. */
  readonly ended: Promise<unknown> | null;
}

export interface KeepOptions<T extends KeptServer> {
  /** For people: `database`. */
  readonly name: string;
  readonly first: T;
  /** Starts it again where the one before was. */
  readonly again: (before: T) => Promise<T>;
  readonly stop: (server: T) => Promise<void>;
  readonly onTrouble: (sentence: string) => void;
  readonly onGivenUp: (sentence: string) => void;
}

const RESTARTS_MAX = 5;
const RESTARTS_WINDOW_MS = 60_000;
const PAUSE_MS = 250;

/** Watches `first` and its successors. The function that it returns ends the watch and the server. */
export function keepRunning<T extends KeptServer>(options: KeepOptions<T>): () => Promise<void> {
  let current = options.first;
  let stopping = false;
  const watch = async (): Promise<void> => {
    const endedAt: number[] = [];
    while (current.ended !== null) {
      await current.ended;
      if (stopping) return;
      const now = Date.now();
      endedAt.push(now);
      if (endedAt.filter((at) => now - at < RESTARTS_WINDOW_MS).length > RESTARTS_MAX) {
        options.onGivenUp(`The ${options.name} ends again and again.`);
        return;
      }
      options.onTrouble(`The ${options.name} ended; it is started again.`);
      await sleep(PAUSE_MS);
      try {
        current = await options.again(current);
        options.onTrouble(`The ${options.name} is back.`);
      } catch (thrown) {
        options.onGivenUp(thrown instanceof Error ? thrown.message : String(thrown));
        return;
      }
    }
  };
  void watch();
  return async () => {
    stopping = true;
    await options.stop(current);
  };
}

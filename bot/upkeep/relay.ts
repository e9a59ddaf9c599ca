// The outbox relay: passes hand-overs on, `turn` to the queue and `admit` to admission, until they were taken.
import type { Log } from '../../core/log.ts';
import { type Loop, startLoop } from '../../core/loop.ts';
import type { Database } from '../../db/schema/database.ts';
import { type Handover, markSent, unsentHandovers } from '../../db/transport/outbox.ts';
import type { TurnQueue } from '../../db/transport/queue.ts';

export interface RelayOptions {
  readonly database: Database;
  readonly queue: TurnQueue;
  /** Admits a turn; safe to call again. What it throws means that it is tried again. */
  readonly admit: (turnId: string) => Promise<void>;
  readonly log: Log;
}

const POLL_MS = 1_000;
const BATCH = 200;
const AT_ONCE = 32;
const QUEUE_TIMEOUT_MS = 5_000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;

interface Pause {
  readonly failures: number;
  readonly until: number;
}

/** Starts the relay. Each hand-over goes its own way: one that fails or hangs holds up no other. */
export function startRelay(options: RelayOptions): Loop {
  const { database, log } = options;
  const underway = new Map<number, Promise<void>>();
  const pauses = new Map<number, Pause>();

  const round = async (): Promise<void> => {
    const handovers = await unsentHandovers(database.em(), BATCH);
    const unsent = new Set(handovers.map(({ id }) => id));
    for (const id of pauses.keys()) if (!unsent.has(id)) pauses.delete(id);
    for (const handover of handovers) {
      const rests = (pauses.get(handover.id)?.until ?? 0) > performance.now();
      if (rests || underway.has(handover.id)) continue;
      if (underway.size >= AT_ONCE) return;
      underway.set(
        handover.id,
        pass(handover).finally(() => {
          underway.delete(handover.id);
          if (underway.size === AT_ONCE - 1) loop.wake();
        }),
      );
    }
  };

  const pass = async (handover: Handover): Promise<void> => {
    try {
      if (handover.topic === 'turn') {
        await options.queue.add(`turn-${handover.id}`, handover.turnId, QUEUE_TIMEOUT_MS);
      } else {
        await options.admit(handover.turnId);
      }
      await markSent(database.em(), handover);
      pauses.delete(handover.id);
    } catch (error) {
      const failures = (pauses.get(handover.id)?.failures ?? 0) + 1;
      const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
      pauses.set(handover.id, { failures, until: performance.now() + pauseMs });
      log.warn('a hand-over was not taken; trying again', { handover, failures, error });
    }
  };

  const loop = startLoop('relay', POLL_MS, round, log);
  return {
    wake: loop.wake,
    close: async () => {
      await loop.close();
      await Promise.all(underway.values());
    },
  };
}

// Looks after the sandboxes of this worker's engine: idle ones are frozen, those that nobody needs removed.
import type { Log } from '../core/log.ts';
import type { Database } from '../db/database.ts';
import { type IdleSession, whileIdle } from '../db/idle.ts';
import type { SandboxProvider } from '../sandbox/sandbox.ts';
import { BEFORE_SUFFIX } from './before.ts';

export interface IdleTimes {
  /** A sandbox that was idle for so long is frozen; the next turn wakes it. */
  readonly pauseMs: number;
  /** A sandbox that was idle for so long is removed where its session is over. */
  readonly removeMs: number;
}

export const IDLE_TIMES: IdleTimes = { pauseMs: 10 * 60_000, removeMs: 24 * 3_600_000 };

/** One round over all sandboxes. What fails is told in the log and tried again in the next round. */
export async function keepHouse(
  database: Database,
  provider: SandboxProvider,
  times: IdleTimes,
  log: Log,
): Promise<void> {
  for (const key of await provider.list()) {
    const sessionId = key.endsWith(BEFORE_SUFFIX) ? key.slice(0, -BEFORE_SUFFIX.length) : key;
    try {
      await whileIdle(database, sessionId, async (session) => {
        const fate = key === sessionId ? fateOf(session, times) : 'remove';
        if (fate === 'pause') await provider.pause(key);
        if (fate === 'remove') {
          await provider.remove(key);
          log.info('a sandbox that nobody needs was removed', { key });
        }
      });
    } catch (error) {
      log.warn('a sandbox could not be looked after', { key, error });
    }
  }
}

/** An open session keeps its sandbox: what the agent did there may not be published yet. */
function fateOf(session: IdleSession | null, times: IdleTimes): 'keep' | 'pause' | 'remove' {
  if (session === null) return 'remove';
  if (session.state !== 'open' && session.idleMs > times.removeMs) return 'remove';
  return session.idleMs > times.pauseMs ? 'pause' : 'keep';
}

// Freezes the idle sandboxes of this worker's engine, and removes those that no session needs any more.
import { randomUUID } from 'node:crypto';
import { ownerOfSandbox } from '../../core/attempt.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../db/schema/database.ts';
import { type IdleSession, whileIdle } from '../../db/turns/idle.ts';
import { forgetWork, saveWork } from '../../db/turns/saved-work.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { readName, takeWork } from '../workspace/saved-work.ts';
import { BASELINE_SUFFIX } from '../workspace/workspace.ts';

export interface IdleTimes {
  /** A sandbox is frozen after this time without a turn; the next turn wakes it. */
  readonly pauseMs: number;
  /** A sandbox is removed after this time without a turn, once its unpublished work is saved. */
  readonly removeMs: number;
}

export const IDLE_TIMES: IdleTimes = { pauseMs: 10 * 60_000, removeMs: 24 * 3_600_000 };

/** The sandbox exists already, so the provider needs no image. */
const NO_IMAGE = 'threadsmith-sandbox:none';

/** Looks at each sandbox once. Failures are logged and tried again by the next call. */
export async function cleanUpSandboxes(
  database: Database,
  provider: SandboxProvider,
  times: IdleTimes,
  log: Log,
): Promise<void> {
  for (const key of await provider.list()) {
    const isBefore = key.endsWith(BASELINE_SUFFIX);
    const owner = ownerOfSandbox(isBefore ? key.slice(0, -BASELINE_SUFFIX.length) : key);
    try {
      await whileIdle(database, owner, async (session) => {
        const fate = isBefore ? 'remove' : fateOf(session, times);
        if (fate === 'pause') return provider.pause(key);
        if (fate === 'keep') return;
        if (fate === 'save' && !(await saved(database, provider, key, log))) return provider.pause(key);
        await provider.remove(key);
        if (fate === 'remove' && !isBefore) await forgetWork(database.em(), key);
        log.info('a sandbox that nobody needs was removed', { key });
      });
    } catch (error) {
      log.warn('a sandbox could not be looked after', { key, error });
    }
  }
}

/** The work of an open session may be unpublished: it is saved before its sandbox is removed. */
function fateOf(session: IdleSession | null, times: IdleTimes): 'keep' | 'pause' | 'save' | 'remove' {
  if (session === null || session.isDropped) return 'remove';
  if (session.idleMs > times.removeMs) return session.state === 'open' ? 'save' : 'remove';
  return session.idleMs > times.pauseMs ? 'pause' : 'keep';
}

/**
 * Saves the work in the sandbox, unless another sandbox has the session's newest work. False where it could not be
 * saved, so that the sandbox has to stay.
 */
async function saved(database: Database, provider: SandboxProvider, key: string, log: Log): Promise<boolean> {
  const sandbox = await provider.open({ key, image: NO_IMAGE });
  try {
    const id = randomUUID();
    const name = await readName(sandbox, id);
    if (name === null) return false;
    const taken = await takeWork(sandbox, id, 'ever');
    if (taken.kind === 'refused') {
      log.warn('a sandbox is kept, because its work cannot be saved', { key, reason: taken.reason });
      return false;
    }
    if (taken.kind === 'taken' && !(await saveWork(database.em(), key, name, taken.work)))
      log.info('a sandbox was left behind by its session', { key, sandbox: name });
    return true;
  } finally {
    await sandbox.close();
  }
}

// Waits for a Docker Engine that went away during a turn, as in a restart, and tells the thread so.
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../../core/async.ts';
import { hasCode, type ThreadsmithError } from '../../core/errors.ts';
import { redactAll } from '../../core/redact.ts';
import { appendEvents } from '../../db/log/events.ts';
import { fenced, type Lease } from '../../db/schema/lease.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import type { WorkerServices } from './context.ts';

const LOOK_EVERY_MS = 500;
/** A starting engine accepts connections, but is silent until it has found its containers. */
const LOOK_MAX_MS = 5_000;

/**
 * Resolves once the engine answers again. Throws `away`, the error that the engine was lost with, after the time that
 * the configuration allows.
 */
export async function waitForEngine(
  { config, database, provider, log }: Pick<WorkerServices, 'config' | 'database' | 'provider' | 'log'>,
  lease: Lease,
  away: ThreadsmithError,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + config.sandbox.engine_wait_seconds * 1000;
  const detail = `${away.message} Trying again.`;
  await fenced(database, lease, (em) =>
    appendEvents(
      em,
      lease.sessionId,
      lease.turnId,
      redactAll([{ type: 'phase.started', phase: 'prepare', detail }], database.redact),
    ),
  );
  while (performance.now() < until) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    if (!(await answers(provider, Math.min(LOOK_MAX_MS, until - performance.now())))) continue;
    log.info('the engine answers again', { turn: lease.turnId });
    return;
  }
  throw away;
}

async function answers(provider: SandboxProvider, withinMs: number): Promise<boolean> {
  const answer = provider.list().then(
    () => true,
    (error: unknown) => !hasCode(error, 'engine_unreachable'),
  );
  return within(Math.max(1, withinMs), answer, () => false);
}

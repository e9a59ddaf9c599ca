// A request moves to another repo or begins from another branch: what was begun of it goes away.
import { isOver } from '../../core/turn.ts';
import { JournalRow } from '../entities/log.ts';
import { Session, Turn } from '../entities/session.ts';
import { appendEvents } from '../log/events.ts';
import type { EntityManager } from '../schema/database.ts';
import { notify } from '../transport/notify.ts';
import { handOver } from '../transport/outbox.ts';
import { hasAttempts } from './attempts.ts';

export interface Reroute {
  readonly repo: string;
  /** Null for the repo's default branch. */
  readonly baseBranch: string | null;
  readonly by: string;
}

/**
 * Queues the turn anew in another place. A worker that has it loses it at this moment, by its fencing number, and
 * the next one starts in a fresh sandbox with nothing in the journal. False where the turn is over, or something
 * of the session was published, or attempts at it are under way.
 */
export async function rerouteTurn(em: EntityManager, turnId: string, to: Reroute): Promise<boolean> {
  // The turn first, then the session, as its worker does it.
  const rows = await em.execute<{ session_id: string }[]>(
    'select session_id from turn where id = ? for update',
    [turnId],
  );
  const sessionId = rows[0]?.session_id;
  if (sessionId === undefined) return false;
  await em.execute('select 1 from session where id = ? for no key update', [sessionId]);
  const turn = await em.findOneOrFail(Turn, { id: turnId }, { refresh: true });
  const session = await em.findOneOrFail(Session, { id: sessionId }, { refresh: true });
  if (isOver(turn.state) || typeof session.headCommit === 'string') return false;
  // Attempts under way are turns of their own, with branches: they end by a choice or a stop.
  if (await hasAttempts(em, turnId)) return false;
  const begun =
    typeof session.baseCommit === 'string' || turn.state === 'running' || turn.state === 'waiting';
  const left = begun ? (session.repo ?? null) : null;
  await em.nativeUpdate(
    Session,
    { id: sessionId },
    {
      repo: to.repo,
      baseBranch: to.baseBranch,
      baseCommit: null,
      // The next turn then begins with a fresh sandbox.
      ...(begun ? { state: 'discarded' as const } : {}),
    },
  );
  await em.execute(
    `update turn set state = 'queued', state_since = now(), lease_epoch = lease_epoch + 1, lease_until = null,
       lease_owner = null, started_at = null, stop_requested_by = null,
       details = (details - array['answer', 'callId', 'routing', 'plans', 'decidedWith']) || ?::jsonb
     where id = ?`,
    [JSON.stringify(left === null || left === to.repo ? {} : { left }), turnId],
  );
  await em.nativeDelete(JournalRow, { turnId });
  await appendEvents(em, sessionId, turnId, [
    { type: 'turn.rerouted', repo: to.repo, base: to.baseBranch, by: to.by },
  ]);
  await handOver(em, 'turn', turnId);
  await notify(em, 'stop');
  return true;
}

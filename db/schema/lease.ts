// Leases: which worker has a turn. All on the database's clock; the epoch is the fencing number that every
// write and effect of a worker is checked against, since a frozen worker may wake up at any time.

import { createHash } from 'node:crypto';
import { ThreadsmithError } from '../../core/errors.ts';
import { LEASE_MS } from '../../core/limits.ts';
import type { Database, EntityManager } from './database.ts';

export interface Lease {
  readonly turnId: string;
  readonly sessionId: string;
  readonly epoch: number;
  readonly owner: string;
}

export const CONNECTION_PREFIX = 'threadsmith-worker-';

/** Names a worker's listening connection, and the worker where it left a turn; PostgreSQL keeps 63 bytes of it. */
export function connectionNameOf(owner: string): string {
  return `${CONNECTION_PREFIX}${createHash('sha256').update(owner).digest('hex').slice(0, 20)}`;
}

/** For so long a worker that left a turn to the others does not take it; then it may be the only one there is. */
const LEFT_FOR_MS = 60_000;

/** The condition, in SQL, that the worker whose connection is named by the parameter left the turn to the others. */
export function leftFor(): string {
  return `(details->'leftBy' @> to_jsonb(?::text) and state_since > now() - interval '${LEFT_FOR_MS} milliseconds')`;
}

/**
 * Takes a turn for a worker. Null where it is not to be had: it is over, another worker's lease on it
 * is alive, this worker has just left it to the others, or an earlier turn of its session is still open.
 * Attempts at the same request go side by side.
 */
export async function claimTurn(database: Database, turnId: string, owner: string): Promise<Lease | null> {
  return database.transaction(async (em) => {
    // The session's row is the lock: two turns of one session can't be claimed at once.
    await em.execute(
      'select 1 from session where id = (select session_id from turn where id = ?) for no key update',
      [turnId],
    );
    const rows = await em.execute<{ session_id: string; lease_epoch: number }[]>(
      `update turn set state = 'running', lease_epoch = lease_epoch + 1, lease_owner = ?,
         lease_until = now() + ? * interval '1 millisecond',
         state_since = case when state = 'running' then state_since else now() end,
         started_at = coalesce(started_at, now())
       where id = ?
         and ((state = 'queued' and (not_before is null or not_before <= now())
             and not coalesce(${leftFor()}, false))
           or (state = 'running' and lease_until < now()))
         and (kind = 'attempt' or not exists (select 1 from turn earlier where earlier.session_id = turn.session_id
           and earlier.position < turn.position and earlier.is_open))
       returning session_id, lease_epoch`,
      [owner, LEASE_MS, turnId, connectionNameOf(owner)],
    );
    const row = rows[0];
    return row === undefined ? null : { turnId, sessionId: row.session_id, epoch: row.lease_epoch, owner };
  });
}

/** Keeps the lease for another while; says who asked to stop it, or all attempts. Throws `lease_lost`. */
export async function renewLease(
  database: Database,
  lease: Lease,
): Promise<{ readonly stopRequestedBy: string | null }> {
  const rows = await database.em().execute<{ stop_requested_by: string | null }[]>(
    `update turn set lease_until = now() + ? * interval '1 millisecond'
     where id = ? and lease_epoch = ? and state = 'running'
     returning coalesce(stop_requested_by, (select asking.stop_requested_by
       from attempt join turn asking on asking.id = attempt.parent_id where attempt.turn_id = turn.id)) as stop_requested_by`,
    [LEASE_MS, lease.turnId, lease.epoch],
  );
  const row = rows[0];
  if (row === undefined) throw leaseLost(lease);
  return { stopRequestedBy: row.stop_requested_by };
}

/** Runs `work` in a transaction that only commits while the lease holds. Throws `lease_lost`. */
export async function fenced<T>(
  database: Database,
  lease: Lease,
  work: (em: EntityManager) => Promise<T>,
): Promise<T> {
  return database.transaction(async (em) => {
    const rows = await em.execute<unknown[]>(
      `select 1 from turn where id = ? and lease_epoch = ? and state = 'running' for update`,
      [lease.turnId, lease.epoch],
    );
    if (rows.length === 0) throw leaseLost(lease);
    return work(em);
  });
}

/** What a worker without the lease gets to hear. */
export function leaseLost(lease: Lease): ThreadsmithError {
  return new ThreadsmithError(
    'lease_lost',
    `Worker ${lease.owner} no longer has turn ${lease.turnId}.`,
    'Nothing to do: another worker has taken the turn up.',
  );
}

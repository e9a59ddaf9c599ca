// Which workers are connected: each names its listening connection, so that PostgreSQL knows at once who is there
// and who was killed. And what follows: a turn that one cannot do for want of its engine goes to another.
import { redactAll } from '../../core/redact.ts';
import { appendEvents } from '../log/events.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { CONNECTION_PREFIX, connectionNameOf, fenced, type Lease, leftFor } from '../schema/lease.ts';
import { handOver } from '../transport/outbox.ts';

/**
 * Gives a leased turn to the other workers, saying why in the thread. False, and nothing done, where there is no
 * other that has not given it up as well. Throws `lease_lost`.
 */
export async function leaveToOthers(database: Database, lease: Lease, why: string): Promise<boolean> {
  return fenced(database, lease, async (em) => {
    const own = connectionNameOf(lease.owner);
    const [turn] = await em.execute<{ left_by: readonly string[] | null }[]>(
      `select details->'leftBy' as left_by from turn where id = ?`,
      [lease.turnId],
    );
    const leftBy = turn?.left_by ?? [];
    const others = (await connected(em)).filter((name) => name !== own && !leftBy.includes(name));
    if (leftBy.includes(own) || others.length === 0) return false;
    await em.execute(
      `update turn set state = 'queued', state_since = now(), lease_until = null,
         details = details || jsonb_build_object('leftBy', ?::jsonb) where id = ?`,
      [JSON.stringify([...leftBy, own]), lease.turnId],
    );
    const detail = `${why} Another worker goes on with it.`;
    const events = redactAll(
      [{ type: 'phase.started' as const, phase: 'prepare' as const, detail }],
      database.redact,
    );
    await appendEvents(em, lease.sessionId, lease.turnId, events);
    await handOver(em, 'turn', lease.turnId);
    return true;
  });
}

/** Whether this worker leaves the turn to the others for now. */
export async function hasLeft(database: Database, turnId: string, owner: string): Promise<boolean> {
  const sql = `select 1 from turn where id = ? and state = 'queued' and ${leftFor()}`;
  return (await database.em().execute<unknown[]>(sql, [turnId, connectionNameOf(owner)])).length > 0;
}

/** Offers a turn to the workers again that this one leaves to the others; nothing where that is over. */
export async function offerAgain(database: Database, turnId: string, owner: string): Promise<void> {
  if (!(await hasLeft(database, turnId, owner))) return;
  await database.transaction(async (em) => {
    const rows = await em.execute<unknown[]>(
      `select 1 from turn where id = ? and state = 'queued'
         and not exists (select 1 from outbox where turn_id = turn.id and topic = 'turn' and sent_at is null)
       for update skip locked`,
      [turnId],
    );
    if (rows.length > 0) await handOver(em, 'turn', turnId);
  });
}

async function connected(em: EntityManager): Promise<readonly string[]> {
  const rows = await em.execute<{ name: string }[]>(
    `select distinct application_name as name from pg_stat_activity
     where datname = current_database() and starts_with(application_name, ?)`,
    [CONNECTION_PREFIX],
  );
  return rows.map(({ name }) => name);
}

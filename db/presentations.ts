// How far each turn's events have been presented in Slack.
import type { EntityManager } from './database.ts';

export interface Unpresented {
  readonly turnId: string;
  readonly sessionId: string;
  readonly lastEventId: number;
}

/** Turns with events after `afterEventId` that have not been presented, oldest first. */
export async function unpresentedTurns(
  em: EntityManager,
  afterEventId: number,
  limit: number,
): Promise<readonly Unpresented[]> {
  const rows = await em.execute<{ turn_id: string; session_id: string; last: string }[]>(
    `select event.turn_id, event.session_id, max(event.id) as last from event
     left join presentation on presentation.turn_id = event.turn_id
     where event.turn_id is not null and event.id > ? and event.id > coalesce(presentation.event_id, 0)
     group by event.turn_id, event.session_id order by last limit ?`,
    [afterEventId, limit],
  );
  return rows.map((row) => ({
    turnId: row.turn_id,
    sessionId: row.session_id,
    lastEventId: Number(row.last),
  }));
}

/**
 * The event up to which everything is presented and nothing more can appear. Numbers are given before
 * transactions commit, so a lower one may still appear after a higher one, but not one older than `ageMs`.
 */
export async function settledEventId(
  em: EntityManager,
  afterEventId: number,
  ageMs: number,
): Promise<number> {
  const rows = await em.execute<{ id: string }[]>(
    `select coalesce(
       (select min(event.id) - 1 from event left join presentation on presentation.turn_id = event.turn_id
        where event.turn_id is not null and event.id > ? and event.id > coalesce(presentation.event_id, 0)
          and event.at < now() - ? * interval '1 millisecond'),
       (select max(id) from event where id >= ? and at < now() - ? * interval '1 millisecond'),
       ?) as id`,
    [afterEventId, ageMs, afterEventId, ageMs, afterEventId],
  );
  return Number(rows[0]?.id ?? afterEventId);
}

/** Locks a turn's presentation until the transaction ends; false where another process has it. */
export async function lockPresentation(em: EntityManager, turnId: string): Promise<boolean> {
  const rows = await em.execute<{ locked: boolean }[]>(
    'select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as locked',
    [`present:${turnId}`],
  );
  return rows[0]?.locked === true;
}

/** Records that events up to this one are shown. */
export async function markPresented(em: EntityManager, turnId: string, eventId: number): Promise<void> {
  await em.execute(
    `insert into presentation (turn_id, event_id) values (?, ?)
     on conflict (turn_id) do update set event_id = greatest(presentation.event_id, excluded.event_id), at = now()`,
    [turnId, eventId],
  );
}

/** Running and queued turns that were last drawn more than `ageMs` ago. */
export async function staleTurns(em: EntityManager, ageMs: number): Promise<readonly string[]> {
  const rows = await em.execute<{ turn_id: string }[]>(
    `select turn_id from presentation join turn on turn.id = presentation.turn_id
     where turn.state in ('running', 'queued') and presentation.at < now() - ? * interval '1 millisecond'`,
    [ageMs],
  );
  return rows.map((row) => row.turn_id);
}

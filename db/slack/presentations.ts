// How far each turn's events have been presented in Slack, and which turns are to be drawn without events of their own.
import type { EntityManager } from '../schema/database.ts';
import { notify } from '../transport/notify.ts';

export interface Unpresented {
  readonly turnId: string;
  readonly sessionId: string;
  readonly lastEventId: number;
}

/** How much a drawing of a turn covers. */
export interface Seen {
  readonly turnId: string;
  readonly eventId: number;
  /** Whether there are events that no earlier drawing covered. */
  readonly isNews: boolean;
  readonly handoverIds: readonly number[];
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

/**
 * What a drawing that begins now covers. To be read before anything that is drawn: a row that was read earlier
 * may be older than the last event, and what it lacks would count as shown and never be drawn.
 */
export async function seenSoFar(em: EntityManager, turnId: string): Promise<Seen> {
  const [row] = await em.execute<{ last: string | null; shown: string | null; wanted: string[] }[]>(
    `select (select max(id) from event where turn_id = ?) as last,
       (select event_id from presentation where turn_id = ?) as shown,
       array(select id::text from outbox where topic = 'draw' and turn_id = ? and sent_at is null) as wanted`,
    [turnId, turnId, turnId],
  );
  const eventId = Number(row?.last ?? 0);
  return {
    turnId,
    eventId,
    isNews: eventId > Number(row?.shown ?? 0),
    handoverIds: (row?.wanted ?? []).map(Number),
  };
}

/** Records that what was seen is shown. */
export async function markPresented(em: EntityManager, seen: Seen): Promise<void> {
  await em.execute(
    `insert into presentation (turn_id, event_id) values (?, ?)
     on conflict (turn_id) do update set event_id = greatest(presentation.event_id, excluded.event_id), at = now()`,
    [seen.turnId, seen.eventId],
  );
  if (seen.handoverIds.length === 0) return;
  await em.execute('update outbox set sent_at = now() where id = any(?::bigint[])', [
    `{${seen.handoverIds.join(',')}}`,
  ]);
}

/**
 * Has turns drawn again because of another one, in the transaction of `em`: a process that is killed before it
 * comes to them leaves the rows to the next one.
 */
export async function wantDrawn(em: EntityManager, turnIds: readonly string[]): Promise<void> {
  if (turnIds.length === 0) return;
  // Always a row of its own: one that stands already may be covered by a drawing that read too early.
  for (const id of turnIds) await em.execute(`insert into outbox (topic, turn_id) values ('draw', ?)`, [id]);
  await notify(em, 'event');
}

/** Turns that are to be drawn again because of another one, oldest wish first. */
export async function turnsToDraw(em: EntityManager, limit: number): Promise<readonly string[]> {
  const rows = await em.execute<{ turn_id: string }[]>(
    `select turn_id from outbox where topic = 'draw' and sent_at is null group by turn_id order by min(id) limit ?`,
    [limit],
  );
  return rows.map((row) => row.turn_id);
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

// The append-only log of a session.
import type { EventBody, SessionEvent } from '../../core/event.ts';
import { Event } from '../entities/log.ts';
import type { EntityManager } from '../schema/database.ts';
import { notify } from '../transport/notify.ts';

/** Adds events in the transaction of `em`, and hints at them when it commits. */
export async function appendEvents(
  em: EntityManager,
  sessionId: string,
  turnId: string | null,
  bodies: readonly EventBody[],
): Promise<void> {
  for (const body of bodies) {
    await em.execute('insert into event (session_id, turn_id, body) values (?, ?, ?)', [
      sessionId,
      turnId,
      JSON.stringify(body),
    ]);
  }
  await notify(em, 'event');
}

/** Events of one turn in order. */
export async function eventsOfTurn(em: EntityManager, turnId: string): Promise<readonly SessionEvent[]> {
  return (await em.find(Event, { turnId }, { orderBy: { id: 'asc' } })).map(toEvent);
}

/** Events of a session in order. */
export async function eventsOfSession(
  em: EntityManager,
  sessionId: string,
): Promise<readonly SessionEvent[]> {
  return (await em.find(Event, { sessionId }, { orderBy: { id: 'asc' } })).map(toEvent);
}

function toEvent(row: Event): SessionEvent {
  return {
    id: Number(row.id),
    sessionId: row.sessionId,
    turnId: row.turnId ?? null,
    at: row.at,
    body: row.body,
  };
}

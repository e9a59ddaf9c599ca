// The turns of a session that are not over: what the bot asks before it lets people decide.
import type { TurnState } from '../../core/turn.ts';
import type { Turn } from '../entities/session.ts';
import type { EntityManager } from '../schema/database.ts';

export interface OpenRequest {
  readonly id: string;
  readonly state: TurnState;
}

/** The requests of a session that are not over, oldest first. */
export async function openRequests(em: EntityManager, sessionId: string): Promise<readonly OpenRequest[]> {
  return em.execute<OpenRequest[]>(
    'select id, state from request where session_id = ? and is_open order by position',
    [sessionId],
  );
}

/** Whether a request of the session is not over. */
export async function hasOpenRequest(em: EntityManager, sessionId: string): Promise<boolean> {
  return (await openRequests(em, sessionId)).length > 0;
}

/** Whether an earlier turn of the same session is queued, at work or waits for a person. */
export async function hasEarlierWork(em: EntityManager, turn: Turn): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select 1 from turn where session_id = ? and position < ? and kind <> 'answer'
       and state in ('queued', 'running', 'waiting') limit 1`,
    [turn.sessionId, turn.position],
  );
  return rows.length > 0;
}

/** Whether the session has a turn, over or not. */
export async function hasTurns(em: EntityManager, sessionId: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from turn where session_id = ? limit 1', [sessionId]);
  return rows.length > 0;
}

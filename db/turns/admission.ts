// What admission writes about a received turn: who asks for what, and what became of an answer.
import type { Person } from '../../core/turn.ts';
import type { TurnDetails } from '../entities/session.ts';
import type { EntityManager } from '../schema/database.ts';

export interface AdmittedTurn {
  readonly requester: Person;
  readonly text: string;
  /** Added to the details that the turn has. */
  readonly details: TurnDetails;
}

/** Writes what was looked up about a turn; false where another process admitted it meanwhile. */
export async function noteAdmission(
  em: EntityManager,
  turnId: string,
  { requester, text, details }: AdmittedTurn,
): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `update turn set requester = ?, text = ?, details = details || ?::jsonb
     where id = ? and state = 'received' returning 1`,
    [JSON.stringify(requester), text, JSON.stringify(details), turnId],
  );
  return rows.length > 0;
}

/** Adds to the details of a turn; a detail that it has already is replaced. */
export async function addDetails(em: EntityManager, turnId: string, details: TurnDetails): Promise<void> {
  await em.execute('update turn set details = details || ?::jsonb where id = ?', [
    JSON.stringify(details),
    turnId,
  ]);
}

/** Ends an answer, which another turn has taken. */
export async function endAnswer(em: EntityManager, turnId: string): Promise<void> {
  await em.execute(`update turn set state = 'done', state_since = now(), finished_at = now() where id = ?`, [
    turnId,
  ]);
}

/** Makes an answer, which no turn waits for any more, a request of its own. */
export async function makeFollowUp(em: EntityManager, turnId: string): Promise<void> {
  await em.execute(`update turn set kind = 'follow_up' where id = ?`, [turnId]);
}

// Sessions and turns for tests of what happens to them.
import { randomUUID } from 'node:crypto';
import { newSessionId } from '../../core/session.ts';
import type { TurnState } from '../../core/turn.ts';
import type { Database } from '../../db/schema/database.ts';
import { addTurn, lockSession, openSession } from '../../db/turns/requests.ts';

export async function addSession(database: Database): Promise<string> {
  return database.transaction(async (em) => {
    const thread = { teamId: 'T0TEST0001', channelId: `C${newSessionId()}`, threadTs: randomUUID() };
    const session = await openSession(em, thread, 'U0MIRA0001');
    await em.execute(`update session set repo = 'shop' where id = ?`, [session.id]);
    return session.id;
  });
}

/** Adds the next turn of a session in a state, as if it had come there. */
export async function addTurnIn(database: Database, sessionId: string, state: TurnState): Promise<string> {
  return database.transaction(async (em) => {
    const session = await lockSession(em, sessionId);
    if (session === null) throw new Error(`there is no session ${sessionId}`);
    const requester = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
    const turn = { kind: 'mention', state: 'queued', text: 'fix it', requester, messageTs: null } as const;
    const id = await addTurn(em, session, turn);
    await em.execute('update turn set state = ? where id = ?', [state, id]);
    return id;
  });
}

/** Makes a turn look as if it had been in its state for so long. */
export async function age(database: Database, turnId: string, byMs: number): Promise<void> {
  await database.em().execute(
    `update turn set state_since = state_since - ? * interval '1 millisecond',
       enqueued_at = enqueued_at - ? * interval '1 millisecond',
       lease_until = lease_until - ? * interval '1 millisecond' where id = ?`,
    [byMs, byMs, byMs, turnId],
  );
}

export async function stateOf(database: Database, turnId: string): Promise<string> {
  const rows = await database
    .em()
    .execute<{ state: string }[]>('select state from turn where id = ?', [turnId]);
  return rows[0]?.state ?? 'gone';
}

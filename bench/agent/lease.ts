// A turn that a worker has a lease on, without Slack around it.
import { randomUUID } from 'node:crypto';
import type { Database } from '../../db/schema/database.ts';
import { claimTurn, type Lease } from '../../db/schema/lease.ts';
import { addTurn, openSession } from '../../db/turns/requests.ts';
import { REQUEST } from './scripted.ts';

/** A new session with one turn, claimed. */
export async function newLease(database: Database): Promise<Lease> {
  const turnId = await database.transaction(async (em) => {
    const thread = { teamId: 'T0BENCH', channelId: 'C0BENCH', threadTs: randomUUID() };
    const session = await openSession(em, thread, 'U0BENCH');
    const requester = { id: 'U0BENCH', name: 'Bench', email: null };
    const turn = { kind: 'mention', state: 'queued', text: REQUEST, requester, messageTs: null } as const;
    return addTurn(em, session, turn);
  });
  const lease = await claimTurn(database, turnId, 'bench');
  if (lease === null) throw new Error('the turn could not be claimed');
  return lease;
}

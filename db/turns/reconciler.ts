// Finds turns that nobody is working on though somebody should be: a worker died, a queue was emptied, a
// process was killed between two states. PostgreSQL is the truth, the queue only transport.
import type { Failure } from '../../core/errors.ts';
import { type OpenTurnState, turnDeadlines } from '../../core/turn.ts';
import type { Database } from '../schema/database.ts';
import { handOver } from '../transport/outbox.ts';
import { endTurn } from './turns.ts';

/** A queued turn that was handed over this long ago and not claimed is handed over again. */
const UNCLAIMED_MS = 10_000;

export interface Reconciled {
  readonly handedOver: readonly string[];
  readonly expired: readonly string[];
}

/**
 * One round: hands lost turns over again and ends those that overstayed their state's deadline.
 * Safe to run in several processes at once.
 */
export async function reconcile(database: Database): Promise<Reconciled> {
  return { handedOver: await handOverLost(database), expired: await endOverdue(database) };
}

async function handOverLost(database: Database): Promise<readonly string[]> {
  return database.transaction(async (em) => {
    const rows = await em.execute<{ id: string }[]>(
      `select id from turn
       where ((state = 'queued' and (not_before is null or not_before <= now())
             and coalesce(enqueued_at, state_since) < now() - ? * interval '1 millisecond')
           or (state = 'running' and lease_until < now() and coalesce(enqueued_at, state_since) < now() - interval '5 seconds'))
         and not exists (select 1 from outbox where turn_id = turn.id and topic = 'turn' and sent_at is null)
         and (kind = 'attempt' or not exists (select 1 from turn earlier where earlier.session_id = turn.session_id
           and earlier.position < turn.position and earlier.is_open))
       order by state_since limit 100 for update skip locked`,
      [UNCLAIMED_MS],
    );
    for (const row of rows) await handOver(em, 'turn', row.id);
    // A turn whose admission was cut short: the hand-over row is kept until the bot finished with it.
    const unadmitted = await em.execute<{ id: string }[]>(
      `select id from turn where state = 'received' and state_since < now() - ? * interval '1 millisecond'
         and not exists (select 1 from outbox where turn_id = turn.id and topic = 'admit' and sent_at is null)
       limit 100 for update skip locked`,
      [UNCLAIMED_MS],
    );
    for (const row of unadmitted) await handOver(em, 'admit', row.id);
    return [...rows, ...unadmitted].map((row) => row.id);
  });
}

async function endOverdue(database: Database): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const state of Object.keys(turnDeadlines) as OpenTurnState[]) {
    const { afterMs, exit } = turnDeadlines[state];
    await database.transaction(async (em) => {
      const rows = await em.execute<{ id: string; session_id: string }[]>(
        `select id, session_id from turn where state = ? and state_since < now() - ? * interval '1 millisecond'
           -- While attempts are made, the deadlines that count are theirs.
           and not (state = 'running' and exists (select 1 from attempt where parent_id = turn.id))
         limit 100 for update skip locked`,
        [state, afterMs],
      );
      for (const row of rows) {
        // A higher epoch shuts out a worker that may still be at it.
        await em.execute('update turn set lease_epoch = lease_epoch + 1 where id = ?', [row.id]);
        await endTurn(
          em,
          row.id,
          row.session_id,
          exit === 'failed'
            ? { state: 'failed', failure: overdue(state, afterMs) }
            : {
                state: 'stopped',
                by: 'Threadsmith',
                leaves: `This expired: nobody answered within ${Math.round(afterMs / 86_400_000)} days, so nothing was changed.`,
              },
        );
        ended.push(row.id);
      }
    });
  }
  return ended;
}

function overdue(state: OpenTurnState, afterMs: number): Failure {
  const minutes = Math.round(afterMs / 60_000);
  return {
    code: 'internal',
    message: `This request stayed ${state.replace('_', ' ')} for more than ${minutes} minutes and was given up.`,
    advice: 'Reply in the thread to try again; what was committed is kept.',
  };
}

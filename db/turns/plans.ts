// Plans that wait for a person: the turn holds no worker and no sandbox meanwhile.
import type { PlanDecision, Proposal } from '../../core/proposal.ts';
import type { LaterAttachments, TurnDetails } from '../entities/session.ts';
import { appendEvents } from '../log/events.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { fenced, type Lease } from '../schema/lease.ts';
import { handOver } from '../transport/outbox.ts';

/** Puts a leased turn down with a plan until a person decides. Throws `lease_lost`. */
export async function proposePlan(
  database: Database,
  lease: Lease,
  earlier: readonly Proposal[],
  text: string,
): Promise<void> {
  const details: TurnDetails = { plans: [...earlier, { text, decision: null }] };
  await fenced(database, lease, async (em) => {
    await em.execute(
      `update turn set state = 'waiting', state_since = now(), lease_until = null, details = details || ?::jsonb where id = ?`,
      [JSON.stringify(details), lease.turnId],
    );
    await appendEvents(em, lease.sessionId, lease.turnId, [{ type: 'plan.proposed', text }]);
  });
}

/** A word on a plan, with what came with it. */
interface Word extends PlanDecision {
  /** Of which of the turn's plans it is, from 0; of the one that waits without it. */
  readonly place?: number;
  readonly beside?: LaterAttachments | undefined;
}

/** Decides on the plan that waits in a session, and hands its turn over; false where none waits, or another one. */
export async function decidePlan(
  em: EntityManager,
  sessionId: string,
  { place, beside, ...decision }: Word,
): Promise<boolean> {
  const rows = await em.execute<{ id: string; details: TurnDetails }[]>(
    `select id, details from turn where session_id = ? and state = 'waiting'
       and details->'plans'->-1 is not null and details->'plans'->-1->>'decision' is null for update`,
    [sessionId],
  );
  const [row] = rows;
  const earlier = row?.details.plans?.slice(0, -1) ?? [];
  const last = row?.details.plans?.at(-1);
  if (row === undefined || last === undefined || (place ?? earlier.length) !== earlier.length) return false;
  const plans = [...earlier, { ...last, decision }];
  await em.execute(
    `update turn set state = 'queued', state_since = now(), details = (details - 'decidedWith') || ?::jsonb where id = ?`,
    [JSON.stringify({ plans, ...(beside === undefined ? {} : { decidedWith: beside }) }), row.id],
  );
  await appendEvents(em, sessionId, row.id, [{ type: 'plan.decided', ...decision }]);
  await handOver(em, 'turn', row.id);
  return true;
}

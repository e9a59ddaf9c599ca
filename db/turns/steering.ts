// Steering: the text of a waiting turn is handed to the turn at work, which reads it before its next step.
// Until then the waiting turn stays in its place, so that nothing is lost where the other ends without it.
import type { Person } from '../../core/turn.ts';
import type { LaterAttachments, TurnDetails } from '../entities/session.ts';
import { appendEvents } from '../log/events.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { fenced, type Lease } from '../schema/lease.ts';
import { attachmentsOf } from './attachments.ts';

export interface SteeringMessage {
  /** The same message has the same id, however often it is read. */
  readonly id: string;
  readonly text: string;
  readonly by: Person;
  /** What came with it. */
  readonly beside: LaterAttachments;
}

/** What came of an offer. `nothing_runs`: no agent is at work in the session; `gone`: the turn waits no more. */
export type Offered = 'offered' | 'nothing_runs' | 'gone';

/**
 * Offers a queued turn's text to the turn of its session that is at work, or to all attempts at that, in the
 * transaction of `em`. Offering it again changes nothing. The running turns are locked before all else, as their
 * workers do it.
 */
export async function offerSteering(em: EntityManager, turnId: string, by: string): Promise<Offered> {
  const running = await em.execute<{ id: string }[]>(
    `select running.id from turn running join turn waiting on waiting.session_id = running.session_id
     where waiting.id = ? and running.kind in ('mention', 'follow_up', 'changes_requested', 'alert', 'attempt')
       and (running.state = 'running' and running.position < waiting.position
           and not exists (select 1 from attempt where parent_id = running.id)
         or running.kind = 'attempt' and running.state in ('queued', 'running'))
     order by running.position for share of running`,
    [turnId],
  );
  const rows = await em.execute<{ session_id: string; text: string; requester: Person }[]>(
    `select session_id, text, requester from turn where id = ? and state = 'queued' for update`,
    [turnId],
  );
  const [waiting] = rows;
  if (waiting === undefined) return 'gone';
  if (running.length === 0) return 'nothing_runs';
  const added = await em.execute<unknown[]>(
    `insert into steering (turn_id, from_turn_id, text, by) select turn.id, ?, ?, ? from turn where id = any(?)
     on conflict (turn_id, from_turn_id) do nothing returning 1`,
    [turnId, waiting.text, JSON.stringify(waiting.requester), `{${running.map(({ id }) => id).join(',')}}`],
  );
  if (added.length > 0)
    await appendEvents(em, waiting.session_id, turnId, [{ type: 'steering.offered', by }]);
  return 'offered';
}

/**
 * Everything that was sent to this turn, in order. What is new counts as taken with this call, and the turns
 * that it came from end. Throws `lease_lost`.
 */
export async function takeSteering(database: Database, lease: Lease): Promise<readonly SteeringMessage[]> {
  const found = await offersTo(database.em(), lease.turnId);
  if (found.every(({ taken_at }) => taken_at !== null)) return found.map(toMessage);
  return fenced(database, lease, async (em) => {
    const taken: OfferRow[] = [];
    for (const offer of await offersTo(em, lease.turnId)) {
      if (offer.taken_at !== null || (await takeUp(em, lease, offer))) taken.push(offer);
    }
    return taken.map(toMessage);
  });
}

/** Takes back what was offered of a turn and not taken: its text has changed or is no longer wanted. */
export async function withdrawSteering(em: EntityManager, fromTurnId: string): Promise<void> {
  await em.execute('delete from steering where from_turn_id = ? and taken_at is null', [fromTurnId]);
}

/**
 * Words that were sent to the attempts at a request while the chosen one was over already, or verified what it had,
 * wait for a turn of their own again: what is left of the session has not read them. The session is locked.
 */
export async function reopenUnread(
  em: EntityManager,
  chosen: { readonly sessionId: string; readonly parentId: string; readonly chosenId: string },
): Promise<void> {
  const rows = await em.execute<{ id: string; repo: string }[]>(
    `update turn set state = 'queued', state_since = now(), finished_at = null from session
     where session.id = turn.session_id and turn.state = 'done' and turn.id in (
       select from_turn_id from steering join attempt on attempt.turn_id = steering.turn_id where parent_id = ?)
     and not exists (select 1 from steering where from_turn_id = turn.id and turn_id = ? and taken_at is not null)
     returning turn.id, session.repo`,
    [chosen.parentId, chosen.chosenId],
  );
  for (const { id, repo } of rows) {
    await em.execute('delete from steering where from_turn_id = ?', [id]);
    await appendEvents(em, chosen.sessionId, id, [{ type: 'turn.queued', repo, ahead: 0 }]);
  }
}

interface OfferRow {
  readonly id: string;
  readonly from_turn_id: string;
  readonly text: string;
  readonly by: Person;
  readonly details: TurnDetails;
  readonly taken_at: Date | null;
}

function offersTo(em: EntityManager, turnId: string): Promise<OfferRow[]> {
  return em.execute<OfferRow[]>(
    `select steering.id, from_turn_id, steering.text, by, taken_at, details
     from steering join turn on turn.id = from_turn_id where turn_id = ? order by steering.id`,
    [turnId],
  );
}

async function takeUp(em: EntityManager, lease: Lease, offer: OfferRow): Promise<boolean> {
  const ended = await em.execute<unknown[]>(
    `update turn set state = 'done', state_since = now(), finished_at = now()
     where id = ? and state = 'queued' returning 1`,
    [offer.from_turn_id],
  );
  // Of several attempts each takes it, and the first one of them ends the turn that it came from.
  const isTaken =
    ended.length > 0 ||
    (
      await em.execute<unknown[]>(
        'select 1 from steering where from_turn_id = ? and taken_at is not null limit 1',
        [offer.from_turn_id],
      )
    ).length > 0;
  const marked =
    isTaken &&
    (
      await em.execute<unknown[]>(
        'update steering set taken_at = now() where id = ? and taken_at is null returning 1',
        [offer.id],
      )
    ).length > 0;
  if (marked && ended.length > 0)
    await appendEvents(em, lease.sessionId, offer.from_turn_id, [
      { type: 'turn.taken_up', by: lease.turnId },
    ]);
  return marked;
}

function toMessage({ id, from_turn_id: turnId, text, by, details }: OfferRow): SteeringMessage {
  return { id: String(id), text, by, beside: { turnId, ...attachmentsOf(details) } };
}

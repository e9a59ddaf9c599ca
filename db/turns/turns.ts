// Turns between their states, and what watches over the states.
import type { Failure } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import { redactAll } from '../../core/redact.ts';
import type { TurnResult } from '../../core/result.ts';
import { type OpenTurnState, type TurnState, turnDeadlines } from '../../core/turn.ts';
import type { LaterAttachments, Turn, TurnDetails } from '../entities/session.ts';
import { appendEvents } from '../log/events.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { fenced, type Lease } from '../schema/lease.ts';
import { handOver } from '../transport/outbox.ts';
import { dropAttempts, hasAttempts, outcomeAfter, stopAttempts } from './attempts.ts';
import { withdrawSteering } from './steering.ts';

/** How a turn ends. */
export type Ending =
  | { readonly state: 'done'; readonly result: TurnResult }
  | { readonly state: 'failed'; readonly failure: Failure }
  | { readonly state: 'refused'; readonly failure: Failure }
  | { readonly state: 'stopped'; readonly by: string; readonly leaves: string };

/** Ends a leased turn, with its last events, and hands the session's next turn over. Throws `lease_lost`. */
export async function finishTurn(
  database: Database,
  lease: Lease,
  ending: Ending,
  inSameTransaction: (em: EntityManager) => Promise<void> = async () => {},
): Promise<void> {
  await fenced(database, lease, async (em) => {
    await inSameTransaction(em);
    await endTurn(em, lease.turnId, lease.sessionId, redactAll(ending, database.redact));
  });
}

/** Ends a turn that nobody has a lease on, in the transaction of `em`. */
export async function endTurn(
  em: EntityManager,
  turnId: string,
  sessionId: string,
  ending: Ending,
): Promise<void> {
  const result = ending.state === 'done' ? JSON.stringify(ending.result) : null;
  const failure = 'failure' in ending ? JSON.stringify(ending.failure) : null;
  await em.execute(
    `update turn set state = ?, result = ?, failure = ?, finished_at = now(), state_since = now(), lease_until = null where id = ?`,
    [ending.state, result, failure, turnId],
  );
  await appendEvents(em, sessionId, turnId, [endingEvent(ending)]);
  await dropAttempts(em, turnId);
  await settleAttempts(em, turnId, sessionId);
  await handOverNext(em, sessionId);
}

/** Where the last attempt at a request is over, the turn that asked waits for a choice, or ends. */
async function settleAttempts(em: EntityManager, turnId: string, sessionId: string): Promise<void> {
  const outcome = await outcomeAfter(em, turnId);
  if (outcome === null) return;
  const { parentId } = outcome;
  switch (outcome.kind) {
    case 'choose':
      await em.execute(`update turn set state = 'waiting', state_since = now() where id = ?`, [parentId]);
      return appendEvents(em, sessionId, parentId, [{ type: 'attempts.ready' }]);
    case 'stopped':
      return endTurn(em, parentId, sessionId, { state: 'stopped', by: outcome.by, leaves: NOTHING_KEPT });
    case 'failed':
      return endTurn(em, parentId, sessionId, { state: 'failed', failure: outcome.failure });
  }
}

const NOTHING_KEPT = 'The attempts are removed; the session is as it was before them.';

function endingEvent(ending: Ending): EventBody {
  switch (ending.state) {
    case 'done':
      return { type: 'turn.finished', result: ending.result };
    case 'failed':
      return { type: 'turn.failed', failure: ending.failure };
    case 'refused':
      return { type: 'turn.refused', failure: ending.failure };
    case 'stopped':
      return { type: 'turn.stopped', by: ending.by, leaves: ending.leaves };
  }
}

/** Puts a leased turn down until a person answered. */
export async function waitForAnswer(
  database: Database,
  lease: Lease,
  question: { readonly question: string; readonly options: readonly string[]; readonly callId: string },
): Promise<void> {
  await fenced(database, lease, async (em) => {
    const details: TurnDetails = { callId: question.callId };
    await em.execute(
      `update turn set state = 'waiting', state_since = now(), lease_until = null, details = details || ?::jsonb where id = ?`,
      [JSON.stringify(details), lease.turnId],
    );
    await appendEvents(em, lease.sessionId, lease.turnId, [
      redactAll(
        { type: 'question.asked', question: question.question, options: question.options },
        database.redact,
      ),
    ]);
  });
}

/** Gives the session's waiting turn its answer and hands it over; false where none waits any more. */
export async function answerWaiting(
  em: EntityManager,
  sessionId: string,
  answer: { readonly text: string; readonly by: string; readonly beside?: LaterAttachments },
): Promise<boolean> {
  const details: TurnDetails = { answer };
  const rows = await em.execute<{ id: string }[]>(
    `update turn set state = 'queued', state_since = now(), details = details || ?::jsonb
     where session_id = ? and state = 'waiting' and not exists (select 1 from attempt where parent_id = turn.id)
     returning id`,
    [JSON.stringify(details), sessionId],
  );
  for (const { id } of rows) {
    await appendEvents(em, sessionId, id, [{ type: 'question.answered', by: answer.by, text: answer.text }]);
    await handOver(em, 'turn', id);
  }
  return rows.length > 0;
}

/** Ends a turn that no worker has, or asks the worker that has it to stop; false where it is over already. */
export async function stopTurn(em: EntityManager, turnId: string, by: string): Promise<boolean> {
  const rows = await em.execute<{ state: TurnState; session_id: string }[]>(
    'select state, session_id from turn where id = ? for update',
    [turnId],
  );
  const row = rows[0];
  if (row === undefined || !(row.state in turnDeadlines)) return false;
  if (row.state === 'running') {
    await requestStop(em, turnId, by);
    const leaves = 'It had not begun.';
    for (const id of await stopAttempts(em, turnId))
      await endTurn(em, id, row.session_id, { state: 'stopped', by, leaves });
    return true;
  }
  const chooses = row.state === 'waiting' && (await hasAttempts(em, turnId));
  const leaves = chooses
    ? NOTHING_KEPT
    : row.state === 'waiting'
      ? 'What was done so far is kept.'
      : 'Nothing was begun.';
  await endTurn(em, turnId, row.session_id, { state: 'stopped', by, leaves });
  return true;
}

/** Takes back a turn whose work has not begun, the session being locked; false where it has, or is over. */
export async function withdrawTurn(
  em: EntityManager,
  turnId: string,
  withdrawn: { readonly by: string; readonly how: 'removed' | 'deleted' },
): Promise<boolean> {
  const rows = await em.execute<{ session_id: string }[]>(
    `update turn set state = 'stopped', state_since = now(), finished_at = now()
     where id = ? and state in ('received', 'needs_repo', 'queued') and started_at is null returning session_id`,
    [turnId],
  );
  for (const { session_id: sessionId } of rows) {
    await withdrawSteering(em, turnId);
    await appendEvents(em, sessionId, turnId, [{ type: 'turn.withdrawn', ...withdrawn }]);
    await handOverNext(em, sessionId);
  }
  return rows.length > 0;
}

/**
 * Gives a turn whose work has not begun, or whose options were refused, another text, the session being locked:
 * it is admitted once more and keeps its place. False where its work has begun.
 */
export async function correctTurn(
  em: EntityManager,
  turnId: string,
  corrected: { readonly text: string; readonly by: string },
): Promise<boolean> {
  const rows = await em.execute<{ session_id: string }[]>(
    `update turn set state = 'received', state_since = now(), text = ?, failure = null, finished_at = null,
       started_at = null, details = details - array['planFirst', 'readOnly', 'attempts', 'routing', 'plans', 'links']
     where id = ? and ((state in ('received', 'needs_repo', 'queued') and started_at is null)
       or (state = 'failed' and failure->>'code' = 'option_refused')) returning session_id`,
    [corrected.text, turnId],
  );
  for (const { session_id: sessionId } of rows) {
    await withdrawSteering(em, turnId);
    await appendEvents(em, sessionId, turnId, [{ type: 'turn.corrected', ...corrected }]);
    await handOver(em, 'admit', turnId);
  }
  return rows.length > 0;
}

/** Moves a turn from one open state to another; false where it is no longer in the first. */
export async function moveTurn(
  em: EntityManager,
  turnId: string,
  from: OpenTurnState,
  to: TurnState,
): Promise<boolean> {
  const over = !(to in turnDeadlines);
  const rows = await em.execute<unknown[]>(
    `update turn set state = ?, state_since = now(), finished_at = case when ? then now() end where id = ? and state = ? returning 1`,
    [to, over, turnId, from],
  );
  return rows.length > 0;
}

/** Whether a turn came within this time, by the database's clock. */
export async function cameWithin(em: EntityManager, turnId: string, ms: number): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select 1 from turn where id = ? and created_at > now() - ? * interval '1 millisecond'`,
    [turnId, ms],
  );
  return rows.length > 0;
}

/** How many open turns of the session stand before this one. */
export async function turnsAhead(
  em: EntityManager,
  turn: Pick<Turn, 'sessionId' | 'position'>,
): Promise<number> {
  const [row] = await em.execute<{ count: string }[]>(
    `select count(*) as count from turn where session_id = ? and position < ? and kind <> 'attempt' and is_open`,
    [turn.sessionId, turn.position],
  );
  return Number(row?.count ?? 0);
}

/** Asks the worker that has the turn to stop; false where it is over already. */
export async function requestStop(em: EntityManager, turnId: string, by: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `update turn set stop_requested_by = coalesce(stop_requested_by, ?)
     where id = ? and is_open returning 1`,
    [by, turnId],
  );
  return rows.length > 0;
}

/**
 * Hands over the session's first open turn where it is queued. An answer counts here: where its admission is not over,
 * the turns behind it wait, since it may still become a request.
 */
async function handOverNext(em: EntityManager, sessionId: string): Promise<void> {
  const rows = await em.execute<{ id: string; state: TurnState }[]>(
    `select id, state from turn where session_id = ? and is_open and kind <> 'attempt'
     order by position limit 1`,
    [sessionId],
  );
  const next = rows[0];
  if (next?.state === 'queued') await handOver(em, 'turn', next.id);
}

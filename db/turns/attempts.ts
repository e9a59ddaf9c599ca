// Attempts as rows: begun by the turn that asked, over when their own turns are, chosen or dropped by a person.
// Where a turn and the one that asked for it are locked together, the attempt's own comes first.
import { randomUUID } from 'node:crypto';
import type { Approach, StartedAttempt } from '../../core/attempt.ts';
import type { Failure } from '../../core/errors.ts';
import type { TurnResult } from '../../core/result.ts';
import { branchOf } from '../../core/session.ts';
import type { TurnState } from '../../core/turn.ts';
import { Turn } from '../entities/session.ts';
import { appendEvents } from '../log/events.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { fenced, type Lease } from '../schema/lease.ts';
import { notify } from '../transport/notify.ts';
import { handOver } from '../transport/outbox.ts';

/** What every attempt at a request starts from. */
export interface StartingPoint {
  /** Whose conversation it goes on with, and up to which place. */
  readonly fromNumber: number;
  readonly fromPlace: number;
  readonly base: string;
  /** Null where nothing was published on top of the base. */
  readonly head: string | null;
}

/**
 * Begins attempts at the request of a leased turn, one for each approach, and puts the turn down until they are
 * over. `candidate` is a turn whose result is one of those to choose from. Throws `lease_lost`.
 */
export async function startAttempts(
  database: Database,
  lease: Lease,
  start: StartingPoint,
  approaches: readonly Approach[],
  candidate: string | null,
): Promise<void> {
  const { sessionId, turnId: parentId } = lease;
  await fenced(database, lease, async (em) => {
    const parent = await em.findOneOrFail(Turn, { id: parentId });
    const started: StartedAttempt[] = candidate === null ? [] : [{ turnId: candidate, approach: null }];
    for (const approach of approaches) {
      const turnId = randomUUID();
      await em.execute(
        `insert into turn (id, session_id, position, kind, state, text, requester, details)
         values (?, ?, (select max(position) + 1 from turn where session_id = ?), 'attempt', 'queued', ?, ?,
           ?::jsonb - array['attempts', 'tries', 'planFirst', 'routing', 'left'])`,
        [
          turnId,
          sessionId,
          sessionId,
          parent.text,
          JSON.stringify(parent.requester),
          JSON.stringify(parent.details),
        ],
      );
      await em.execute(
        `insert into attempt (session_id, number, parent_id, turn_id, approach, from_number, from_place, base_commit, head_commit)
         values (?, (select coalesce(max(number), 0) + 1 from attempt where session_id = ?), ?, ?, ?, ?, ?, ?, ?)`,
        [
          sessionId,
          sessionId,
          parentId,
          turnId,
          approach,
          start.fromNumber,
          start.fromPlace,
          start.base,
          start.head,
        ],
      );
      started.push({ turnId, approach });
      await handOver(em, 'turn', turnId);
    }
    // A heartbeat that is under way must not bring the lease back: it would run out, and the turn begin again.
    await em.execute('update turn set lease_until = null, lease_epoch = lease_epoch + 1 where id = ?', [
      parentId,
    ]);
    await appendEvents(em, sessionId, parentId, [{ type: 'attempts.started', attempts: started }]);
  });
}

/** The attempt that a turn works on. */
export interface AttemptRow {
  readonly number: number;
  readonly approach: Approach;
  readonly base: string;
  readonly head: string | null;
  /** Whether there was a conversation before it. */
  readonly goesOn: boolean;
  /** Place in the session of the turn that asked. */
  readonly askedAt: number;
}

/** The row of the attempt that a turn works on; null for a turn that is none. */
export async function attemptOfTurn(em: EntityManager, turnId: string): Promise<AttemptRow | null> {
  const rows = await em.execute<
    {
      number: number;
      approach: Approach;
      base_commit: string;
      head_commit: string | null;
      from_place: number;
      position: number;
    }[]
  >(
    `select number, approach, base_commit, head_commit, from_place, asking.position
     from attempt join turn asking on asking.id = parent_id where turn_id = ?`,
    [turnId],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { number, approach, base_commit: base, head_commit: head, from_place, position: askedAt } = row;
  return { number, approach, base, head, goesOn: from_place > 0, askedAt };
}

/** The turn that asked for the attempt that this turn works on; null for a turn that is no attempt. */
export async function parentOfAttempt(em: EntityManager, turnId: string): Promise<string | null> {
  const rows = await em.execute<{ parent_id: string }[]>('select parent_id from attempt where turn_id = ?', [
    turnId,
  ]);
  return rows[0]?.parent_id ?? null;
}

/** Keeps what an attempt has published, in the transaction of `em`. */
export async function keepAttemptHead(em: EntityManager, turnId: string, head: string): Promise<void> {
  await em.execute('update attempt set head_commit = ? where turn_id = ?', [head, turnId]);
}

/** What the end of the last attempt means for the turn that asked. */
export type Outcome =
  | { readonly kind: 'choose'; readonly parentId: string }
  | { readonly kind: 'stopped'; readonly parentId: string; readonly by: string }
  | { readonly kind: 'failed'; readonly parentId: string; readonly failure: Failure };

/** Says what to do once this turn is over; null where it is no attempt, or others of them are still open. */
export async function outcomeAfter(em: EntityManager, turnId: string): Promise<Outcome | null> {
  const parentId = await parentOfAttempt(em, turnId);
  if (parentId === null) return null;
  // Two that end at once: the second one waits here and sees what the first one left.
  const [parent] = await em.execute<{ state: TurnState; stop_requested_by: string | null }[]>(
    'select state, stop_requested_by from turn where id = ? for update',
    [parentId],
  );
  if (parent?.state !== 'running') return null;
  const attempts = await em.execute<{ state: TurnState; failure: Failure | null }[]>(
    `select turn.state, turn.failure from attempt join turn on turn.id = attempt.turn_id
     where attempt.parent_id = ? order by attempt.number`,
    [parentId],
  );
  if (attempts.some(({ state }) => state === 'queued' || state === 'running')) return null;
  if (attempts.some(({ state }) => state === 'done')) return { kind: 'choose', parentId };
  if (parent.stop_requested_by !== null) return { kind: 'stopped', parentId, by: parent.stop_requested_by };
  const failure = attempts.find(({ state }) => state === 'failed')?.failure ?? null;
  return { kind: 'failed', parentId, failure: noneSucceeded(attempts.length, failure) };
}

function noneSucceeded(count: number, first: Failure | null): Failure {
  return {
    code: first?.code ?? 'internal',
    message: `None of the ${count} attempts came to a result. ${first?.message ?? ''}`.trim(),
    advice: first?.advice ?? 'Reply in the thread to try again.',
  };
}

/** Asks the attempts of a turn to stop: no worker has some of them yet, and these are given back to be ended. */
export async function stopAttempts(em: EntityManager, parentId: string): Promise<readonly string[]> {
  await notify(em, 'stop');
  // One that is claimed at this moment is left out; its worker sees the flag of the turn that asked.
  const rows = await em.execute<{ id: string }[]>(
    `select turn.id from turn join attempt on attempt.turn_id = turn.id
     where attempt.parent_id = ? and turn.state = 'queued' for update of turn skip locked`,
    [parentId],
  );
  return rows.map(({ id }) => id);
}

/** The turns that are attempts of a turn; empty for a plain one. */
export async function attemptTurnsOf(em: EntityManager, parentId: string): Promise<readonly string[]> {
  const rows = await em.execute<{ turn_id: string }[]>('select turn_id from attempt where parent_id = ?', [
    parentId,
  ]);
  return rows.map(({ turn_id }) => turn_id);
}

/** Whether a turn asked for attempts and they were begun. */
export async function hasAttempts(em: EntityManager, turnId: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from attempt where parent_id = ? limit 1', [turnId]);
  return rows.length > 0;
}

/** Marks what is not the session's of the attempts of a turn that is over: workers remove their branches and sandboxes. */
export async function dropAttempts(em: EntityManager, parentId: string): Promise<void> {
  const rows = await em.execute<unknown[]>(
    `update attempt set dropped_at = now() from session
     where session.id = attempt.session_id and attempt.parent_id = ? and attempt.number <> session.attempt
       and attempt.dropped_at is null returning 1`,
    [parentId],
  );
  if (rows.length > 0) await notify(em, 'attempts');
}

/** Makes the attempt that a turn worked on the session's, the session being locked. What was the session's is dropped. */
export async function adoptAttempt(em: EntityManager, sessionId: string, turnId: string): Promise<void> {
  const attempt = await attemptOfTurn(em, turnId);
  if (attempt === null) throw new Error(`turn ${turnId} is no attempt`);
  await em.execute(
    `insert into attempt (session_id, number, dropped_at)
     select id, attempt, now() from session where id = ? and attempt <> ?
     on conflict (session_id, number) do update set dropped_at = now()`,
    [sessionId, attempt.number],
  );
  await em.execute(
    `update session set state = 'open', attempt = ?, branch = ?, base_commit = ?, head_commit = ? where id = ?`,
    [attempt.number, branchOf(sessionId, attempt.number), attempt.base, attempt.head, sessionId],
  );
}

/** An attempt that nobody wants any more. */
export interface DroppedAttempt {
  readonly sessionId: string;
  readonly number: number;
  readonly repo: string;
}

/** Dropped attempts of which a branch may be left. */
export async function droppedAttempts(em: EntityManager, limit: number): Promise<readonly DroppedAttempt[]> {
  return em.execute<DroppedAttempt[]>(
    `select session_id as "sessionId", number, session.repo from attempt join session on session.id = session_id
     where dropped_at is not null and removed_at is null and session.repo is not null and number <> session.attempt
     order by dropped_at limit ?`,
    [limit],
  );
}

/** Records that nothing is left of it on the remote. */
export async function markRemoved(em: EntityManager, { sessionId, number }: DroppedAttempt): Promise<void> {
  await em.execute('update attempt set removed_at = now() where session_id = ? and number = ?', [
    sessionId,
    number,
  ]);
}

/** A finished attempt, or a result that was there before, in the order in which people see them. */
export interface CandidateRow {
  readonly turn: Turn;
  readonly approach: Approach | null;
}

/** The turns behind what the log says was started. */
export async function candidatesOf(
  em: EntityManager,
  started: readonly StartedAttempt[],
): Promise<readonly CandidateRow[]> {
  const turns = await em.find(Turn, { id: { $in: started.map(({ turnId }) => turnId) } }, { refresh: true });
  return started.flatMap(({ turnId, approach }) => {
    const turn = turns.find(({ id }) => id === turnId);
    return turn === undefined ? [] : [{ turn, approach }];
  });
}

/** Whether a turn ended with something that can be chosen. */
export function isCandidate(turn: Turn): turn is Turn & { result: TurnResult } {
  return turn.state === 'done' && (turn.result?.kind === 'change' || turn.result?.kind === 'answer');
}

// Requests as rows: the claim on a message, the session of a thread, the session's next turn.
import { randomUUID } from 'node:crypto';
import { branchOf, newSessionId, type ThreadAddress } from '../../core/session.ts';
import type { Person, TurnKind, TurnState } from '../../core/turn.ts';
import type { TurnDetails } from '../entities/session.ts';
import type { EntityManager } from '../schema/database.ts';
import { handOver } from '../transport/outbox.ts';

/**
 * A session whose row is locked until the transaction ends. `no key`: the worker's events refer to the row and
 * need not wait. Where a turn that a worker has is locked as well, the turn comes first, as the worker does it.
 */
export interface LockedSession {
  readonly id: string;
  readonly repo: string | null;
  readonly branch: string;
  readonly headCommit: string | null;
}

export interface NewTurn {
  readonly kind: TurnKind;
  readonly state: Extract<TurnState, 'received' | 'queued'>;
  readonly text: string;
  readonly requester: Person;
  readonly messageTs: string | null;
  readonly details?: TurnDetails;
  /** Nobody takes it before this has passed, unless another turn comes after it. */
  readonly delayMs?: number;
}

export interface MessageAddress {
  readonly teamId: string;
  readonly channelId: string;
  readonly ts: string;
  /** Slack's time of the edit that it is known from; none for the message as it was said. */
  readonly editedTs?: string;
}

/**
 * Claims a message in the transaction of `em`; false where it was claimed before. A copy that is being
 * handled at the same moment is waited for: if that fails, this one has the claim.
 */
export async function claimMessage(em: EntityManager, message: MessageAddress): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `insert into message_claim (team_id, channel_id, ts, edited_ts) values (?, ?, ?, ?) on conflict do nothing returning 1`,
    [message.teamId, message.channelId, message.ts, message.editedTs ?? null],
  );
  return rows.length > 0;
}

/** Notes an edit of a claimed message, which stays locked; false where that one or a newer one was noted before. */
export async function noteEdit(em: EntityManager, message: MessageAddress): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `update message_claim set edited_ts = ? where team_id = ? and channel_id = ? and ts = ?
       and (edited_ts is null or edited_ts::numeric < ?::numeric) returning 1`,
    [message.editedTs ?? null, message.teamId, message.channelId, message.ts, message.editedTs ?? null],
  );
  return rows.length > 0;
}

/** Notes which turn a claimed message became. */
export async function noteClaim(em: EntityManager, message: MessageAddress, turnId: string): Promise<void> {
  await em.execute('update message_claim set turn_id = ? where team_id = ? and channel_id = ? and ts = ?', [
    turnId,
    message.teamId,
    message.channelId,
    message.ts,
  ]);
}

/** Claims a key once and for all; false where it was claimed before. */
export async function claimKey(em: EntityManager, key: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    'insert into inbox (dedupe_key) values (?) on conflict do nothing returning 1',
    [key],
  );
  return rows.length > 0;
}

/** Whether a key was claimed. */
export async function isClaimed(em: EntityManager, key: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from inbox where dedupe_key = ?', [key]);
  return rows.length > 0;
}

/** Gives a claimed key back, so that it can be claimed again. */
export async function releaseKey(em: EntityManager, key: string): Promise<void> {
  await em.execute('delete from inbox where dedupe_key = ?', [key]);
}

/** The session of a thread, made if there is none, locked either way. */
export async function openSession(
  em: EntityManager,
  thread: ThreadAddress,
  starterId: string,
): Promise<LockedSession> {
  const id = newSessionId();
  await em.execute(
    `insert into session (id, team_id, channel_id, thread_ts, branch, state, starter_id)
     values (?, ?, ?, ?, ?, 'open', ?) on conflict (team_id, channel_id, thread_ts) do nothing`,
    [id, thread.teamId, thread.channelId, thread.threadTs, branchOf(id), starterId],
  );
  const session = await lockSessionOf(em, thread);
  if (session === null) throw new Error('the session that was just made is not there');
  return session;
}

/** The session of a thread, locked; null where there is none. */
export async function lockSessionOf(em: EntityManager, thread: ThreadAddress): Promise<LockedSession | null> {
  const rows = await em.execute<SessionRow[]>(
    `select id, repo, branch, head_commit from session
     where team_id = ? and channel_id = ? and thread_ts = ? for no key update`,
    [thread.teamId, thread.channelId, thread.threadTs],
  );
  return rows[0] === undefined ? null : toSession(rows[0]);
}

/** A session by its id, locked; null where there is none. */
export async function lockSession(em: EntityManager, sessionId: string): Promise<LockedSession | null> {
  const rows = await em.execute<SessionRow[]>(
    'select id, repo, branch, head_commit from session where id = ? for no key update',
    [sessionId],
  );
  return rows[0] === undefined ? null : toSession(rows[0]);
}

/** The session of a turn, locked; null where there is no such turn. */
export async function lockSessionOfTurn(em: EntityManager, turnId: string): Promise<LockedSession | null> {
  const rows = await em.execute<SessionRow[]>(
    `select id, repo, branch, head_commit from session
     where id = (select session_id from turn where id = ?) for no key update`,
    [turnId],
  );
  return rows[0] === undefined ? null : toSession(rows[0]);
}

/** Adds the session's next turn; the session must be locked. Gives its id. */
export async function addTurn(em: EntityManager, session: LockedSession, turn: NewTurn): Promise<string> {
  const id = randomUUID();
  // A word to a turn under way is not a turn that comes after it.
  if (turn.kind !== 'answer') await hastenDelayed(em, session.id);
  await em.execute(
    `insert into turn (id, session_id, position, kind, state, text, requester, message_ts, details, not_before)
     values (?, ?, (select coalesce(max(position) + 1, 0) from turn where session_id = ?), ?, ?, ?, ?, ?, ?,
       now() + ?::integer * interval '1 millisecond')`,
    [
      id,
      session.id,
      session.id,
      turn.kind,
      turn.state,
      turn.text,
      JSON.stringify(turn.requester),
      turn.messageTs,
      JSON.stringify(turn.details ?? {}),
      turn.delayMs ?? null,
    ],
  );
  return id;
}

async function hastenDelayed(em: EntityManager, sessionId: string): Promise<void> {
  const rows = await em.execute<{ id: string }[]>(
    `update turn set not_before = null where session_id = ? and state = 'queued' and not_before > now() returning id`,
    [sessionId],
  );
  for (const { id } of rows) await handOver(em, 'turn', id);
}

interface SessionRow {
  readonly id: string;
  readonly repo: string | null;
  readonly branch: string;
  readonly head_commit: string | null;
}

function toSession(row: SessionRow): LockedSession {
  return { id: row.id, repo: row.repo, branch: row.branch, headCommit: row.head_commit };
}

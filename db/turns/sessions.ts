// Lists of sessions, for people.

import type { SessionState, ThreadAddress } from '../../core/session.ts';
import { SESSION_STATUSES, type SessionLine, sessionStatusOf } from '../../core/session-status.ts';
import type { TurnKind, TurnState } from '../../core/turn.ts';
import type { EntityManager } from '../schema/database.ts';

interface SessionListRow {
  readonly id: string;
  readonly team_id: string;
  readonly channel_id: string;
  readonly thread_ts: string;
  readonly repo: string | null;
  readonly state: SessionState;
  readonly title: string;
  readonly open_id: string | null;
  readonly open_state: TurnState | null;
  readonly open_kind: TurnKind | null;
  readonly last_id: string;
  readonly last_state: TurnState;
  readonly last_result: string | null;
  readonly at: Date | string;
}

/** The sessions of a workspace that a person asked for something in: the newest, what waits for people first. */
export async function sessionsOf(
  em: EntityManager,
  person: { readonly teamId: string; readonly userId: string },
  limit: number,
): Promise<readonly SessionLine[]> {
  const rows = await em.execute<SessionListRow[]>(
    `with mine as (
       select session_id, max(created_at) as asked_at from request
       where requester->>'id' = ? group by session_id order by asked_at desc limit ?)
     select session.id, team_id, channel_id, thread_ts, repo, session.state, first.text as title,
       open.id as open_id, open.state as open_state, open.kind as open_kind, last.id as last_id, last.state as last_state,
       last.result->>'kind' as last_result, coalesce(last.finished_at, last.created_at) as at
     from mine join session on session.id = mine.session_id
     join lateral (select coalesce('Alert: ' || split_part(details->'alert'->0->>'text', E'\\n', 1), text) as text from request
       where session_id = session.id order by position limit 1) first on true
     left join lateral (select id, state, kind from request where session_id = session.id and is_open
       order by position limit 1) open on true
     join lateral (select id, state, result, finished_at, created_at from request where session_id = session.id
       and (state <> 'done' or result is not null) order by position desc limit 1) last on true
     where team_id = ?`,
    [person.userId, limit, person.teamId],
  );
  return rows.map(toLine).toSorted(byUrgency);
}

function toLine(row: SessionListRow): SessionLine {
  return {
    sessionId: row.id,
    teamId: row.team_id,
    channelId: row.channel_id,
    threadTs: row.thread_ts,
    repo: row.repo,
    title: row.title,
    status: sessionStatusOf({
      sessionState: row.state,
      open: row.open_state,
      discards: row.open_kind === 'discard',
      last: row.last_state,
      lastResult: row.last_result,
    }),
    turnId: row.open_id ?? row.last_id,
    at: new Date(row.at),
  };
}

function byUrgency(one: SessionLine, other: SessionLine): number {
  const order = SESSION_STATUSES.indexOf(one.status) - SESSION_STATUSES.indexOf(other.status);
  return order !== 0 ? order : other.at.getTime() - one.at.getTime();
}

/** The first turn of a thread that is not over; null where there is none. */
export async function openTurnOf(em: EntityManager, thread: ThreadAddress): Promise<string | null> {
  const rows = await em.execute<{ id: string }[]>(
    `select turn.id from turn join session on session.id = session_id
     where team_id = ? and channel_id = ? and thread_ts = ? and kind <> 'answer'
       and turn.is_open order by position limit 1`,
    [thread.teamId, thread.channelId, thread.threadTs],
  );
  return rows[0]?.id ?? null;
}

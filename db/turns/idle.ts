// Which sandboxes nobody is working in, for whoever looks after them.
import type { Database } from '../schema/database.ts';

export interface IdleSession {
  readonly state: string;
  /** Since the last turn in this sandbox ended. */
  readonly idleMs: number;
  /** Whether anything was ever published of it. */
  readonly published: boolean;
  /** The sandbox is of an attempt that was not chosen. */
  readonly isDropped: boolean;
}

/** Whose sandbox it is. */
export interface SandboxOwner {
  readonly sessionId: string;
  readonly attempt: number;
}

interface Row {
  readonly state: string;
  readonly idle_ms: string;
  readonly published: boolean;
  readonly busy: boolean;
  readonly dropped: boolean;
}

/**
 * Calls `look` with the session while no turn of it can be claimed; with null where there is no such session.
 * Does nothing where a turn of it is open. An attempt that is over is idle while people choose.
 */
export async function whileIdle(
  database: Database,
  { sessionId, attempt }: SandboxOwner,
  look: (session: IdleSession | null) => Promise<void>,
): Promise<void> {
  await database.transaction(async (em) => {
    // The lock that a claim takes first: until this is over no worker begins.
    const locked = await em.execute<unknown[]>('select 1 from session where id = ? for no key update', [
      sessionId,
    ]);
    if (locked.length === 0) return look(null);
    const rows = await em.execute<Row[]>(
      `with mine as (
         select turn.* from turn left join attempt on attempt.turn_id = turn.id
         where turn.session_id = ? and coalesce(attempt.number, (select attempt from session where id = ?)) = ?)
       select session.state, session.head_commit is not null as published,
         (session.attempt <> ? and coalesce((select dropped_at is not null from attempt
           where session_id = session.id and number = ?), true)) as dropped,
         bool_or(coalesce(mine.is_open, false)) as busy,
         extract(epoch from clock_timestamp() - max(coalesce(mine.finished_at, session.created_at))) * 1000 as idle_ms
       from session left join mine on true where session.id = ? group by session.id`,
      [sessionId, sessionId, attempt, attempt, attempt, sessionId],
    );
    const row = rows[0];
    if (row === undefined || (row.busy && !row.dropped)) return;
    const { state, published, dropped: isDropped } = row;
    await look({ state, idleMs: Number(row.idle_ms), published, isDropped });
  });
}

// Which sessions nobody is working on, for whoever looks after their sandboxes.
import type { Database } from './database.ts';

export interface IdleSession {
  readonly state: string;
  /** Since the last turn ended. */
  readonly idleMs: number;
  /** Whether anything was ever published of it. */
  readonly published: boolean;
}

const BUSY = `('received', 'needs_repo', 'queued', 'running', 'waiting')`;

/**
 * Calls `look` with the session while no turn of it can be claimed; with null where there is no such session.
 * Does nothing where a turn of it is open.
 */
export async function whileIdle(
  database: Database,
  sessionId: string,
  look: (session: IdleSession | null) => Promise<void>,
): Promise<void> {
  await database.transaction(async (em) => {
    // The lock that a claim takes first: until this is over no worker begins.
    const locked = await em.execute<unknown[]>('select 1 from session where id = ? for no key update', [
      sessionId,
    ]);
    if (locked.length === 0) return look(null);
    const rows = await em.execute<{ state: string; idle_ms: string; published: boolean; busy: boolean }[]>(
      `select session.state, session.head_commit is not null as published,
         bool_or(coalesce(turn.state in ${BUSY}, false)) as busy,
         extract(epoch from clock_timestamp() - max(coalesce(turn.finished_at, session.created_at))) * 1000 as idle_ms
       from session left join turn on turn.session_id = session.id where session.id = ? group by session.id`,
      [sessionId],
    );
    const row = rows[0];
    if (row === undefined || row.busy) return;
    await look({ state: row.state, idleMs: Number(row.idle_ms), published: row.published });
  });
}

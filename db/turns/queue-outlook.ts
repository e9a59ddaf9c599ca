// What a queued turn has before it, and about how long that takes, for the person who waits.
import type { QueueOutlook } from '../../core/view.ts';
import type { Turn } from '../entities/session.ts';
import type { EntityManager } from '../schema/database.ts';

/** Turns that the estimate rests on: enough to even out one long one, few enough to follow the day. */
const SAMPLE = 20;

interface OutlookRow {
  readonly before: string;
  readonly running: string;
  readonly typical_ms: number | null;
}

/**
 * Requests of other threads that a worker takes before this turn, and how long until its turn comes: at the pace
 * of the latest turns, with as many at work as there are now. `ahead` are those of its own thread.
 */
export async function queueOutlook(
  em: EntityManager,
  turn: Pick<Turn, 'id' | 'sessionId' | 'stateSince'>,
  ahead: number,
): Promise<QueueOutlook> {
  const rows = await em.execute<OutlookRow[]>(
    `select
       (select count(*) from turn other where other.state = 'queued' and other.session_id <> ?
          and (other.state_since, other.id) < (?, ?) and (other.not_before is null or other.not_before <= now())
          and not exists (select 1 from turn earlier where earlier.session_id = other.session_id
            and earlier.position < other.position
            and earlier.is_open)) as before,
       (select count(*) from turn where state = 'running') as running,
       (select percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at) * 1000)
        from (select started_at, finished_at from turn where state = 'done' and started_at is not null
                and kind in ('mention', 'follow_up', 'changes_requested', 'alert')
              order by finished_at desc limit ?) latest) as typical_ms`,
    [turn.sessionId, turn.stateSince, turn.id, SAMPLE],
  );
  const row = rows[0];
  const before = Number(row?.before ?? 0);
  const typicalMs = row?.typical_ms ?? null;
  if (typicalMs === null || before + ahead === 0) return { before, waitMs: null };
  const atOnce = Math.max(1, Number(row?.running ?? 0));
  // Turns of one thread come one after the other; those of other threads several at once.
  const rounds = ahead > 0 ? ahead : Math.ceil(before / atOnce);
  return { before, waitMs: rounds * Number(typicalMs) };
}

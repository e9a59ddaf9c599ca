// Snapshots of repos that could not be built: a row from the first failure to the next success.
import type { Failure } from '../../core/errors.ts';
import type { EntityManager } from '../schema/database.ts';

export interface SnapshotFailure {
  readonly repo: string;
  readonly alike: string;
  readonly failure: Failure;
  /** When the first of these failures was, as a text that names the streak. */
  readonly since: string;
  /** Since the last one. */
  readonly agoMs: number;
}

/** What fails now, by repo. */
export async function snapshotFailures(em: EntityManager): Promise<readonly SnapshotFailure[]> {
  const rows = await em.execute<
    { repo: string; alike: string; failure: Failure; since: string; ago_ms: string }[]
  >(
    `select repo, alike, failure, extract(epoch from since)::text as since,
       extract(epoch from clock_timestamp() - last_at) * 1000 as ago_ms from snapshot_failure`,
  );
  return rows.map(({ ago_ms, ...row }) => ({ ...row, agoMs: Number(ago_ms) }));
}

/** One more failure of a repo's streak, or the first. */
export async function noteSnapshotFailure(
  em: EntityManager,
  repo: string,
  alike: string,
  failure: Failure,
): Promise<void> {
  await em.execute(
    `insert into snapshot_failure (repo, alike, failure) values (?, ?, ?)
     on conflict (repo) do update set alike = excluded.alike, failure = excluded.failure, last_at = now()`,
    [repo, alike, JSON.stringify(failure)],
  );
}

/** The streak is over. */
export async function endSnapshotFailures(em: EntityManager, repo: string): Promise<void> {
  await em.execute('delete from snapshot_failure where repo = ?', [repo]);
}

/** Whether somebody worked in the repo within this time. */
export async function isInUse(em: EntityManager, repo: string, withinMs: number): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select 1 from turn join session on session.id = turn.session_id
     where session.repo = ? and coalesce(turn.finished_at, now()) > now() - ? * interval '1 millisecond' limit 1`,
    [repo, withinMs],
  );
  return rows.length > 0;
}

/** The channels in which somebody worked in the repo, the last one first. */
export async function channelsOf(em: EntityManager, repo: string): Promise<readonly ChannelPlace[]> {
  const rows = await em.execute<{ team_id: string; channel_id: string }[]>(
    `select team_id, channel_id from session where repo = ?
     group by team_id, channel_id order by max(created_at) desc limit 20`,
    [repo],
  );
  return rows.map((row) => ({ teamId: row.team_id, channelId: row.channel_id }));
}

/** Channel ids are only unique within a workspace. */
export interface ChannelPlace {
  readonly teamId: string;
  readonly channelId: string;
}

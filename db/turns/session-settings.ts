// What people choose for a whole session: its repo, its options, and whether its thread is muted.
import type { EntityManager } from '../schema/database.ts';

/** Gives a session its repo where it has none yet. */
export async function keepRepo(em: EntityManager, sessionId: string, repo: string): Promise<void> {
  await em.execute('update session set repo = coalesce(repo, ?) where id = ?', [repo, sessionId]);
}

/** Gives a session the repo that a person chose, also where it has another. */
export async function setRepo(em: EntityManager, sessionId: string, repo: string): Promise<void> {
  await em.execute('update session set repo = ? where id = ?', [repo, sessionId]);
}

/** Mutes the thread of a session, or has its replies read again. */
export async function setMuted(em: EntityManager, sessionId: string, muted: boolean): Promise<void> {
  await em.execute('update session set muted = ? where id = ?', [muted, sessionId]);
}

/**
 * Forgets the repo, branch and model of a session whose only turn is this one, as long as no work has begun and no
 * person was asked for the repo: the edited request may name others.
 */
export async function forgetSettings(em: EntityManager, sessionId: string, turnId: string): Promise<void> {
  await em.execute(
    `update session set repo = null, base_branch = null, model = null where id = ? and base_commit is null
       and not exists (select 1 from turn where session_id = session.id and (id <> ? or started_at is not null))
       and not exists (select 1 from event where turn_id = ? and body->>'type' = 'turn.repo_needed')`,
    [sessionId, turnId, turnId],
  );
}

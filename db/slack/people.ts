// What people set for themselves: the repo and the model of their requests where nothing else says.
import type { EntityManager } from '../schema/database.ts';

export interface PersonKey {
  readonly teamId: string;
  readonly userId: string;
}

/** Names of the configuration at the time; it may have lost them since. */
export interface PersonDefaults {
  readonly repo: string | null;
  readonly model: string | null;
}

/** What somebody set; nothing where they never did. */
export async function defaultsOf(em: EntityManager, { teamId, userId }: PersonKey): Promise<PersonDefaults> {
  const rows = await em.execute<PersonDefaults[]>(
    'select repo, model from person_default where team_id = ? and user_id = ?',
    [teamId, userId],
  );
  return { repo: rows[0]?.repo ?? null, model: rows[0]?.model ?? null };
}

/** Sets what is given and leaves the rest. */
export async function setDefaults(
  em: EntityManager,
  { teamId, userId }: PersonKey,
  wanted: Partial<PersonDefaults>,
): Promise<void> {
  const { repo, model } = { ...(await defaultsOf(em, { teamId, userId })), ...wanted };
  await em.execute(
    `insert into person_default (team_id, user_id, repo, model) values (?, ?, ?, ?)
     on conflict (team_id, user_id) do update set repo = excluded.repo, model = excluded.model`,
    [teamId, userId, repo, model],
  );
}

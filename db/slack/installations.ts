// The workspaces that the app was installed in, by OAuth. Tokens are sealed before they come here.
import type { EntityManager } from '../schema/database.ts';

export interface InstallationRow {
  readonly teamId: string;
  readonly sealedToken: Uint8Array;
  /** Another one means that the app was installed anew, with another token. */
  readonly installedAt: string;
  readonly removed: boolean;
}

export interface NewInstallation {
  readonly teamId: string;
  readonly teamName: string;
  readonly scopes: readonly string[];
  readonly sealedToken: Uint8Array;
  readonly installedBy: string;
}

/** Keeps an installation; one that was there before, removed or not, is replaced. */
export async function keepInstallation(em: EntityManager, made: NewInstallation): Promise<void> {
  await em.execute(
    `insert into installation (team_id, team_name, scopes, sealed_token, installed_by)
     values (?, ?, ?, decode(?, 'base64'), ?)
     on conflict (team_id) do update set team_name = excluded.team_name, scopes = excluded.scopes,
       sealed_token = excluded.sealed_token, installed_by = excluded.installed_by,
       installed_at = clock_timestamp(), removed_at = null`,
    [
      made.teamId,
      made.teamName,
      made.scopes.join(','),
      Buffer.from(made.sealedToken).toString('base64'),
      made.installedBy,
    ],
  );
}

/** The installation of a workspace, removed ones included; null where there never was one. */
export async function findInstallation(em: EntityManager, teamId: string): Promise<InstallationRow | null> {
  const rows = await em.execute<{ token: string; installed_at: string; removed: boolean }[]>(
    `select encode(sealed_token, 'base64') as token, installed_at::text as installed_at,
       removed_at is not null as removed from installation where team_id = ?`,
    [teamId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    teamId,
    sealedToken: Buffer.from(row.token, 'base64'),
    installedAt: row.installed_at,
    removed: row.removed,
  };
}

/** Notes that a workspace took the app away, and forgets its token. */
export async function removeInstallation(em: EntityManager, teamId: string): Promise<void> {
  await em.execute(
    `update installation set removed_at = coalesce(removed_at, now()), sealed_token = '' where team_id = ?`,
    [teamId],
  );
}

/** The workspace that a turn's session is in, null where there is no such turn. */
export async function teamOfTurn(em: EntityManager, turnId: string): Promise<string | null> {
  const rows = await em.execute<{ team_id: string }[]>(
    'select team_id from session join turn on turn.session_id = session.id where turn.id = ?',
    [turnId],
  );
  return rows[0]?.team_id ?? null;
}

/** The workspace that an artifact's session is in, null where there is no such artifact. */
export async function teamOfArtifact(em: EntityManager, artifactId: string): Promise<string | null> {
  const rows = await em.execute<{ team_id: string }[]>(
    'select team_id from session join artifact on artifact.session_id = session.id where artifact.id = ?',
    [artifactId],
  );
  return rows[0]?.team_id ?? null;
}

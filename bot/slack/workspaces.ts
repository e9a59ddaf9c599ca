// The workspaces that this bot serves: one by the token in the environment, others by their installation. Whatever
// is said to Slack goes through the workspace that it belongs to.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Sealer } from '../../core/sealed.ts';
import type { Database } from '../../db/schema/database.ts';
import { findInstallation } from '../../db/slack/installations.ts';
import { type AppIdentity, type Directory, identify } from './directory.ts';

/** One workspace, as the app sees it. */
export interface WorkspaceLink {
  readonly token: string;
  readonly client: WebClient;
  readonly identity: AppIdentity;
  readonly directory: Directory;
}

export interface Workspaces {
  /**
   * The link to a workspace; null stands for the one of the environment. Throws `slack_refused` where the app is
   * not installed, and what asking Slack throws.
   */
  of(teamId: string | null): Promise<WorkspaceLink>;
}

export interface WorkspacesOptions {
  readonly database: Database;
  /** By the token of the environment. */
  readonly own: WorkspaceLink | null;
  readonly sealer: Sealer | null;
  openClient(token: string): WebClient;
  openDirectory(client: WebClient, identity: AppIdentity): Directory;
}

/** Links are kept while their installation is the same. */
export function openWorkspaces(options: WorkspacesOptions): Workspaces {
  const { database, own, sealer } = options;
  const kept = new Map<string, { readonly installedAt: string; readonly link: Promise<WorkspaceLink> }>();

  const link = async (token: string, teamId: string): Promise<WorkspaceLink> => {
    const client = options.openClient(token);
    const identity = await identify(client);
    if (identity.teamId !== teamId) throw notInstalled(teamId);
    return { token, client, identity, directory: options.openDirectory(client, identity) };
  };

  return {
    of: async (teamId) => {
      if (own !== null && (teamId === null || teamId === own.identity.teamId)) return own;
      const row = sealer === null || teamId === null ? null : await findInstallation(database.em(), teamId);
      // People of other organisations in a shared channel carry the id of their own workspace.
      if (row === null && own !== null) return own;
      if (sealer === null || row === null || row.removed) {
        kept.delete(teamId ?? '');
        throw notInstalled(teamId ?? 'of the environment');
      }
      const known = kept.get(row.teamId);
      if (known?.installedAt === row.installedAt) return known.link;
      const made = link(sealer.open(row.sealedToken, row.teamId), row.teamId);
      kept.set(row.teamId, { installedAt: row.installedAt, link: made });
      made.catch(() => kept.delete(row.teamId));
      return made;
    },
  };
}

const bodySchema = z.object({
  team_id: z.string().optional(),
  team: z.object({ id: z.string() }).nullish(),
  user: z.looseObject({ team_id: z.string().optional() }).optional(),
});

/** The workspace that an event, a click or a command comes from. */
export function teamOf(body: unknown): string | null {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return null;
  const { team_id: teamId, team, user } = parsed.data;
  return teamId ?? team?.id ?? user?.team_id ?? null;
}

function notInstalled(teamId: string): ThreadsmithError {
  return new ThreadsmithError(
    'slack_refused',
    `Threadsmith is not installed in the workspace ${teamId}.`,
    'Install it there: /slack/install at the address of the bot.',
  );
}

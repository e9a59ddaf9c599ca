// Installing the app in further workspaces by OAuth: Bolt's installer, our store. Only the workspaces that the
// configuration names may: everyone can open an install page.
// https://docs.slack.dev/authentication/installing-with-oauth
import type { App, HTTPReceiverOptions, Installation, InstallationStore } from '@slack/bolt';
import { z } from 'zod';
import { ThreadsmithError, toFailure } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Sealer } from '../../core/sealed.ts';
import type { Database } from '../../db/schema/database.ts';
import { keepInstallation, removeInstallation } from '../../db/slack/installations.ts';
import { clientOptions } from './calls.ts';
import { REDIRECT_PATH } from './http.ts';
import { teamOf } from './workspaces.ts';

export interface InstallOptions {
  readonly database: () => Database;
  readonly sealer: Sealer;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** Ids of the workspaces that may install. */
  readonly allowed: readonly string[];
  /** The bot's address for browsers; Slack takes the app's first redirect URL without it. */
  readonly publicUrl: string | undefined;
  readonly apiUrl: string | undefined;
  readonly log: Log;
}

/** What Bolt's receiver needs to serve `/slack/install` and the way back from Slack. */
export function installer(options: InstallOptions): Partial<HTTPReceiverOptions> {
  const { sealer, publicUrl, apiUrl, log } = options;
  const { slackApiUrl, timeout } = clientOptions(apiUrl, log);
  return {
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    stateSecret: sealer.derive('state of an installation'),
    scopes: [...options.scopes],
    installationStore: openInstallationStore(options),
    ...(publicUrl === undefined ? {} : { redirectUri: new URL(REDIRECT_PATH, publicUrl).href }),
    installerOptions: {
      directInstall: true,
      redirectUriPath: REDIRECT_PATH,
      clientOptions: {
        ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
        ...(timeout === undefined ? {} : { timeout }),
      },
      callbackOptions: {
        success: (_installation, _options, _request, response) =>
          answer(response, 200, 'Threadsmith is installed. Invite it to a channel and mention it.'),
        failure: (error, _options, _request, response) => {
          log.warn('an installation failed', { error });
          const { message, advice } = toFailure(reasonOf(error));
          answer(response, 403, `Threadsmith was not installed. ${message} ${advice}`);
        },
      },
    },
  };
}

function openInstallationStore({ database, sealer, allowed, log }: InstallOptions): InstallationStore {
  return {
    storeInstallation: async (installation: Installation) => {
      const { team, bot, user } = installation;
      if (team === undefined || bot === undefined) throw notForOrganisations();
      if (!allowed.includes(team.id)) throw notAllowed(team.id);
      await keepInstallation(database().em(), {
        teamId: team.id,
        teamName: team.name ?? team.id,
        scopes: bot.scopes,
        sealedToken: sealer.seal(bot.token, team.id),
        installedBy: user.id,
      });
      log.info('installed in a workspace', { team: team.id, by: user.id });
    },
    // Bolt asks through `authorize` of the app, which reads the links to the workspaces.
    fetchInstallation: async () => {
      throw notForOrganisations();
    },
    deleteInstallation: async ({ teamId }) => {
      if (teamId !== undefined) await removeInstallation(database().em(), teamId);
    },
  };
}

const revokedSchema = z.object({
  event: z.object({ tokens: z.object({ bot: z.array(z.string()).optional() }) }),
});

/** Forgets the token of a workspace that took the app or its token away. */
export function listenToRemovals(app: App, database: Database, log: Log): void {
  const forget = async (body: unknown): Promise<void> => {
    const teamId = teamOf(body);
    if (teamId === null) return;
    await removeInstallation(database.em(), teamId);
    log.info('the app was taken out of a workspace', { team: teamId });
  };
  app.event('app_uninstalled', async ({ body }) => forget(body));
  app.event('tokens_revoked', async ({ body }) => {
    // The tokens of people are not ours; only the bot's counts.
    if ((revokedSchema.safeParse(body).data?.event.tokens.bot ?? []).length > 0) await forget(body);
  });
}

interface Answering {
  writeHead(status: number, headers: Record<string, string>): { end(text: string): unknown };
}

function answer(response: Answering, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Bolt wraps what a store throws. */
function reasonOf(error: unknown): unknown {
  if (error instanceof ThreadsmithError || !(error instanceof Error)) return error;
  return error.cause instanceof ThreadsmithError ? error.cause : error;
}

function notAllowed(teamId: string): ThreadsmithError {
  return new ThreadsmithError(
    'not_allowed',
    `The workspace ${teamId} is not among those that may install this app.`,
    'Whoever runs it can add the id under workspaces in its configuration.',
  );
}

function notForOrganisations(): ThreadsmithError {
  return new ThreadsmithError(
    'not_allowed',
    'The app is installed workspace by workspace, not for a whole organisation.',
    'Install it in one workspace.',
  );
}

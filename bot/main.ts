// The bot's process: it composes the parts, and no other file of bot/ reads the environment.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import { type Config, type Environment, readConfig, readEnvironment } from '../core/config/config.ts';
import { secretsOfConfig, secretsOfEnvironment } from '../core/config/known-secrets.ts';
import { ThreadsmithError, toFailure } from '../core/errors.ts';
import { createLog, type Log } from '../core/log.ts';
import { createRedactor, type Redact, withoutCredentials } from '../core/redact.ts';
import { namesGroups } from '../core/rights/authority.ts';
import { createSealer, type Sealer } from '../core/sealed.ts';
import { openContentFolder } from '../db/log/artifacts.ts';
import { migrate } from '../db/migrate.ts';
import { type Database, openDatabase } from '../db/schema/database.ts';
import { teamOfTurn } from '../db/slack/installations.ts';
import { listen } from '../db/transport/notify.ts';
import { openQueue } from '../db/transport/queue.ts';
import { admit } from './admission/admit.ts';
import { listenToClicks } from './clicks/listeners.ts';
import { startDispatcher } from './delivery/dispatcher.ts';
import { watchHomes } from './home/watch.ts';
import { listenToMessages } from './intake/listeners.ts';
import { type ContextParts, contextFor } from './interaction/context.ts';
import { linkRulesOf } from './links/rules.ts';
import { startPresenter } from './presenter/presenter.ts';
import { openUploads } from './presenter/uploads.ts';
import { openApp } from './slack/app.ts';
import { openClient } from './slack/calls.ts';
import type { Connection, Reachable } from './slack/connection.ts';
import { type AppIdentity, identify, openDirectory } from './slack/directory.ts';
import { httpConnection } from './slack/http.ts';
import { installer, listenToRemovals } from './slack/install.ts';
import { SCOPES } from './slack/scopes.ts';
import { socketConnection } from './slack/socket.ts';
import { openWorkspaces, type WorkspaceLink, type WorkspacesOptions } from './slack/workspaces.ts';
import { publishHome } from './starts/home.ts';
import { listenToStarts } from './starts/listeners.ts';
import { startMaintenance } from './upkeep/maintenance.ts';
import { startRelay } from './upkeep/relay.ts';

/** Longer than a call to Slack may take; then the rows bring the rest to its end after the next start. */
const STOP_TIMEOUT_MS = 10_000;

interface Bot {
  readonly reachable: Reachable;
  stop(): Promise<void>;
}

async function start(environment: Environment, config: Config, redact: Redact, log: Log): Promise<Bot> {
  const databaseUrl = required(environment, 'DATABASE_URL', 'a PostgreSQL URL; `npm start` sets one');
  const apiUrl = environment.SLACK_API_URL;
  const links = linkRulesOf(config, process.env);
  const sealer = sealerOf(environment);
  // The way in stands before the database is open, and stores an installation only once it listens.
  const opened: { database?: Database } = {};
  const connection = wayIn(environment, config, sealer, () => needed(opened.database), log);
  await migrate(databaseUrl);
  const database = await openDatabase(databaseUrl);
  opened.database = database;
  const linked = {
    openClient: (token: string) => openClient(token, apiUrl, redact, log),
    openDirectory: (client: WebClient, identity: AppIdentity) =>
      openDirectory(client, identity, { userGroups: namesGroups(config.people), log }),
  };
  const own = await ownWorkspace(environment, linked, sealer);
  const workspaces = openWorkspaces({ database, own, sealer, ...linked });
  const content = openContentFolder(join(environment.THREADSMITH_DATA, 'artifacts'));
  const queue = openQueue({ databaseUrl, redisUrl: environment.REDIS_URL, log });

  const app = openApp({ receiver: connection.receiver, workspaces, apiUrl, log });
  listenToMessages(app, { database, config, workspaces, log });
  listenToRemovals(app, database, log);
  const homes = watchHomes(
    async (teamId, userId) => publishHome(await contextFor(ctx, { team_id: teamId }), userId),
    log,
  );
  const ctx: ContextParts = { database, config, workspaces, content, homes, log };
  listenToClicks(app, ctx);
  listenToStarts(app, ctx);

  const dispatcher = startDispatcher(database, workspaces, log);
  const uploads = openUploads(database, content, workspaces, () => presenter.wake(), log);
  const presenter = startPresenter({ database, config, uploads, onDrawn: homes.drawn, log });
  const admitTurn = async (turnId: string): Promise<void> => {
    const { client, directory, identity } = await workspaces.of(await teamOfTurn(database.em(), turnId));
    await admit({ database, config, client, directory, content, identity, links }, turnId);
  };
  const relay = startRelay({ database, queue, admit: admitTurn, log });
  const maintenance = startMaintenance(database, config, workspaces, log);
  const wakers: Record<string, () => void> = {
    outbox: relay.wake,
    event: presenter.wake,
    delivery: dispatcher.wake,
  };
  const listener = listen(databaseUrl, (topic) => wakers[topic]?.(), log);

  const stop = async (): Promise<void> => {
    await connection.close();
    homes.close();
    await Promise.all([maintenance.close(), relay.close(), presenter.close(), uploads.close()]);
    await dispatcher.close();
    await Promise.all([listener.close(), queue.close()]);
    await database.close();
  };
  try {
    return { reachable: await connection.connect(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The workspace of the token in the environment; it may be left out where others install the app. */
async function ownWorkspace(
  environment: Environment,
  linked: Pick<WorkspacesOptions, 'openClient' | 'openDirectory'>,
  sealer: Sealer | null,
): Promise<WorkspaceLink | null> {
  if (environment.SLACK_BOT_TOKEN === undefined && sealer !== null) return null;
  const token = required(environment, 'SLACK_BOT_TOKEN', 'the bot token of the installed app (xoxb-…)');
  const client = linked.openClient(token);
  const identity = await identify(client);
  return { token, client, identity, directory: linked.openDirectory(client, identity) };
}

function sealerOf({ SLACK_TOKEN_KEY: key }: Environment): Sealer | null {
  return key === undefined ? null : createSealer(Buffer.from(key, 'base64'));
}

function wayIn(
  environment: Environment,
  config: Config,
  sealer: Sealer | null,
  database: () => Database,
  log: Log,
): Connection {
  const apiUrl = environment.SLACK_API_URL;
  if (environment.SLACK_APP_TOKEN !== undefined)
    return socketConnection(environment.SLACK_APP_TOKEN, apiUrl, log);
  const secret = required(
    environment,
    'SLACK_SIGNING_SECRET',
    'the signing secret of the app, or SLACK_APP_TOKEN for Socket Mode',
  );
  if (sealer === null) return httpConnection(secret, environment.PORT, log);
  const install = installer({
    database,
    sealer,
    clientId: required(environment, 'SLACK_CLIENT_ID', 'the client id of the app, beside SLACK_TOKEN_KEY'),
    clientSecret: required(environment, 'SLACK_CLIENT_SECRET', 'the client secret of the app'),
    scopes: SCOPES,
    allowed: config.workspaces,
    publicUrl: environment.PUBLIC_URL,
    apiUrl,
    log,
  });
  return httpConnection(secret, environment.PORT, log, install);
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new ThreadsmithError('internal', 'The bot is starting.', 'Try again.');
  return value;
}

function required(
  environment: Environment,
  name: keyof Environment &
    ('DATABASE_URL' | `SLACK_${'BOT_TOKEN' | 'SIGNING_SECRET' | 'CLIENT_ID' | 'CLIENT_SECRET'}`),
  expected: string,
): string {
  const value = environment[name];
  if (value !== undefined) return value;
  throw new ThreadsmithError(
    'config_invalid',
    `the environment: ${name} is not set; expected ${expected}.`,
    'Set it and start again.',
  );
}

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const config = readConfig(environment.THREADSMITH_CONFIG);
  const redact = createRedactor(secretsOfConfig(config, process.env));
  const log = createLog({ level: environment.LOG_LEVEL, fields: { process: 'bot' }, redact });
  // Slack's socket library can reject where nobody awaits; one lost promise must not take the process down.
  process.on('unhandledRejection', (error) => log.error('a promise was left alone', { error }));
  const bot = await start(environment, config, redact, log);
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await Promise.race([bot.stop(), sleep(STOP_TIMEOUT_MS)]);
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.stdout.write(`${JSON.stringify({ ready: true, ...bot.reachable })}\n`);
}

try {
  await main();
} catch (error) {
  const { message, advice } = toFailure(error);
  const redact = createRedactor(secretsOfEnvironment(process.env));
  process.stderr.write(`${redact(withoutCredentials(`${message} ${advice}`))}\n`);
  process.exit(1);
}

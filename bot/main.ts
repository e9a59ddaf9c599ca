// The bot: Slack in and out. Composes the process and is the only file of this room that reads the environment.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesGroups } from '../core/authority.ts';
import { type Config, type Environment, readConfig, readEnvironment } from '../core/config.ts';
import { ThreadsmithError, toFailure } from '../core/errors.ts';
import { secretsOfConfig, secretsOfEnvironment } from '../core/known-secrets.ts';
import { createLog, type Log } from '../core/log.ts';
import { createRedactor, type Redact, withoutCredentials } from '../core/redact.ts';
import { openContentFolder } from '../db/artifacts.ts';
import { openDatabase } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { listen } from '../db/notify.ts';
import { openQueue } from '../db/queue.ts';
import { admit } from './admission/admit.ts';
import { startCaretaker } from './caretaker.ts';
import type { Desk } from './clicks/desk.ts';
import { listenToClicks } from './clicks/listeners.ts';
import { startDispatcher } from './delivery/dispatcher.ts';
import { listenToMessages } from './intake/listeners.ts';
import { linkRulesOf } from './links/rules.ts';
import { startPresenter } from './presenter/presenter.ts';
import { openUploads } from './presenter/uploads.ts';
import { startRelay } from './relay.ts';
import { openApp } from './slack/app.ts';
import { openClient } from './slack/calls.ts';
import type { Connection, Reachable } from './slack/connection.ts';
import { identify, openDirectory } from './slack/directory.ts';
import { httpConnection } from './slack/http.ts';
import { socketConnection } from './slack/socket.ts';
import { publishHome } from './starts/home.ts';
import { watchHomes } from './starts/home-watch.ts';
import { listenToStarts } from './starts/listeners.ts';

/** Longer than a call to Slack may take; then the rows bring the rest to its end after the next start. */
const STOP_TIMEOUT_MS = 10_000;

interface Bot {
  readonly reachable: Reachable;
  stop(): Promise<void>;
}

async function start(environment: Environment, config: Config, redact: Redact, log: Log): Promise<Bot> {
  const databaseUrl = required(environment, 'DATABASE_URL', 'a PostgreSQL URL; `npm start` sets one');
  const token = required(environment, 'SLACK_BOT_TOKEN', 'the bot token of the installed app (xoxb-…)');
  const apiUrl = environment.SLACK_API_URL;
  const links = linkRulesOf(config, process.env);
  const connection = wayIn(environment, log);
  await migrate(databaseUrl);
  const database = await openDatabase(databaseUrl);
  const client = openClient(token, apiUrl, redact, log);
  const identity = await identify(client);
  const directory = openDirectory(client, identity, { userGroups: namesGroups(config.people), log });
  const content = openContentFolder(join(environment.THREADSMITH_DATA, 'artifacts'));
  const queue = openQueue({ databaseUrl, redisUrl: environment.REDIS_URL, log });

  const app = openApp({ receiver: connection.receiver, token, apiUrl, identity, log });
  listenToMessages(app, { database, identity, config, directory, log });
  const homes = watchHomes((userId) => publishHome(desk, userId), log);
  const desk: Desk = { database, config, client, directory, identity, content, homes, log };
  listenToClicks(app, desk);
  listenToStarts(app, desk);

  const dispatcher = startDispatcher(database, client, log);
  const uploads = openUploads(database, content, client, () => presenter.hint(), log);
  const presenter = startPresenter({ database, config, uploads, onDrawn: homes.drawn, log });
  const admitTurn = (turnId: string) =>
    admit({ database, config, client, directory, content, identity, links }, turnId);
  const relay = startRelay({ database, queue, admit: admitTurn, log });
  const caretaker = startCaretaker(database, config, directory, log);
  const hints: Record<string, () => void> = {
    outbox: relay.hint,
    event: presenter.hint,
    delivery: dispatcher.hint,
  };
  const listener = listen(databaseUrl, (topic) => hints[topic]?.(), log);

  const stop = async (): Promise<void> => {
    await connection.close();
    homes.close();
    await Promise.all([caretaker.close(), relay.close(), presenter.close(), uploads.close()]);
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

function wayIn(environment: Environment, log: Log): Connection {
  if (environment.SLACK_APP_TOKEN !== undefined)
    return socketConnection(environment.SLACK_APP_TOKEN, environment.SLACK_API_URL, log);
  const secret = required(
    environment,
    'SLACK_SIGNING_SECRET',
    'the signing secret of the app, or SLACK_APP_TOKEN for Socket Mode',
  );
  return httpConnection(secret, environment.PORT, log);
}

function required(
  environment: Environment,
  name: 'DATABASE_URL' | 'SLACK_BOT_TOKEN' | 'SLACK_SIGNING_SECRET',
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
  const { message, wayOut } = toFailure(error);
  const redact = createRedactor(secretsOfEnvironment(process.env));
  process.stderr.write(`${redact(withoutCredentials(`${message} ${wayOut}`))}\n`);
  process.exit(1);
}

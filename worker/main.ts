// The worker process: takes turns from the queue and works on them. It never sees Slack's tokens.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type Config, type Environment, modelsOf, readConfig, readEnvironment } from '../core/config.ts';
import { ThreadsmithError } from '../core/errors.ts';
import { secretsOfConfig, secretsOfEnvironment } from '../core/known-secrets.ts';
import { RECONCILE_MS } from '../core/limits.ts';
import { createLog, type Log } from '../core/log.ts';
import { createRedactor, type Redact, withoutCredentials } from '../core/redact.ts';
import { openContentFolder } from '../db/artifacts.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { listen } from '../db/notify.ts';
import { consumeQueue } from '../db/queue.ts';
import { reconcile } from '../db/reconciler.ts';
import { createDockerProvider } from '../sandbox/docker/provider.ts';
import { removeDropped } from './dropped-attempts.ts';
import { createPlainGitForge } from './forge/plain-git.ts';
import { IDLE_TIMES, keepHouse } from './housekeeping.ts';
import { openMcpServers } from './mcp/servers.ts';
import { mcpServersOf } from './mcp/settings.ts';
import { createModel, DEFAULT_MODEL } from './model/create-model.ts';
import { withFallback } from './model/fallback.ts';
import type { Model } from './model/model.ts';
import { redactedModel } from './model/redacted.ts';
import type { RetryPolicy } from './model/retry.ts';
import { networksOf } from './network/networks.ts';
import type { Tools } from './turn.ts';
import { createWorker } from './worker.ts';

const HOUSEKEEPING_MS = 60_000;

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const config = readConfig(environment.THREADSMITH_CONFIG);
  const redact = createRedactor(secretsOfConfig(config, process.env));
  const log = createLog({ level: environment.LOG_LEVEL, fields: { process: 'worker' }, redact });
  const databaseUrl = required(environment.DATABASE_URL, 'DATABASE_URL');
  const data = resolve(environment.THREADSMITH_DATA);
  const database = await openDatabase(databaseUrl, redact);
  const provider = createDockerProvider({
    dockerHost: environment.DOCKER_HOST,
    installId: await installId(data),
    log,
  });
  const mcp = openMcpServers(mcpServersOf(config, process.env), log);
  const tools: Tools = {
    config,
    database,
    content: openContentFolder(join(data, 'artifacts')),
    provider,
    forge: createPlainGitForge(),
    model: redactedModel(mainModel(environment, config, log), redact),
    ...judgeOf(environment, config, redact),
    choices: choicesOf(environment, config, redact),
    mcp,
    networks: await networksOf(config, process.env),
    mirrors: join(data, 'repos'),
    log,
  };
  const owner = `${hostname()}:${process.pid}`;
  const worker = createWorker(tools, owner);
  const queue = { databaseUrl, redisUrl: environment.REDIS_URL, log };
  const consumer = consumeQueue(queue, config.worker.turns, (turnId) => worker.work(turnId));
  const onHint: Record<string, () => void> = {
    stop: () => worker.checkStops(),
    attempts: () => void removeLeft(),
  };
  const removeLeft = () =>
    removeDropped(tools).catch((error: unknown) =>
      log.warn('dropped attempts were not looked for', { error }),
    );
  const hints = listen(databaseUrl, (topic) => onHint[topic]?.(), log);
  const stopReconciling = every(RECONCILE_MS, () => reconcileOnce(database, log));
  const stopHousekeeping = every(HOUSEKEEPING_MS, async () => {
    await removeLeft();
    await keepHouse(database, provider, IDLE_TIMES, log).catch((error: unknown) =>
      log.warn('housekeeping failed', { error }),
    );
  });
  process.stdout.write(`${JSON.stringify({ ready: true, worker: owner })}\n`);

  const stop = async (): Promise<void> => {
    stopReconciling();
    stopHousekeeping();
    await worker.close();
    await consumer.close();
    await hints.close();
    await mcp.close();
    await provider.close();
    await database.close();
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

async function reconcileOnce(database: Database, log: Log): Promise<void> {
  try {
    const { handedOver, expired } = await reconcile(database);
    if (handedOver.length + expired.length > 0) log.info('reconciled', { handedOver, expired });
  } catch (error) {
    log.warn('reconciling failed', { error });
  }
}

function judgeOf(environment: Environment, { model }: Config, redact: Redact): Pick<Tools, 'judge'> {
  if (model.judge === undefined) return {};
  return { judge: redactedModel(makeModel(environment, model.judge), redact) };
}

/** Every model that a request may ask for, beside the one that works where none is asked for. */
function choicesOf(environment: Environment, { model }: Config, redact: Redact): ReadonlyMap<string, Model> {
  const main = environment.OPENAI_MODEL ?? model.name;
  const others = modelsOf(model).filter((name) => name !== main);
  return new Map(others.map((name) => [name, redactedModel(makeModel(environment, name), redact)]));
}

function mainModel(environment: Environment, { model }: Config, log: Log): Model {
  const name = environment.OPENAI_MODEL ?? model.name;
  const { fallback } = model;
  if (fallback === undefined) return makeModel(environment, name);
  const first = makeModel(environment, name, { maxAttempts: fallback.after });
  const onSwitch = (reason: string, to: string): void =>
    log.warn('the fallback model stands in', { reason, to });
  return withFallback(first, makeModel(environment, fallback.name), { onSwitch });
}

function makeModel(
  environment: Environment,
  name: string | undefined,
  retry: Partial<RetryPolicy> = {},
): Model {
  return createModel({
    retry,
    api: environment.OPENAI_API,
    name: name ?? DEFAULT_MODEL,
    baseUrl: environment.OPENAI_BASE_URL,
    apiKey: required(environment.OPENAI_API_KEY, 'OPENAI_API_KEY'),
  });
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new ThreadsmithError(
    'config_invalid',
    `the environment is not a valid configuration: ${name}: expected a value, found none.`,
    `Set ${name}, or use npm start, which brings its own.`,
  );
}

/** Tells this installation's sandboxes from those of others on the same Docker Engine. */
async function installId(data: string): Promise<string> {
  const file = join(data, 'install-id');
  await mkdir(data, { recursive: true });
  await writeFile(file, randomUUID().slice(0, 8), { flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EEXIST')) throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}

function every(intervalMs: number, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = (): void => {
    if (!stopped) timer = setTimeout(() => void work().finally(next), intervalMs);
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

main().catch((error: unknown) => {
  const known = error instanceof ThreadsmithError;
  const redact = createRedactor(secretsOfEnvironment(process.env));
  const text = known
    ? `${error.message} ${error.wayOut}`
    : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${redact(withoutCredentials(text))}\n`);
  process.exitCode = 1;
});

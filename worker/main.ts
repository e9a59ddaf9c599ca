// The worker process: takes turns from the queue and works on them. It never sees Slack's tokens.
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type Config,
  type Environment,
  modelsOf,
  readConfig,
  readEnvironment,
} from '../core/config/config.ts';
import { secretsOfConfig, secretsOfEnvironment } from '../core/config/known-secrets.ts';
import { hasCode, ThreadsmithError } from '../core/errors.ts';
import { readInstallId } from '../core/install-id.ts';
import { RECONCILE_MS } from '../core/limits.ts';
import { createLog, type Log } from '../core/log.ts';
import { createRedactor, type Redact, withoutCredentials } from '../core/redact.ts';
import { openContentFolder } from '../db/log/artifacts.ts';
import { type Database, openDatabase } from '../db/schema/database.ts';
import { connectionNameOf } from '../db/schema/lease.ts';
import { listen, repoToWarm } from '../db/transport/notify.ts';
import { consumeQueue } from '../db/transport/queue.ts';
import { reconcile } from '../db/turns/reconciler.ts';
import { createDockerProvider } from '../sandbox/docker/provider.ts';
import { requireRuntime } from '../sandbox/docker/runtime.ts';
import { networksOf } from './egress/networks.ts';
import { createPlainGitForge } from './forge/plain-git.ts';
import { openMcpServers } from './mcp/servers.ts';
import { mcpServersOf } from './mcp/settings.ts';
import { chooseModel } from './model/choose-model.ts';
import { createModel } from './model/create-model.ts';
import { withFallback } from './model/fallback.ts';
import type { Model } from './model/model.ts';
import { redactedModel } from './model/redacted.ts';
import type { RetryPolicy } from './model/retry.ts';
import { type NamedServer, serverInEnvironment } from './model/server-address.ts';
import type { WorkerServices } from './turn/context.ts';
import { removeDropped } from './upkeep/dropped-attempts.ts';
import { cleanUpSandboxes, IDLE_TIMES } from './upkeep/idle-sandboxes.ts';
import { startRefreshing } from './upkeep/refreshing.ts';
import { keepSnapshots } from './upkeep/snapshot-keeper.ts';
import { createWorker } from './worker.ts';

const HOUSEKEEPING_MS = 60_000;

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const config = readConfig(environment.THREADSMITH_CONFIG);
  const redact = createRedactor(secretsOfConfig(config, process.env));
  const log = createLog({ level: environment.LOG_LEVEL, fields: { process: 'worker' }, redact });
  const databaseUrl = required(environment.DATABASE_URL, 'DATABASE_URL');
  const data = resolve(environment.THREADSMITH_DATA);
  await checkRuntime(environment, config, log);
  // Missing settings throw before anything is opened that keeps the process alive.
  serverOf(environment);
  const networks = await networksOf(config, process.env);
  const database = await openDatabase(databaseUrl, redact);
  const installId = readInstallId(data);
  const provider = createDockerProvider({
    dockerHost: environment.DOCKER_HOST,
    installId,
    ...(config.sandbox.runtime === undefined ? {} : { runtime: config.sandbox.runtime }),
    log,
  });
  // The model's server is asked only once all that is on this machine is found in order.
  const mainName = await nameOfModel(environment, config, log).catch(async (error: unknown) => {
    await provider.close();
    await database.close();
    throw error;
  });
  const models = {
    model: redactedModel(mainModel(environment, config, mainName, log), redact),
    ...judgeOf(environment, config, redact),
    choices: choicesOf(environment, config, mainName, redact),
  };
  const mcp = openMcpServers(mcpServersOf(config, process.env), log);
  const ending = new AbortController();
  const mirrors = join(data, 'repos');
  const { signal } = ending;
  const keeper = keepSnapshots({ config, database, provider, networks, mirrors, log, signal });
  const queue = { databaseUrl, redisUrl: environment.REDIS_URL, log };
  const repos = config.repos.map(({ name }) => name);
  const refreshing = startRefreshing(keeper, installId, repos, queue);
  const tools: WorkerServices = {
    config,
    database,
    content: openContentFolder(join(data, 'artifacts')),
    provider,
    forge: createPlainGitForge(),
    ...models,
    mcp,
    networks,
    mirrors,
    refreshSoon: refreshing.soon,
    log,
  };
  const owner = `${hostname()}:${process.pid}`;
  const worker = createWorker(tools, owner);
  const consumer = consumeQueue(queue, config.worker.turns, (turnId) => worker.work(turnId));
  const removeLeft = () =>
    removeDropped(tools).catch((error: unknown) =>
      log.warn('dropped attempts were not looked for', { error }),
    );
  const onHint = (topic: string): void => {
    const repo = repoToWarm(topic);
    if (topic === 'stop') worker.checkStops();
    if (topic === 'attempts') void removeLeft();
    if (repo !== null) void keeper.warm(repo);
  };
  const hints = listen(databaseUrl, onHint, log, connectionNameOf(owner));
  const stopReconciling = every(RECONCILE_MS, () => reconcileOnce(database, log));
  const stopHousekeeping = every(HOUSEKEEPING_MS, async () => {
    await removeLeft();
    await cleanUpSandboxes(database, provider, IDLE_TIMES, log).catch((error: unknown) =>
      log.warn('housekeeping failed', { error }),
    );
  });
  process.stdout.write(`${JSON.stringify({ ready: true, worker: owner })}\n`);

  const stop = async (): Promise<void> => {
    stopReconciling();
    stopHousekeeping();
    ending.abort();
    await worker.close();
    await refreshing.close();
    await consumer.close();
    await hints.close();
    await mcp.close();
    await provider.close();
    await database.close();
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

/** Throws where the engine lacks the runtime of the configuration. An engine that is away may come back. */
async function checkRuntime(environment: Environment, { sandbox }: Config, log: Log): Promise<void> {
  if (sandbox.runtime === undefined) return;
  try {
    await requireRuntime({ host: environment.DOCKER_HOST }, sandbox.runtime);
  } catch (error) {
    if (!hasCode(error, 'engine_unreachable')) throw error;
    log.warn('the engine could not be asked for its runtimes', { error });
  }
}

async function reconcileOnce(database: Database, log: Log): Promise<void> {
  try {
    const { handedOver, expired } = await reconcile(database);
    if (handedOver.length + expired.length > 0) log.info('reconciled', { handedOver, expired });
  } catch (error) {
    log.warn('reconciling failed', { error });
  }
}

function judgeOf(environment: Environment, { model }: Config, redact: Redact): Pick<WorkerServices, 'judge'> {
  if (model.judge === undefined) return {};
  return { judge: redactedModel(makeModel(environment, model.judge), redact) };
}

/** The name of the model for requests that name none: the configured one, else the server's newest. */
async function nameOfModel(environment: Environment, { model }: Config, log: Log): Promise<string> {
  const server = serverOf(environment);
  const named = server.model ?? model.name;
  if (named !== undefined) return named;
  const chosen = await chooseModel(server);
  log.info('no model is named; the newest one of the server is used', { model: chosen });
  return chosen;
}

/** The models that a request may name, except the main one. */
function choicesOf(
  environment: Environment,
  { model }: Config,
  main: string,
  redact: Redact,
): ReadonlyMap<string, Model> {
  const others = modelsOf(model).filter((name) => name !== main);
  return new Map(others.map((name) => [name, redactedModel(makeModel(environment, name), redact)]));
}

function mainModel(environment: Environment, { model }: Config, name: string, log: Log): Model {
  const { fallback } = model;
  if (fallback === undefined) return makeModel(environment, name);
  const first = makeModel(environment, name, { maxTries: fallback.after });
  const onSwitch = (reason: string, to: string): void =>
    log.warn('the fallback model stands in', { reason, to });
  return withFallback(first, makeModel(environment, fallback.name), { onSwitch });
}

function makeModel(environment: Environment, name: string, retry: Partial<RetryPolicy> = {}): Model {
  return createModel({ retry, ...serverOf(environment), name });
}

/** The server that every model of the configuration is on. Throws `config_invalid` where none is named. */
function serverOf(environment: Environment): NamedServer {
  const server = serverInEnvironment(environment);
  if (server !== null) return server;
  throw new ThreadsmithError(
    'config_invalid',
    'the environment is not a valid configuration: it names no model: OPENAI_API_KEY and ANTHROPIC_API_KEY: expected a value, found none.',
    'Set one of the two, or use npm start, which brings a scripted model.',
  );
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new ThreadsmithError(
    'config_invalid',
    `the environment is not a valid configuration: ${name}: expected a value, found none.`,
    `Set ${name}, or use npm start, which brings its own.`,
  );
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
    ? `${error.message} ${error.advice}`
    : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${redact(withoutCredentials(text))}\n`);
  process.exitCode = 1;
});

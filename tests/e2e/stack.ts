// The whole product as a team runs it: PostgreSQL, bot, worker, a local workspace, a scripted model, a repo.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { createSampleRepo } from '../../playground/sample-repo/create.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';
import { meetPeople, type People } from './people.ts';
import { type Running, startProcess } from './processes.ts';

export interface StackOptions {
  readonly transport?: 'socket' | 'http';
  /** The queue on this Redis instead of PostgreSQL. */
  readonly redisUrl?: string;
  readonly api?: 'responses' | 'chat';
  /** Repos of the configuration by name; the sample repo for the channel shop without it. */
  readonly repos?: readonly {
    readonly name: string;
    readonly url: string;
    readonly channels: readonly string[];
    readonly description?: string;
    readonly web_url?: string;
  }[];
  readonly people?: {
    readonly start: readonly string[];
    readonly approve: readonly string[];
    readonly merge: readonly string[];
  };
  readonly approvals?: { readonly needed?: number; readonly own?: boolean };
  readonly sandbox?: Readonly<Record<string, number>>;
  /** How many turns a worker works on at once. */
  readonly turnsAtOnce?: number;
  /** What Slack's waits are multiplied by; as in Slack without it. */
  readonly timeScale?: number;
  /** Further keys of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Folders with scripts for the model; its own without it. */
  readonly scriptDirs?: readonly string[];
  readonly workerEnv?: NodeJS.ProcessEnv;
}

export interface Stack {
  readonly people: People;
  readonly folder: string;
  readonly database: TestDatabase;
  readonly sampleRepo: string;
  readonly model: {
    readonly url: string;
    control(method: string, path: string, body?: unknown): Promise<unknown>;
  };
  bot: Running;
  worker: Running;
  startBot(): Promise<void>;
  startWorker(env?: NodeJS.ProcessEnv): Promise<void>;
  stop(): Promise<void>;
}

/**
 * How long Slack waits for an acknowledgement, and a trigger lasts. Its three seconds are tested in tests/bot; here
 * whole stacks run beside each other on whatever machine it is.
 */
const DEADLINE_MS = 30_000;
const EVERYBODY = {
  start: ['everyone'],
  approve: ['mira@brightloaf.example', 'jonas@brightloaf.example'],
  merge: ['mira@brightloaf.example', 'jonas@brightloaf.example'],
};
const appSchema = z.looseObject({
  bot_token: z.string(),
  app_token: z.string(),
  signing_secret: z.string(),
  api_url: z.string(),
});

/** Starts everything; `stop` ends everything and removes the sandboxes. What does not start leaves nothing behind. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-e2e-'));
  const database = await createTestDatabase();
  const running: Running[] = [];
  const start = async (script: string, args: readonly string[], env: NodeJS.ProcessEnv, log: string) => {
    const started = await startProcess(script, args, env, join(folder, `${log}.log`));
    running.push(started);
    return started;
  };
  const stop = async (): Promise<void> => {
    // The last ones first: bot and worker end while the others still answer them.
    for (const process_ of running.toReversed()) await process_.stop();
    await removeSandboxes(join(folder, 'data'));
    await database.drop();
    // To look into what happened: E2E_KEEP=1 leaves the logs and the data where they are.
    if (process.env['E2E_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await assemble(options, folder, database, start, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  options: StackOptions,
  folder: string,
  database: TestDatabase,
  start: typeof startProcess,
  stop: () => Promise<void>,
): Promise<Stack> {
  const env = baseEnvironment();
  const playgroundArgs = ['--port', '0', '--data', join(folder, 'playground'), '--manifest', 'manifest.json'];
  playgroundArgs.push('--deadline-ms', String(DEADLINE_MS));
  if (options.timeScale !== undefined) playgroundArgs.push('--time-scale', String(options.timeScale));
  const playground = await start('playground/main.ts', playgroundArgs, env, 'playground');
  const modelArgs = ['--port', '0', ...(options.scriptDirs ?? []).flatMap((dir) => ['--scripts', dir])];
  const model = await start('playground/model/main.ts', modelArgs, env, 'model');
  const people = meetPeople(String(playground.ready['url']));
  const app = appSchema.parse(await people.control('GET', '/app'));
  const sampleRepo = join(folder, 'sample.git');
  await createSampleRepo(sampleRepo);
  const configFile = join(folder, 'threadsmith.yaml');
  writeFileSync(
    configFile,
    stringify({
      repos: options.repos ?? [{ name: 'brightloaf', url: sampleRepo, channels: ['shop'] }],
      people: options.people ?? EVERYBODY,
      // Most conversations have one person; who may not approve their own change is tests/bot/approvals.test.ts.
      approvals: options.approvals ?? { own: true },
      sandbox: { memory_mb: 1536, ...options.sandbox },
      ...(options.turnsAtOnce === undefined ? {} : { worker: { turns: options.turnsAtOnce } }),
      ...options.config,
    }),
  );
  const modelUrl = String(model.ready['url']);
  const product = {
    ...env,
    DATABASE_URL: database.url,
    THREADSMITH_CONFIG: configFile,
    THREADSMITH_DATA: join(folder, 'data'),
    LOG_LEVEL: 'debug',
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
  };
  const botEnv = {
    ...product,
    SLACK_BOT_TOKEN: app.bot_token,
    SLACK_API_URL: app.api_url,
    PORT: '0',
    ...(options.transport === 'http'
      ? { SLACK_SIGNING_SECRET: app.signing_secret }
      : { SLACK_APP_TOKEN: app.app_token }),
  };
  const workerEnv = {
    ...product,
    DOCKER_HOST: part('DOCKER_HOST'),
    OPENAI_API_KEY: 'sk-scripted',
    OPENAI_BASE_URL: modelUrl,
    OPENAI_MODEL: 'scripted',
    OPENAI_API: options.api ?? 'responses',
    ...options.workerEnv,
  };
  const startBot = async (): Promise<Running> => {
    const bot = await start('bot/main.ts', [], botEnv, 'bot');
    if (options.transport === 'http') {
      await people.control('PUT', '/app', {
        request_url: `${String(bot.ready['url'])}/slack/events`,
        interactivity_url: `${String(bot.ready['url'])}/slack/events`,
        delivery: 'http',
      });
    }
    return bot;
  };
  const startWorker = (extra: NodeJS.ProcessEnv = {}) =>
    start('worker/main.ts', [], { ...workerEnv, ...extra }, 'worker');
  const [bot, worker] = await settled([startBot(), startWorker()]);
  const stack: Stack = {
    people,
    folder,
    database,
    sampleRepo,
    bot,
    worker,
    model: { url: modelUrl, control: (method, path, body) => modelControl(modelUrl, method, path, body) },
    startBot: async () => void (stack.bot = await startBot()),
    startWorker: async (extra) => void (stack.worker = await startWorker(extra)),
    stop,
  };
  return stack;
}

/** Only what a process needs to run: nothing of the developer's own environment reaches the product. */
function baseEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function modelControl(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(new URL(`/control${path}`, url), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Like Promise.all, but both are over before it throws. */
async function settled<A, B>(both: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(both);
  return Promise.all(both);
}

async function removeSandboxes(data: string): Promise<void> {
  // Without it no worker ever ran.
  if (!existsSync(join(data, 'install-id'))) return;
  const installId = readFileSync(join(data, 'install-id'), 'utf8').trim();
  const provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId });
  for (const key of await provider.list()) await provider.remove(key);
  await provider.close();
  const ofKind = (kind: string) =>
    ['install', 'kind'].flatMap((name) => [
      '--filter',
      `label=threadsmith.${name}=${name === 'kind' ? kind : installId}`,
    ]);
  docker('rm', '-f', '-v', ...docker('ps', '-aq', ...ofKind('sandbox')));
  docker('rmi', '-f', ...docker('images', '-q', ...ofKind('snapshot')));
}

/** The lines that a command prints; one that would only remove is left out where there is nothing. */
function docker(command: string, ...args: readonly string[]): readonly string[] {
  if (command.startsWith('rm') && args.at(-1)?.startsWith('-') !== false) return [];
  const line = ['-H', part('DOCKER_HOST'), command, ...args];
  const printed = execFileSync('docker', line, { encoding: 'utf8' }).trim();
  return printed === '' ? [] : printed.split('\n');
}

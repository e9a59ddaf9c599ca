// The real services that tests need. `npm test` starts them once with everything; when vitest is run by
// hand its global set-up calls the same function for what the chosen tests need.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../system/chromium.ts';
import { findCommand } from '../system/commands.ts';
import { createDataDirectory, dataDirectory } from '../system/data-directory.ts';
import { findEngine, startEngine } from '../system/engine.ts';
import { startPostgres } from '../system/postgres.ts';
import { startRedis } from '../system/redis.ts';

/** `services` is PostgreSQL, Redis and the browser; `sandbox` the Docker Engine. */
export type PartGroup = 'services' | 'sandbox';

/** The names under which tests find the services; one that is set already is left alone. */
export type PartsEnvironment = Partial<
  Record<'TEST_DATABASE_URL' | 'TEST_REDIS_URL' | 'DOCKER_HOST' | 'CHROMIUM_PATH', string>
>;

export interface StartedParts {
  readonly env: PartsEnvironment;
  stop(): Promise<void>;
}

/** Four files run at once; each may have a few bots and workers, with pools of their own. */
const MAX_CONNECTIONS = 500;

/** Starts what `env` does not name yet. */
export async function startParts(group: PartGroup, env: NodeJS.ProcessEnv): Promise<StartedParts> {
  return group === 'services' ? startServices(env) : startSandboxParts(env);
}

async function startServices(env: NodeJS.ProcessEnv): Promise<StartedParts> {
  const stops: (() => Promise<void>)[] = [];
  const found: PartsEnvironment = {};
  // A cluster per run: several runs at once do not disturb each other, and nothing is left of one before.
  const folder = runFolder(testFolder(env));
  // The database may run as another user.
  chmodSync(folder, 0o755);
  if (env['TEST_DATABASE_URL'] === undefined) {
    const postgres = await startPostgres({
      folder: join(folder, 'postgres'),
      passwordFile: join(folder, 'password'),
      logFile: join(folder, 'postgres.log'),
      durability: 'fast',
      maxConnections: MAX_CONNECTIONS,
    });
    found.TEST_DATABASE_URL = postgres.url;
    stops.push(() => postgres.stop());
  }
  if (env['TEST_REDIS_URL'] === undefined && findCommand('redis-server') !== null) {
    const redis = await startRedis({ folder: join(folder, 'redis'), logFile: join(folder, 'redis.log') });
    found.TEST_REDIS_URL = redis.url;
    stops.push(() => redis.stop());
  }
  const chromium = findChromium();
  if (chromium !== null) found.CHROMIUM_PATH = chromium;
  return {
    env: found,
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startSandboxParts(env: NodeJS.ProcessEnv): Promise<StartedParts> {
  const data = dataDirectory(env['THREADSMITH_DATA'] ?? '.data');
  createDataDirectory(data);
  const engine = (await findEngine(env['DOCKER_HOST'])) ?? (await startEngine(data));
  return { env: { DOCKER_HOST: engine.host }, stop: () => engine.release() };
}

function testFolder(env: NodeJS.ProcessEnv): string {
  return join(dataDirectory(env['THREADSMITH_DATA'] ?? '.data').root, 'test');
}

/** A fresh folder that names this process; those of runs that were killed are removed. */
function runFolder(parent: string): string {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const pid = Number(name.split('-')[0]);
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  // Several projects of one run each set up: none may take another one's folder.
  return mkdtempSync(join(parent, `${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

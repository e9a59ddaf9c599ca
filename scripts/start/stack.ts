// Brings the parts up in the order that they need each other, as much as possible at once, and takes them
// down in the reverse order.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { galleryStates } from '../gallery/states.ts';
import { keepRunning } from '../processes/keep-running.ts';
import { type Service, startService } from '../processes/service.ts';
import { tether } from '../processes/tether.ts';
import type { DataDirectory } from '../system/data-directory.ts';
import { findEngine, startEngine } from '../system/engine.ts';
import { freePort, isFree } from '../system/free-port.ts';
import { type InstallOptions, install } from '../system/install.ts';
import { type PostgresOptions, startPostgres } from '../system/postgres.ts';
import type { Need } from '../system/requirements.ts';
import { asPart, type Part, type Terminal } from '../system/terminal.ts';
import type { StartArguments } from './arguments.ts';
import {
  botEnvironment,
  type EmbeddedParts,
  type ModelSettings,
  standInEnvironment,
  workerEnvironment,
} from './environments.ts';
import { endOfFile, openLog } from './logs.ts';
import { type ChosenConfig, createSample } from './sample.ts';
import { bringUpEngine, bringUpImage } from './sandbox-parts.ts';
import { versionOfTables } from './tables.ts';
import { connectWorkspace, slackOf } from './workspace-client.ts';

export interface HouseOptions {
  readonly terminal: Terminal;
  readonly args: StartArguments;
  readonly environment: Environment;
  readonly data: DataDirectory;
  readonly parts: EmbeddedParts;
  readonly config: ChosenConfig;
  readonly signal: AbortSignal;
}

export interface House {
  readonly databaseUrl: string;
  /** Of the local workspace; null where a real one is used. */
  readonly workspaceUrl: string | null;
  /** Settles where a part dies again and again and the house cannot go on. */
  readonly givenUp: Promise<void>;
  stop(): Promise<void>;
}

type Stop = () => Promise<void>;

/** PostgreSQL's connections: the bot's, the worker's and the queue's, with room for a second worker. */
const MAX_CONNECTIONS = 100;
const MIGRATE_GRACE_MS = 5_000;

/** Brings everything up. Throws the first failure, after what was up has been taken down again. */
export async function bringUp(options: HouseOptions): Promise<House> {
  const stops: Stop[][] = [[], [], []];
  const stop = async () => {
    // People's door first, then the stand-ins, then what all of them rest on.
    for (const layer of stops) await Promise.all(layer.splice(0).map((end) => end()));
  };
  try {
    return await new Builder(options, stops).build(stop);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

class Builder {
  readonly #options: HouseOptions;
  readonly #stops: Stop[][];
  readonly #failed = new AbortController();
  readonly #givenUp = Promise.withResolvers<void>();

  constructor(options: HouseOptions, stops: Stop[][]) {
    this.#options = options;
    this.#stops = stops;
  }

  async build(stop: Stop): Promise<House> {
    const { environment, data, parts, config } = this.#options;
    const port = await this.#workspacePort();
    await install(await this.#needs(), this.#installOptions());
    const [databaseUrl, dockerHost, workspaceUrl, model] = await this.#together([
      this.#database(),
      this.#sandboxes(),
      parts.workspace ? this.#workspace(port) : Promise.resolve(null),
      parts.model ? this.#model() : Promise.resolve(null),
      config.isSample ? createSample(data) : Promise.resolve(),
    ]);
    this.#options.signal.throwIfAborted();
    const slack = workspaceUrl === null ? null : await slackOf(connectWorkspace(workspaceUrl));
    const shared = {
      DATABASE_URL: databaseUrl,
      THREADSMITH_DATA: data.root,
      THREADSMITH_CONFIG: config.file,
    };
    const given =
      environment.OPENAI_API_KEY === undefined && environment.OPENAI_BASE_URL !== undefined
        ? { OPENAI_API_KEY: 'none' }
        : null;
    await this.#together([
      this.#service(
        'Worker',
        'worker',
        ['worker/main.ts'],
        0,
        workerEnvironment(process.env, shared, model ?? given, dockerHost),
      ),
      this.#service('Bot', 'bot', ['bot/main.ts'], 0, botEnvironment(process.env, shared, slack)),
    ]);
    return { databaseUrl, workspaceUrl, givenUp: this.#givenUp.promise, stop };
  }

  async #needs(): Promise<readonly Need[]> {
    const { environment, parts } = this.#options;
    const engine = environment.DOCKER_HOST === undefined ? await findEngine(undefined) : true;
    return [
      'git',
      ...(parts.database ? (['database-user'] as const) : []),
      ...(engine === null ? (['engine', 'debootstrap'] as const) : []),
    ];
  }

  async #database(): Promise<string> {
    const { environment, data, terminal } = this.#options;
    const given = environment.DATABASE_URL;
    return asPart(terminal, 'Database', async (part) => {
      if (given !== undefined) {
        part.note('bringing the tables up to date');
        await this.#migrate(given);
        return { value: given, detail: `PostgreSQL at ${new URL(given).host}` };
      }
      part.note('starting PostgreSQL');
      const settings: PostgresOptions = {
        folder: data.postgres,
        passwordFile: join(data.secrets, 'postgres-password'),
        logFile: join(data.logs, 'postgres.log'),
        durability: 'safe',
        maxConnections: MAX_CONNECTIONS,
      };
      const first = await startPostgres(settings);
      this.#stops[2]?.push(
        keepRunning({
          name: 'database',
          first,
          again: ({ port }) => startPostgres({ ...settings, port }),
          stop: (server) => server.stop(),
          ...this.#troubles(),
        }),
      );
      await this.#migrateOnce(first.url, part);
      return { value: first.url, detail: `PostgreSQL 18, our own, on port ${first.port}` };
    });
  }

  /** Our own database was brought up to this version already: that saves a second of each later start. */
  async #migrateOnce(databaseUrl: string, part: Part): Promise<void> {
    const mark = join(this.#options.data.postgres, 'migrated');
    const version = versionOfTables();
    if (existsSync(mark) && readFileSync(mark, 'utf8') === version) return;
    part.note('bringing the tables up to date');
    await this.#migrate(databaseUrl);
    writeFileSync(mark, version);
  }

  /** In a process of its own, so that this one stays small. */
  async #migrate(databaseUrl: string): Promise<void> {
    const logFile = join(this.#options.data.logs, 'migrations.log');
    const log = openLog(logFile);
    const run = tether({
      argv: [process.execPath, join(import.meta.dirname, 'migrate.ts')],
      env: { ...standInEnvironment(process.env), DATABASE_URL: databaseUrl },
      graceMs: MIGRATE_GRACE_MS,
      stdout: log,
      stderr: log,
    });
    if ((await run.exited).code === 0) return;
    throw new ThreadsmithError(
      'database_unreachable',
      `The tables could not be brought up to date. ${endOfFile(logFile)}`,
      `See ${logFile}.`,
    );
  }

  async #sandboxes(): Promise<string> {
    const { data, environment, signal } = this.#options;
    const engine = await bringUpEngine(data, environment.DOCKER_HOST, this.#installOptions());
    this.#stops[2]?.push(
      keepRunning({
        name: 'Docker Engine',
        first: engine,
        again: async (before) => {
          await before.release();
          return startEngine(data);
        },
        stop: (last) => last.release(),
        ...this.#troubles(),
      }),
    );
    await bringUpImage(data, engine, this.#installOptions(), AbortSignal.any([signal, this.#failed.signal]));
    return engine.host;
  }

  /** Known before anything is installed or started: a taken one is common, and another is quickly named. */
  async #workspacePort(): Promise<number> {
    const { args, parts } = this.#options;
    const port = args.port ?? (args.once ? await freePort() : DEFAULT_WORKSPACE_PORT);
    if (!parts.workspace || (await isFree(port))) return port;
    throw new ThreadsmithError(
      'config_invalid',
      `Port ${port}, for the local workspace, is taken by another program.`,
      `Stop that program, or choose another port: npm start -- --port ${port + 1}`,
    );
  }

  async #workspace(port: number): Promise<string> {
    const { data } = this.#options;
    const gallery = join(data.runtime, 'gallery.json');
    writeFileSync(gallery, JSON.stringify(galleryStates()));
    const options = ['--port', String(port), '--data', data.playground, '--manifest', 'manifest.json'];
    options.push('--gallery', gallery);
    const argv = ['playground/main.ts', ...options] as const;
    const url = `http://127.0.0.1:${port}`;
    await this.#service('Workspace', 'workspace', argv, 1, standInEnvironment(process.env), url);
    return url;
  }

  async #model(): Promise<ModelSettings> {
    // A fixed port, so that it is found again after a restart.
    const port = await freePort();
    const argv = ['playground/model/main.ts', '--port', String(port)] as const;
    const why = 'scripted, because no OPENAI_API_KEY or ANTHROPIC_API_KEY is set';
    const { ready } = await this.#service('Model', 'model', argv, 1, standInEnvironment(process.env), why);
    const url = typeof ready['url'] === 'string' ? ready['url'] : `http://127.0.0.1:${port}`;
    return { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: url, OPENAI_MODEL: 'scripted' };
  }

  #service(
    title: string,
    name: string,
    argv: readonly [string, ...string[]],
    layer: 0 | 1,
    env: NodeJS.ProcessEnv,
    detail = '',
  ): Promise<Service> {
    const { data, terminal } = this.#options;
    return asPart(terminal, title, async () => {
      const logFile = join(data.logs, `${name}.log`);
      const value = await startService({ name, argv: [...argv], env, logFile, ...this.#troubles() });
      this.#stops[layer]?.push(() => value.stop());
      return { value, detail };
    });
  }

  /**
   * Waits for all, also after a failure, so that nothing is still coming up when it is taken down. Throws the
   * failure that came first: the others may only be that they were told to stop.
   */
  async #together<T extends readonly unknown[] | []>(work: T) {
    const failures: unknown[] = [];
    for (const each of work) {
      Promise.resolve(each).catch((failure: unknown) => {
        failures.push(failure);
        this.#failed.abort();
      });
    }
    await Promise.allSettled(work);
    if (failures.length > 0) throw failures[0];
    return Promise.all(work);
  }

  #troubles() {
    return {
      onTrouble: (sentence: string) => this.#options.terminal.warn(sentence),
      onGivenUp: (sentence: string) => {
        this.#options.terminal.warn(sentence);
        this.#givenUp.resolve();
      },
    };
  }

  #installOptions(): InstallOptions {
    return { terminal: this.#options.terminal, mayInstall: this.#options.args.mayInstall };
  }
}

const DEFAULT_WORKSPACE_PORT = 3400;

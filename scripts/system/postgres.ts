// The embedded PostgreSQL: a real server of our own on a free port of the loopback, made on the first
// start, and started again in well under a second after that.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ThreadsmithError } from '../../core/errors.ts';
import { type Tethered, tether } from '../processes/tether.ts';
import { databaseAccount, type RunAs, runAs } from './account.ts';
import { freePort } from './free-port.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';

export interface PostgresOptions {
  /** The cluster's folder; made on the first start. */
  readonly folder: string;
  /** Where its password is kept, readable by the current user only. */
  readonly passwordFile: string;
  readonly logFile: string;
  /** `fast` may lose everything in a crash of the machine: for tests. */
  readonly durability: 'safe' | 'fast';
  readonly maxConnections: number;
  /** The port of an earlier run, so that its clients find it again; a free one without it. */
  readonly port?: number;
}

export interface RunningPostgres {
  /** Holds the password. The database exists; the user may create others. */
  readonly url: string;
  readonly port: number;
  /** Settles when the server is gone, whoever ended it. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

const NAME = 'threadsmith';
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const PORT_ATTEMPTS = 3;
const POLL_MS = 15;

/**
 * Starts the server and waits until it answers. A cluster left behind by a crash is recovered; one that
 * another living process uses is an error. Throws `database_unreachable` with the end of the log.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = postgresBinaries();
  const account = databaseAccount();
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  if (account !== null) chownSync(options.folder, account.uid, account.gid);
  const how = runAs(account, binaries.initdb, options.folder);
  const cluster = join(options.folder, 'cluster');
  const password = ensurePassword(options.passwordFile);
  if (!existsSync(cluster)) await createCluster(binaries, how, options, cluster, password);
  await clearStaleLock(cluster);

  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = launch(binaries, how, options, cluster, port);
    if (await ready(server, cluster, port)) {
      await ensureDatabase(port, password);
      return {
        url: urlOf(port, password, NAME),
        port,
        ended: server.exited,
        stop: async () => {
          await server.stop();
        },
      };
    }
    await server.stop();
    if (attempt < PORT_ATTEMPTS && endOfLog(options.logFile).includes('could not bind')) continue;
    throw failure('PostgreSQL did not start.', options.logFile);
  }
}

function launch(
  binaries: PostgresBinaries,
  how: RunAs,
  options: PostgresOptions,
  cluster: string,
  port: number,
): Tethered {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `max_connections=${options.maxConnections}`,
    'timezone=UTC',
    'log_timezone=UTC',
    ...(options.durability === 'fast' ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ];
  const log = openSync(options.logFile, 'a', 0o600);
  const { prefix, ...ids } = how;
  return tether({
    argv: [binaries.postgres, '-D', cluster, '-p', String(port), ...settings.flatMap((line) => ['-c', line])],
    prefix,
    ...ids,
    // The server's folder is the one place that its account can surely enter.
    ...(ids.uid === undefined ? {} : { cwd: options.folder }),
    env: serverEnvironment(),
    stopSignal: 'INT',
    graceMs: STOP_GRACE_MS,
    stdout: log,
    stderr: log,
  });
}

/** The server writes `ready` into the eighth line of its lock file, the port into the fourth. */
async function ready(server: Tethered, cluster: string, port: number): Promise<boolean> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (server.running() && Date.now() < deadline) {
    const lines = readLock(cluster);
    if (lines[3]?.trim() === String(port) && lines[7]?.trim() === 'ready') return true;
    await sleep(POLL_MS);
  }
  return false;
}

async function createCluster(
  binaries: PostgresBinaries,
  how: RunAs,
  options: PostgresOptions,
  cluster: string,
  password: string,
): Promise<void> {
  // Made under another name first, so that a start that was cut off does not leave half a cluster.
  const half = `${cluster}.new`;
  rmSync(half, { recursive: true, force: true });
  const passwordCopy = join(options.folder, 'password.once');
  writeFileSync(passwordCopy, password, { mode: 0o600 });
  const account = databaseAccount();
  if (account !== null) chownSync(passwordCopy, account.uid, account.gid);
  const log = openSync(options.logFile, 'a', 0o600);
  const { prefix, ...ids } = how;
  const flags = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  try {
    const run = tether({
      argv: [
        binaries.initdb,
        `--pgdata=${half}`,
        `--username=${NAME}`,
        `--pwfile=${passwordCopy}`,
        '--auth=scram-sha-256',
        ...flags,
        ...(options.durability === 'fast' ? ['--no-sync'] : []),
      ],
      prefix,
      ...ids,
      ...(ids.uid === undefined ? {} : { cwd: options.folder }),
      env: serverEnvironment(),
      graceMs: STOP_GRACE_MS,
      stdout: log,
      stderr: log,
    });
    const { code } = await run.exited;
    if (code !== 0) throw failure('The PostgreSQL cluster could not be made.', options.logFile);
  } finally {
    rmSync(passwordCopy, { force: true });
  }
  renameSync(half, cluster);
}

/**
 * PostgreSQL refuses to start while its lock file names a living process, whichever that is: after a
 * crash the number may belong to something else by now.
 */
async function clearStaleLock(cluster: string): Promise<void> {
  const deadline = Date.now() + STOP_GRACE_MS;
  while (Date.now() < deadline) {
    const pid = Number.parseInt(readLock(cluster)[0] ?? '', 10);
    if (Number.isNaN(pid)) return;
    if (!servesCluster(pid, cluster)) {
      rmSync(join(cluster, 'postmaster.pid'), { force: true });
      return;
    }
    // It is being stopped by the run before this one.
    await sleep(100);
  }
  throw new ThreadsmithError(
    'database_unreachable',
    `Another PostgreSQL is already running in ${cluster}.`,
    'Stop the other Threadsmith that uses this data directory, or set THREADSMITH_DATA to another one.',
  );
}

function servesCluster(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH') return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(cluster);
  } catch {
    // No /proc on this system: a living process is taken for the server.
    return !existsSync('/proc/self');
  }
}

function readLock(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

function ensurePassword(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  }
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}

async function ensureDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [NAME]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(NAME)}`);
  } finally {
    await client.end();
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/** Nothing of the caller's environment (tokens, PG* variables) goes to the server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

function endOfLog(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
}

function failure(message: string, logFile: string): ThreadsmithError {
  return new ThreadsmithError(
    'database_unreachable',
    `${message} Its log ends with: ${endOfLog(logFile)}`,
    `Read ${logFile}, or set DATABASE_URL to another PostgreSQL.`,
  );
}

// A database of its own for each test file, cloned in some 30 ms from a template with all migrations.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../db/migrate.ts';
import { versionOfTables } from '../../scripts/start/tables.ts';
import { part } from './environment.ts';

export interface TestDatabase {
  readonly url: string;
  /** Removes it. Throws where somebody still has a connection to it: a pool was leaked. */
  drop(): Promise<void>;
}

/** Any number will do: files that start at once make the template only once. */
const TEMPLATE_LOCK = 7_465_737;
/** Servers notice a closed socket a little later, on a busy machine much later. */
const LEAK_GRACE_MS = 30_000;

/** Makes a migrated database that nobody else uses. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = part('TEST_DATABASE_URL');
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`;
  await onServer(server, async (client) => {
    const template = await ensureTemplate(client, server);
    await client.query(`create database ${name} template ${template} strategy file_copy`);
  });
  return {
    url: withDatabase(server, name),
    drop: () =>
      onServer(server, async (client) => {
        const left = await connectionsLeft(client, name);
        await client.query(`drop database if exists ${name} with (force)`);
        if (left.length > 0) {
          throw new Error(
            `${left.length} connections to the test database were left open: ${left.join('; ')}`,
          );
        }
      }),
  };
}

async function ensureTemplate(client: pg.Client, server: string): Promise<string> {
  const name = `template_${versionOfTables()}`;
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return name;
    const half = `${name}_half`;
    await client.query(`drop database if exists ${half} with (force)`);
    await client.query(`create database ${half}`);
    await migrate(withDatabase(server, half));
    await client.query(`alter database ${half} rename to ${name}`);
    return name;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function connectionsLeft(client: pg.Client, name: string): Promise<string[]> {
  const deadline = Date.now() + LEAK_GRACE_MS;
  for (;;) {
    const { rows } = await client.query<{ line: string }>(
      "select coalesce(application_name, '') || ' ' || left(query, 60) as line from pg_stat_activity where datname = $1",
      [name],
    );
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.line.trim());
    await sleep(50);
  }
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

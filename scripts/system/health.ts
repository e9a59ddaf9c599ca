// Whether the services that a process needs answer it.
import { connect } from 'node:net';
import pg from 'pg';
import { engineAnswers } from './engine-address.ts';

const TIMEOUT_MS = 5_000;

/** True when PostgreSQL takes the connection and answers a query. */
export async function databaseAnswers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** True when something listens at Redis's address; it may still ask for a password. */
export function redisListens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || '6379'), timeout: TIMEOUT_MS });
    const end = (listens: boolean) => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** The names of the services among these that do not answer. */
export async function silentServices(addresses: {
  readonly database?: string | undefined;
  readonly redis?: string | undefined;
  readonly engine?: string | undefined;
}): Promise<readonly string[]> {
  const { database, redis, engine } = addresses;
  const answers = await Promise.all([
    database === undefined || databaseAnswers(database),
    redis === undefined || redisListens(redis),
    engine === undefined || engineAnswers(engine),
  ]);
  return ['PostgreSQL', 'Redis', 'Docker Engine'].filter((_, index) => answers[index] === false);
}

// What benchmarks run against: a PostgreSQL of their own, removed in the end, and a folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../scripts/system/postgres.ts';

export interface BenchSurroundings {
  /** An empty database with all tables. */
  readonly databaseUrl: string;
  /** Removed in the end. */
  readonly folder: string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 50;

/** Starts PostgreSQL as `npm start` does, but in a folder that is removed afterwards. */
export async function openSurroundings(): Promise<BenchSurroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'threadsmith-bench-'));
  const postgres = await startPostgres({
    folder: join(folder, 'postgres'),
    passwordFile: join(folder, 'password'),
    logFile: join(folder, 'postgres.log'),
    durability: 'safe',
    maxConnections: MAX_CONNECTIONS,
  });
  await migrate(postgres.url);
  return {
    databaseUrl: postgres.url,
    folder,
    close: async () => {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

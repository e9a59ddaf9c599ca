// The connection to PostgreSQL: one MikroORM per process, one entity manager per unit of work.
import { Migrator } from '@mikro-orm/migrations';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { ClientBase, QueryResultRow } from 'pg';
import { ThreadsmithError } from '../../core/errors.ts';
import { LEASE_MS } from '../../core/limits.ts';
import { nothingHidden, type Redact } from '../../core/redact.ts';
import { logEntities } from '../entities/log.ts';
import { sessionEntities } from '../entities/session.ts';
import { transportEntities } from '../entities/transport.ts';
import { FirstTables } from '../migrations/0001-first-tables.ts';
import { DeliveryLease } from '../migrations/0002-delivery.ts';
import { Steering } from '../migrations/0003-steering.ts';
import { SessionsOfAPerson } from '../migrations/0004-sessions-of-a-person.ts';
import { TurnsLater } from '../migrations/0005-turns-later.ts';
import { Alerts } from '../migrations/0006-alerts.ts';
import { SavedWork } from '../migrations/0007-saved-work.ts';
import { Attempts } from '../migrations/0008-attempts.ts';
import { WaysIn } from '../migrations/0009-ways-in.ts';
import { Workspaces } from '../migrations/0010-workspaces.ts';
import { Apart } from '../migrations/0011-apart.ts';
import { Edits } from '../migrations/0012-edits.ts';
import { OpenTurns } from '../migrations/0013-open-turns.ts';
import { giveBackBroken } from './broken-connections.ts';

export type { EntityManager };

export interface Database {
  readonly url: string;
  /** Hides the secrets of this process in what a turn writes: events, journal, results, artifacts. */
  readonly redact: Redact;
  /** A fresh entity manager for reading. */
  em(): EntityManager;
  /** Runs `work` in a transaction: it commits when `work` returns and rolls back when it throws. */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T>;
  /**
   * Runs a statement as a transaction of its own. PostgreSQL keeps its plan under `name` and each connection
   * sends only `values` after the first time: what runs at every step takes half the time. Throws pg's errors.
   */
  prepared<Row extends QueryResultRow>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]>;
  /** Brings the tables to this version. Safe to call from several processes at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

/** Any number will do, as long as every process takes the same: only one of them migrates at a time. */
const MIGRATION_LOCK = 0x74_68_72_64;
/**
 * PostgreSQL ends a transaction of which nothing was heard for so long: a process that was frozen in one, or whose
 * machine is gone, would keep its locks, and with them the turn from the other workers. No shorter than a lease,
 * which such a process has lost by then.
 * https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT
 */
const IDLE_MS = LEASE_MS;

/** Connects to the database. Throws `database_unreachable`. */
export async function openDatabase(url: string, redact: Redact = nothingHidden): Promise<Database> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [...sessionEntities, ...logEntities, ...transportEntities],
    extensions: [Migrator],
    migrations: {
      migrationsList: [
        { name: '0001-first-tables', class: FirstTables },
        { name: '0002-delivery', class: DeliveryLease },
        { name: '0003-steering', class: Steering },
        { name: '0004-sessions-of-a-person', class: SessionsOfAPerson },
        { name: '0005-turns-later', class: TurnsLater },
        { name: '0006-alerts', class: Alerts },
        { name: '0007-saved-work', class: SavedWork },
        { name: '0008-attempts', class: Attempts },
        { name: '0009-ways-in', class: WaysIn },
        { name: '0010-workspaces', class: Workspaces },
        { name: '0011-apart', class: Apart },
        { name: '0012-edits', class: Edits },
        { name: '0013-open-turns', class: OpenTurns },
      ],
      snapshot: false,
      silent: true,
      tableName: 'migration',
    },
    // BullMQ keeps its tables in a schema of its own, which a schema diff would drop.
    schemaGenerator: { ignoreSchema: ['bullmq'] },
    pool: { min: 0, max: 10 },
    driverOptions: {
      // Not as a parameter of the connection's start: poolers refuse those that they do not know.
      onConnect: async (client: ClientBase) => {
        await client.query(`set idle_in_transaction_session_timeout = ${IDLE_MS}`);
      },
      onPoolCreated: giveBackBroken,
    },
  });
  const database: Database = {
    url,
    redact,
    em: () => orm.em.fork(),
    transaction: (work) => orm.em.fork().transactional(work),
    prepared: async <Row extends QueryResultRow>(name: string, text: string, values: readonly unknown[]) => {
      const pool = await orm.em.getConnection().getNativeClient();
      return (await pool.query<Row>({ name, text, values: [...values] })).rows;
    },
    migrate: async () => {
      await database.transaction(async (em) => {
        // The tables are made on another connection, for as long as that takes.
        await em.execute('set local idle_in_transaction_session_timeout = 0');
        await em.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
        await orm.migrator.up();
      });
    },
    close: () => orm.close(true),
  };
  try {
    await orm.em.fork().execute('select 1');
  } catch (cause) {
    await orm.close(true);
    throw new ThreadsmithError(
      'database_unreachable',
      `PostgreSQL at ${new URL(url).host} does not answer.`,
      'Start it or correct DATABASE_URL.',
      { retry: 'later', cause },
    );
  }
  return database;
}

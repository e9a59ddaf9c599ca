// Brings a database to the version of this code.
import { openDatabase } from './schema/database.ts';
import { migrateQueue } from './transport/queue.ts';

/** Runs all migrations that are missing, ours and the queue's. Throws `database_unreachable`. */
export async function migrate(databaseUrl: string): Promise<void> {
  const database = await openDatabase(databaseUrl);
  try {
    await database.migrate();
    await migrateQueue(databaseUrl);
  } finally {
    await database.close();
  }
}

// Brings a database to the version of this code.
import { openDatabase } from './database.ts';

/** Runs all migrations that are missing. Throws `database_unreachable`. */
export async function migrate(databaseUrl: string): Promise<void> {
  const database = await openDatabase(databaseUrl);
  try {
    await database.migrate();
  } finally {
    await database.close();
  }
}

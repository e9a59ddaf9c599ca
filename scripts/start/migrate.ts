// Brings the database that DATABASE_URL names to the version of this code.
import { readEnvironment } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { migrate } from '../../db/migrate.ts';

const { DATABASE_URL } = readEnvironment(process.env);
try {
  if (DATABASE_URL === undefined) {
    throw new ThreadsmithError(
      'config_invalid',
      'DATABASE_URL is not set.',
      'Set it to a PostgreSQL database.',
    );
  }
  await migrate(DATABASE_URL);
} catch (thrown) {
  const known = thrown instanceof ThreadsmithError ? `${thrown.message} ${thrown.advice}` : undefined;
  process.stderr.write(`${known ?? (thrown instanceof Error ? thrown.stack : String(thrown))}\n`);
  process.exitCode = 1;
}

// Which version of the tables this checkout has.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Changes whenever a migration does, ours or the queue's. Fit for the name of a database. */
export function versionOfTables(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(join(ROOT, 'db'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (file.endsWith('.ts')) hash.update(file).update(readFileSync(join(ROOT, 'db', file)));
  }
  hash.update(readFileSync(join(ROOT, 'node_modules/bullmq/package.json')));
  return hash.digest('hex').slice(0, 16);
}

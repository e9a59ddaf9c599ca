// What tells this installation's sandboxes and snapshots from those of others on the same engine: a file of the
// data directory, so that everything that starts there has the same.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The id of the installation in this data directory, made where there is none yet. */
export function readInstallId(data: string): string {
  const file = join(data, 'install-id');
  mkdirSync(data, { recursive: true });
  try {
    writeFileSync(file, randomUUID().slice(0, 8), { flag: 'wx' });
  } catch (thrown) {
    if (!(thrown instanceof Error && Reflect.get(thrown, 'code') === 'EEXIST')) throw thrown;
  }
  return readFileSync(file, 'utf8').trim();
}

// The id of an installation, a file of its data directory. It tells the installation's sandboxes and snapshots from
// those of others on the same engine.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the id of the installation in this data directory, or creates it. */
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

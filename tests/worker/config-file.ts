// A configuration for tests that run turns.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Writes a configuration with one repo, or `more` beside it, and gives its path. */
export function writeConfig(
  folder: string,
  url: string,
  sandbox: Readonly<Record<string, number>> = {},
  repo: Readonly<Record<string, unknown>> = {},
  more: readonly Readonly<Record<string, unknown>>[] = [],
): string {
  const file = join(folder, 'threadsmith.yaml');
  const people = { start: ['everyone'], approve: ['U0MIRA0001'], merge: ['U0MIRA0001'] };
  writeFileSync(
    file,
    stringify({
      repos: [{ name: 'brightloaf', url, channels: ['shop'], ...repo }, ...more],
      people,
      approvals: { own: true },
      sandbox,
    }),
  );
  return file;
}

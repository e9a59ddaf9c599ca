// Keeps failed snapshot builds in the database.
import {
  endSnapshotFailures,
  noteSnapshotFailure,
  snapshotFailures,
} from '../../db/log/snapshot-failures.ts';
import type { Database } from '../../db/schema/database.ts';
import type { SnapshotFailures } from './snapshot.ts';

/** The failures of all repos of this installation. */
export function snapshotFailuresOf(database: Database): SnapshotFailures {
  return {
    failing: async (repo) =>
      (await snapshotFailures(database.em())).find((row) => row.repo === repo)?.alike ?? null,
    failed: (repo, alike, failure) => noteSnapshotFailure(database.em(), repo, alike, failure),
    built: (repo) => endSnapshotFailures(database.em(), repo),
  };
}

// The journal in PostgreSQL, written only while the lease holds.
import { ThreadsmithError } from '../core/errors.ts';
import type { Journal } from '../core/journal.ts';
import type { Database } from './database.ts';
import { JournalRow } from './entities/log.ts';
import { fenced, type Lease } from './lease.ts';

/** The journal of a session's attempt for the worker that has its turn. */
export function openJournal(database: Database, lease: Lease, attempt: number): Journal {
  return {
    load: async () => {
      const rows = await database
        .em()
        .find(JournalRow, { sessionId: lease.sessionId, attempt }, { orderBy: { place: 'asc' } });
      return rows.map((row) => ({ place: row.place, turnId: row.turnId, entry: row.entry }));
    },
    append: async (place, entries) => {
      await fenced(database, lease, async (em) => {
        for (const [offset, entry] of entries.entries()) {
          const rows = await em.execute<unknown[]>(
            `insert into journal (session_id, attempt, place, turn_id, entry) values (?, ?, ?, ?, ?)
             on conflict do nothing returning 1`,
            [lease.sessionId, attempt, place + offset, lease.turnId, JSON.stringify(entry)],
          );
          if (rows.length === 0) throw taken(lease, place + offset);
        }
      });
    },
  };
}

function taken(lease: Lease, place: number): ThreadsmithError {
  return new ThreadsmithError(
    'lease_lost',
    `Place ${place} of the journal of session ${lease.sessionId} is taken.`,
    'Nothing to do: another worker has taken the turn up.',
  );
}

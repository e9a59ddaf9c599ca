// The journal in PostgreSQL, written only while the lease holds. A step is one statement, and the events
// that it causes travel with it: each round trip to the database is time in which the agent does nothing.
import pg from 'pg';
import { serial } from '../../core/async.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import type { Journal, JournalEntry, PlacedEntry } from '../../core/journal.ts';
import { redactAll } from '../../core/redact.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { type Lease, leaseLost } from '../schema/lease.ts';
import { CHANNEL } from '../transport/notify.ts';

/** Below the pace at which a status message is updated, so nobody sees an event later for it. */
const LONGEST_WAIT_MS = 1_000;
/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

/** A journal that also takes the events of its steps. */
export interface StepLog extends Journal {
  /**
   * Adds an event to the session's log: with the next `append`, or by itself once it has waited for a second.
   * Never throws; where the lease is lost the next `append` does.
   */
  report(event: EventBody): Promise<void>;
  /** Writes the events that wait. Throws `lease_lost`. */
  flush(): Promise<void>;
  /** Whether the last `append` saw words to this turn that nobody has taken yet: asking costs nothing. */
  isSteered(): boolean;
}

/** The journal of a session's attempt for the worker that has its turn, with what it went on from. */
export function openJournal(database: Database, lease: Lease, attempt: number): StepLog {
  let waiting: EventBody[] = [];
  let isSteered = false;
  let timer: NodeJS.Timeout | undefined;
  // One statement after the other: events must not overtake each other.
  const oneByOne = serial();

  const writeAll = async (place: number, entries: readonly JournalEntry[]): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting;
    if (entries.length + events.length === 0) return;
    waiting = [];
    try {
      isSteered = await write(database, lease, attempt, place, entries, events);
    } catch (error) {
      waiting = [...events, ...waiting];
      throw error;
    }
  };
  const append = (place: number, entries: readonly JournalEntry[]): Promise<void> =>
    oneByOne(() => writeAll(place, entries));
  return {
    load: () => loadJournal(database.em(), lease.sessionId, attempt),
    append,
    report: async (event) => {
      waiting.push(event);
      timer ??= setTimeout(() => {
        // What could not be written goes with the next append, which says what is wrong.
        append(0, []).catch(() => undefined);
      }, LONGEST_WAIT_MS);
    },
    flush: () => append(0, []),
    isSteered: () => isSteered,
  };
}

/**
 * The conversation of an attempt in order: an attempt goes on from another one up to a place, and that one may
 * have gone on from a third.
 */
export async function loadJournal(
  em: EntityManager,
  sessionId: string,
  attempt: number,
): Promise<readonly PlacedEntry[]> {
  return em.execute<PlacedEntry[]>(
    `with recursive line as (
       select ?::bigint as number, 2147483647 as until
       union all
       select from_number, least(from_place, line.until) from attempt join line using (number)
       where attempt.session_id = ? and from_number is not null)
     select place, turn_id as "turnId", entry from journal join line on journal.attempt = line.number
     where journal.session_id = ? and place < until order by place`,
    [attempt, sessionId, sessionId],
  );
}

const WRITE_STEP = `
  with held as (
    select id from turn where id = $1 and lease_epoch = $2 and state = 'running' for update
  ), kept as (
    insert into journal (session_id, attempt, place, turn_id, entry)
    select $3, $4, $5::int + item.number::int - 1, held.id, item.value
    from held, jsonb_array_elements($6::jsonb) with ordinality as item (value, number)
  ), told as (
    insert into event (session_id, turn_id, body)
    select $3, held.id, item.value
    from held, jsonb_array_elements($7::jsonb) with ordinality as item (value, number)
    order by item.number
    returning 1
  )
  select exists (select 1 from steering where turn_id = held.id and taken_at is null) as steered,
    case when exists (select 1 from told) then pg_notify($8, 'event')::text end
  from held`;

/** All or nothing, in one statement that is its own transaction. Says whether there is steering. Throws `lease_lost`. */
async function write(
  database: Database,
  lease: Lease,
  attempt: number,
  place: number,
  entries: readonly JournalEntry[],
  events: readonly EventBody[],
): Promise<boolean> {
  const { sessionId, turnId, epoch } = lease;
  const rows = await database
    .prepared<{ steered: boolean }>('write-step', WRITE_STEP, [
      turnId,
      epoch,
      sessionId,
      attempt,
      place,
      JSON.stringify(redactAll(entries, database.redact)),
      JSON.stringify(redactAll(events, database.redact)),
      CHANNEL,
    ])
    .catch((cause: unknown) => {
      const isTaken = cause instanceof pg.DatabaseError && cause.code === UNIQUE_VIOLATION;
      throw isTaken ? taken(lease, place, cause) : cause;
    });
  const row = rows[0];
  if (row === undefined) throw leaseLost(lease);
  return row.steered;
}

function taken(lease: Lease, place: number, cause: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'lease_lost',
    `Place ${place} of the journal of session ${lease.sessionId} is taken.`,
    'Nothing to do: another worker has taken the turn up.',
    { cause },
  );
}

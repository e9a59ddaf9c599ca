// Which turns are open is said once in the database, and rows of older versions are read as today's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOver, type TurnState } from '../../core/turn.ts';
import { Turn } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { snapshotFailures } from '../../db/log/snapshot-failures.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { addSession, addTurnIn } from './rows.ts';

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createTestDatabase();
  database = await openDatabase(own.url);
});
afterAll(async () => {
  await database.close();
  await own.drop();
});

/** Each state once: the compiler asks for a new one here. */
const STATES: Readonly<Record<TurnState, true>> = {
  received: true,
  needs_repo: true,
  queued: true,
  running: true,
  waiting: true,
  done: true,
  failed: true,
  stopped: true,
  refused: true,
};

describe('an open turn', () => {
  it.each(Object.keys(STATES) as TurnState[])(
    '(%s) is open in the database where it is not over in the code',
    async (state) => {
      const session = await addSession(database);
      const turn = await addTurnIn(database, session, state);
      const rows = await database.em().execute('select is_open from turn where id = ?', [turn]);
      expect(rows).toEqual([{ is_open: !isOver(state) }]);
      expect(await hasOpenRequest(database.em(), session)).toBe(!isOver(state));
    },
  );

  it.each(['answer', 'attempt'])('of the kind %s is no request', async (kind) => {
    const session = await addSession(database);
    const turn = await addTurnIn(database, session, 'queued');
    await database.em().execute('update turn set kind = ? where id = ?', [kind, turn]);
    expect(await hasOpenRequest(database.em(), session)).toBe(false);
  });
});

it('failures of an older version have their advice after the migration, and their old word stays for older processes', async () => {
  const em = database.em();
  const session = await addSession(database);
  const turn = await addTurnIn(database, session, 'failed');
  await em.execute('drop view request');
  await em.execute('alter table turn drop column is_open');
  await em.execute(`delete from migration where name = '0013-open-turns'`);
  const old = JSON.stringify({ code: 'internal', message: 'It broke.', wayOut: 'Try again.' });
  await em.execute('update turn set failure = ?::jsonb where id = ?', [old, turn]);
  await em.execute(
    `insert into event (session_id, turn_id, body) values (?, ?, jsonb_build_object('type', 'turn.failed', 'failure', ?::jsonb))`,
    [session, turn, old],
  );
  await em.execute(`insert into snapshot_failure (repo, alike, failure) values ('shop', 'x', ?::jsonb)`, [
    old,
  ]);

  await database.migrate();

  const failure = { code: 'internal', message: 'It broke.', advice: 'Try again.', wayOut: 'Try again.' };
  expect((await database.em().findOneOrFail(Turn, { id: turn })).failure).toEqual(failure);
  const events = await eventsOfTurn(database.em(), turn);
  expect(events.map(({ body }) => body)).toContainEqual({ type: 'turn.failed', failure });
  expect(await snapshotFailures(database.em())).toMatchObject([{ failure }]);
  expect(await hasOpenRequest(database.em(), session)).toBe(false);
});

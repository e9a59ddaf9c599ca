// Connections to PostgreSQL that break in the middle of a transaction, and processes that freeze in one.
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn, fenced } from '../../db/schema/lease.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { addSession, addTurnIn } from './rows.ts';

/** More than a process has connections. */
const TIMES = 12;

let own: TestDatabase;
let database: Database;
let server: pg.Client;

beforeAll(async () => {
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  server = new pg.Client({ connectionString: own.url });
  await server.connect();
});
afterAll(async () => {
  await server.end();
  await database.close();
  await own.drop();
});

it('a transaction whose connection breaks fails, and none of the connections is missing afterwards', async () => {
  for (let time = 0; time < TIMES; time += 1) {
    const broken = database.transaction(async (em) => {
      const [row] = await em.execute<{ pid: number }[]>('select pg_backend_pid() as pid');
      await server.query('select pg_terminate_backend($1)', [row?.pid]);
      for (;;) await em.execute('select 1');
    });
    await expect(broken).rejects.toThrow(/connection|terminat/i);
  }
  const many = Array.from({ length: TIMES }, () => database.transaction((em) => em.execute('select 1')));
  expect(await Promise.all(many)).toHaveLength(TIMES);
});

it('a turn whose worker was frozen in a transaction is to be had once its lease has run out', async () => {
  const turn = await addTurnIn(database, await addSession(database), 'queued');
  const lease = required(await claimTurn(database, turn, 'frozen'), 'no lease');
  const other = await openDatabase(own.url);
  let wake = (): void => undefined;
  const asleep = new Promise<void>((resolve) => void (wake = resolve));
  const frozen = fenced(other, lease, async (em) => {
    await asleep;
    await em.execute('update turn set text = ? where id = ?', ['woken up', turn]);
  });
  frozen.catch(() => undefined);
  try {
    await expect.poll(() => claimTurn(database, turn, 'next')).toMatchObject({ epoch: 2 });
    wake();
    await expect(frozen).rejects.toBeInstanceOf(Error);
    const [row] = await database
      .em()
      .execute<{ text: string }[]>('select text from turn where id = ?', [turn]);
    expect(row?.text).not.toBe('woken up');
  } finally {
    wake();
    await other.close();
  }
});

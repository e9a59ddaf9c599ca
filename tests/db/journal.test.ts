// The journal's statement: entries and events together or not at all, and only while the lease holds.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageEntry } from '../../core/journal.ts';
import { LEASE_MS } from '../../core/limits.ts';
import { createLog } from '../../core/log.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { openJournal } from '../../db/log/journal.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn, type Lease } from '../../db/schema/lease.ts';
import { listen } from '../../db/transport/notify.ts';
import { offerSteering, takeSteering } from '../../db/turns/steering.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { addSession, addTurnIn, age } from './rows.ts';

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

async function newLease(): Promise<Lease> {
  const turn = await addTurnIn(database, await addSession(database), 'queued');
  return required(await claimTurn(database, turn, 'w'), 'no lease');
}

/** Whether somebody hears the hints of this database by now. */
const isListening = async (): Promise<boolean> => {
  const rows = await database
    .em()
    .execute<unknown[]>(
      `select 1 from pg_stat_activity where datname = current_database() and query like 'listen %' and state = 'idle'`,
    );
  return rows.length > 0;
};
const message = (text: string): MessageEntry => ({ kind: 'message', text });
const started = (summary: string) => ({ type: 'tool.started', tool: 'shell', summary }) as const;
const summaries = async (lease: Lease): Promise<readonly unknown[]> =>
  (await eventsOfTurn(database.em(), lease.turnId)).map(({ body }) => Reflect.get(body, 'summary'));

describe('the journal', () => {
  it('writes the events of a step with its entries, in their order, and hints at them', async () => {
    const hints: string[] = [];
    const listener = listen(own.url, (topic) => hints.push(topic), createLog({ level: 'error' }));
    const lease = await newLease();
    const journal = openJournal(database, lease, 0);
    await expect.poll(isListening, { timeout: 30_000 }).toBe(true);
    for (const summary of ['one', 'two', 'three']) await journal.report(started(summary));
    expect(await summaries(lease)).toEqual([]);
    await journal.append(0, [message('a'), message('b')]);
    expect(await summaries(lease)).toEqual(['one', 'two', 'three']);
    expect((await journal.load()).map(({ place, turnId, entry }) => [place, turnId, entry])).toEqual([
      [0, lease.turnId, message('a')],
      [1, lease.turnId, message('b')],
    ]);
    await expect.poll(() => hints, { timeout: 30_000 }).toContain('event');
    await listener.close();
  });

  it('writes events by itself when no step comes for a second, and at once when asked', async () => {
    const lease = await newLease();
    const journal = openJournal(database, lease, 0);
    await journal.report(started('slow'));
    await expect.poll(() => summaries(lease), { timeout: 30_000 }).toEqual(['slow']);
    await journal.report(started('last'));
    await journal.flush();
    expect(await summaries(lease)).toEqual(['slow', 'last']);
    await journal.flush();
    expect(await summaries(lease)).toHaveLength(2);
  });

  it('writes neither entries nor events where a place is taken', async () => {
    const lease = await newLease();
    const journal = openJournal(database, lease, 0);
    await journal.append(0, [message('a'), message('b')]);
    await journal.report(started('lost'));
    await expect(journal.append(1, [message('c'), message('d')])).rejects.toMatchObject({
      code: 'lease_lost',
    });
    expect(await summaries(lease)).toEqual([]);
    expect(await journal.load()).toHaveLength(2);
    // The event was not lost with the step that it came with.
    await journal.append(2, [message('e')]);
    expect(await summaries(lease)).toEqual(['lost']);
  });

  it('writes nothing for a worker that lost its lease, whether it appends or only reports', async () => {
    const lease = await newLease();
    const journal = openJournal(database, lease, 0);
    await age(database, lease.turnId, LEASE_MS + 1);
    await claimTurn(database, lease.turnId, 'next');
    await journal.report(started('late'));
    const gone = { code: 'lease_lost' };
    await expect(journal.flush()).rejects.toMatchObject(gone);
    await expect(journal.append(0, [message('late')])).rejects.toMatchObject(gone);
    expect(await journal.load()).toEqual([]);
    expect(await summaries(lease)).toEqual([]);
  });

  it('sees with a step whether people sent something to the turn', async () => {
    const lease = await newLease();
    const journal = openJournal(database, lease, 0);
    await journal.append(0, [message('a')]);
    expect(journal.isSteered()).toBe(false);
    const waiting = await addTurnIn(database, lease.sessionId, 'queued');
    expect(await database.transaction((em) => offerSteering(em, waiting, 'Mira'))).toBe('offered');
    await journal.append(1, [message('b')]);
    expect(journal.isSteered()).toBe(true);
    await takeSteering(database, lease);
    await journal.append(2, [message('c')]);
    expect(journal.isSteered()).toBe(false);
  });

  it('keeps text that is awkward for JSON and SQL as it is', async () => {
    const journal = openJournal(database, await newLease(), 0);
    const text = `'; drop table journal; -- ? ?? :x \\u0041 "quoted" \\\\ 🧵\n\t{}`;
    await journal.append(0, [message(text)]);
    expect((await journal.load())[0]?.entry).toEqual(message(text));
  });
});

// Who used how much: by session, person and repo, whatever became of the turns.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { usageBy } from '../../db/log/accounting.ts';
import { appendEvents } from '../../db/log/events.ts';
import { openJournal } from '../../db/log/journal.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn, type Lease } from '../../db/schema/lease.ts';
import { finishTurn } from '../../db/turns/turns.ts';
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

async function claim(turnId: string): Promise<Lease> {
  const lease = await claimTurn(database, turnId, 'w');
  if (lease === null) throw new Error('the turn is not to be had');
  return lease;
}

const usage = (inputTokens: number) => ({ inputTokens, cachedTokens: inputTokens / 2, outputTokens: 10 });
const response = (model: string, inputTokens: number) =>
  ({ kind: 'response', model, text: 'x', toolCalls: [], usage: usage(inputTokens) }) as const;

it('counts steps, summaries and reviews of finished, failed and running turns', async () => {
  const session = await addSession(database);
  const first = await addTurnIn(database, session, 'queued');
  const lease = await claim(first);
  const journal = openJournal(database, lease, 0);
  await journal.append(0, [
    { kind: 'message', text: 'do it' },
    response('big', 1000),
    response('small', 100),
  ]);
  await journal.append(3, [{ kind: 'compaction', text: 's', messages: [], keeps: 0, usage: usage(500) }]);
  const review = { verdict: 'pass', findings: [], reasons: [], model: 'judge' } as const;
  await database.transaction((em) =>
    appendEvents(em, session, first, [{ type: 'review.finished', review, round: 0, usage: usage(40) }]),
  );
  const failure = { code: 'internal', message: 'It broke.', advice: 'Try again.' } as const;
  await finishTurn(database, lease, { state: 'failed', failure });
  const second = await addTurnIn(database, session, 'queued');
  const next = await claim(second);
  await openJournal(database, next, 0).append(4, [response('big', 2000)]);

  const bySession = await usageBy(database.em(), 'session', new Date(0));
  expect(
    bySession.map(({ key, model, turns, steps, inputTokens }) => [key, model, turns, steps, inputTokens]),
  ).toEqual([
    [session, 'big', 2, 2, 3000],
    [session, 'summaries', 1, 0, 500],
    [session, 'small', 1, 1, 100],
    [session, 'judge', 1, 0, 40],
  ]);
  expect(bySession[0]).toMatchObject({ cachedTokens: 1500, outputTokens: 20 });
  expect((await usageBy(database.em(), 'repo', new Date(0))).map(({ key }) => key)).toEqual(
    Array(4).fill('shop'),
  );
  const byPerson = await usageBy(database.em(), 'person', new Date(0));
  expect(byPerson[0]?.key).toBe('U0MIRA0001 Mira Okafor');
  expect(await usageBy(database.em(), 'repo', new Date(Date.now() + 60_000))).toEqual([]);
});

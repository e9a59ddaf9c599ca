// Who has a turn, and what a worker that lost it can still do: nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../core/limits.ts';
import { createLog } from '../../core/log.ts';
import { type OpenTurnState, turnDeadlines } from '../../core/turn.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { openJournal } from '../../db/log/journal.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn, connectionNameOf, type Lease, renewLease } from '../../db/schema/lease.ts';
import { listen } from '../../db/transport/notify.ts';
import { markSent, unsentHandovers } from '../../db/transport/outbox.ts';
import { reconcile } from '../../db/turns/reconciler.ts';
import { finishTurn, requestStop, waitForAnswer } from '../../db/turns/turns.ts';
import { leaveToOthers, offerAgain } from '../../db/turns/workers.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { addSession, addTurnIn, age, stateOf } from './rows.ts';

const FAILURE = { code: 'internal', message: 'It broke.', advice: 'Try again.' } as const;

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

async function queuedTurn(): Promise<string> {
  return addTurnIn(database, await addSession(database), 'queued');
}

/** Takes all hand-overs away, as the relay would, and gives their turns. */
async function drain(): Promise<readonly string[]> {
  const found = await unsentHandovers(database.em(), 1000);
  for (const handover of found) await markSent(database.em(), handover);
  return found.map((handover) => handover.turnId);
}

describe('a lease', () => {
  it('goes to one of many workers that want the same turn', async () => {
    const turn = await queuedTurn();
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) => claimTurn(database, turn, `w${index}`)),
    );
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  it('is left to the other workers that are connected, and taken back where none of them takes the turn', async () => {
    const log = createLog({ level: 'error' });
    const turn = await queuedTurn();
    const claim = async (owner: string): Promise<Lease> =>
      required(await claimTurn(database, turn, owner), `${owner} has no lease`);
    const first = await claim('first');
    expect(await leaveToOthers(database, first, 'The engine is away.')).toBe(false);
    const names = ['first', 'second'].map(connectionNameOf);
    const connections = names.map((name) => listen(own.url, () => {}, log, name));
    await expect
      .poll(() => leaveToOthers(database, first, 'The engine is away.'), { timeout: 30_000 })
      .toBe(true);
    expect(await drain()).toContain(turn);

    expect(await claimTurn(database, turn, 'first')).toBeNull();
    await offerAgain(database, turn, 'first');
    expect(await drain()).toEqual([turn]);
    await offerAgain(database, turn, 'second');
    expect(await drain()).toEqual([]);
    const second = await claim('second');
    await expect(renewLease(database, first)).rejects.toMatchObject({ code: 'lease_lost' });
    // All of them have been asked.
    expect(await leaveToOthers(database, second, 'The engine is away.')).toBe(false);

    const third = listen(own.url, () => {}, log, connectionNameOf('third'));
    await expect
      .poll(() => leaveToOthers(database, second, 'The engine is away.'), { timeout: 30_000 })
      .toBe(true);
    await Promise.all([...connections, third].map((connection) => connection.close()));
    expect(await claimTurn(database, turn, 'second')).toBeNull();
    await age(database, turn, 61_000);
    expect(await leaveToOthers(database, await claim('first'), 'The engine is away.')).toBe(false);
    const told = (await eventsOfTurn(database.em(), turn)).map(({ body }) =>
      'detail' in body ? body.detail : '',
    );
    expect(told).toEqual(Array(2).fill('The engine is away. Another worker goes on with it.'));
  });

  it('is not given on a turn while an earlier one of its session is open', async () => {
    const session = await addSession(database);
    const first = await addTurnIn(database, session, 'queued');
    const second = await addTurnIn(database, session, 'queued');
    expect(await claimTurn(database, second, 'w')).toBeNull();
    const lease = await claimTurn(database, first, 'w');
    expect(await claimTurn(database, second, 'w')).toBeNull();
    await drain();
    await finishTurn(database, required(lease, 'no lease'), { state: 'failed', failure: FAILURE });
    expect(await drain()).toEqual([second]);
    expect(await claimTurn(database, second, 'w')).not.toBeNull();
  });

  it('that ran out goes to the next worker, and the first one can write nothing any more', async () => {
    const turn = await queuedTurn();
    const lost = required(await claimTurn(database, turn, 'frozen'), 'no lease');
    expect(await claimTurn(database, turn, 'next')).toBeNull();
    await age(database, turn, LEASE_MS + 1);
    const lease = required(await claimTurn(database, turn, 'next'), 'no lease');
    expect(lease.epoch).toBe(lost.epoch + 1);
    const gone = { code: 'lease_lost' };
    await expect(renewLease(database, lost)).rejects.toMatchObject(gone);
    await expect(
      openJournal(database, lost, 0).append(0, [{ kind: 'message', text: 'late' }]),
    ).rejects.toMatchObject(gone);
    await expect(finishTurn(database, lost, { state: 'failed', failure: FAILURE })).rejects.toMatchObject(
      gone,
    );
    await expect(
      waitForAnswer(database, lost, { question: 'q', options: [], callId: 'c' }),
    ).rejects.toMatchObject(gone);
    expect(await stateOf(database, turn)).toBe('running');
    expect(await eventsOfTurn(database.em(), turn)).toEqual([]);
  });

  it('keeps the journal in order and takes each place once', async () => {
    const turn = await queuedTurn();
    const lease = required(await claimTurn(database, turn, 'w'), 'no lease');
    const journal = openJournal(database, lease, 0);
    await journal.append(0, [
      { kind: 'message', text: 'a' },
      { kind: 'message', text: 'b' },
    ]);
    await expect(journal.append(1, [{ kind: 'message', text: 'c' }])).rejects.toMatchObject({
      code: 'lease_lost',
    });
    expect((await journal.load()).map(({ place, entry }) => [place, entry])).toEqual([
      [0, { kind: 'message', text: 'a' }],
      [1, { kind: 'message', text: 'b' }],
    ]);
  });

  it('says who asked to stop', async () => {
    const turn = await queuedTurn();
    const lease = required(await claimTurn(database, turn, 'w'), 'no lease');
    expect(await renewLease(database, lease)).toEqual({ stopRequestedBy: null });
    expect(await requestStop(database.em(), turn, 'Mira')).toBe(true);
    expect(await requestStop(database.em(), turn, 'Jonas')).toBe(true);
    expect(await renewLease(database, lease)).toEqual({ stopRequestedBy: 'Mira' });
  });
});

describe('the reconciler', () => {
  it('hands a turn over again that the queue lost', async () => {
    const turn = await queuedTurn();
    await drain();
    expect((await reconcile(database)).handedOver).not.toContain(turn);
    await age(database, turn, 11_000);
    expect((await reconcile(database)).handedOver).toContain(turn);
    expect(await drain()).toContain(turn);
  });

  it('hands a turn over again whose worker died', async () => {
    const turn = await queuedTurn();
    await claimTurn(database, turn, 'dead');
    await age(database, turn, LEASE_MS + 1);
    expect((await reconcile(database)).handedOver).toContain(turn);
    expect(await drain()).toContain(turn);
    expect(await claimTurn(database, turn, 'next')).not.toBeNull();
  });

  it('takes up an admission that was cut short', async () => {
    const turn = await addTurnIn(database, await addSession(database), 'received');
    await age(database, turn, 11_000);
    await reconcile(database);
    const found = (await unsentHandovers(database.em(), 1000)).find((handover) => handover.turnId === turn);
    expect(found?.topic).toBe('admit');
    await drain();
  });

  it.each(Object.keys(turnDeadlines) as OpenTurnState[])(
    'ends a turn that stays %s beyond its deadline',
    async (state) => {
      const turn = await addTurnIn(database, await addSession(database), state);
      const { afterMs, exit } = turnDeadlines[state];
      await age(database, turn, afterMs - 60_000);
      expect((await reconcile(database)).expired).not.toContain(turn);
      await age(database, turn, 61_000);
      expect((await reconcile(database)).expired).toContain(turn);
      expect(await stateOf(database, turn)).toBe(exit);
      const last = (await eventsOfTurn(database.em(), turn)).at(-1);
      expect(last?.body.type).toBe(exit === 'failed' ? 'turn.failed' : 'turn.stopped');
      await drain();
    },
  );
});

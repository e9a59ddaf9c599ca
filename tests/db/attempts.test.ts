// Attempts as rows: begun, claimed side by side, over, chosen, dropped, whoever is faster.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownerOfSandbox, sandboxKey } from '../../core/attempt.ts';
import type { AnswerResult } from '../../core/result.ts';
import type { Person } from '../../core/turn.ts';
import { Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { loadJournal, openJournal } from '../../db/log/journal.ts';
import { promptersOf } from '../../db/log/prompters.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn, type Lease, renewLease } from '../../db/schema/lease.ts';
import { attemptOfTurn, droppedAttempts, markRemoved, startAttempts } from '../../db/turns/attempts.ts';
import { chooseAttempt } from '../../db/turns/choice.ts';
import { reconcile } from '../../db/turns/reconciler.ts';
import { addTurn, lockSession } from '../../db/turns/requests.ts';
import { offerSteering, takeSteering } from '../../db/turns/steering.ts';
import { answerWaiting, finishTurn, stopTurn, turnsAhead } from '../../db/turns/turns.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { addSession, age, stateOf } from './rows.ts';

const MIRA = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
const ADA = { id: 'U0ADA00001', name: 'Ada Lund', email: null };
const DAY_MS = 24 * 3_600_000;

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

interface Begun {
  readonly sessionId: string;
  readonly parentId: string;
  readonly attempts: readonly string[];
}

async function ask(
  sessionId: string,
  text: string,
  details: TurnDetails = {},
  requester: Person = MIRA,
): Promise<string> {
  return database.transaction(async (em) => {
    const session = required(await lockSession(em, sessionId), 'no session');
    const turn = { kind: 'follow_up', state: 'queued', text, requester, messageTs: null } as const;
    return addTurn(em, session, { ...turn, details });
  });
}

async function claim(turnId: string, owner = 'one'): Promise<Lease> {
  return required(await claimTurn(database, turnId, owner), `turn ${turnId} is not to be had`);
}

async function begin(sessionId?: string, fromPlace = 0): Promise<Begun> {
  const session = sessionId ?? (await addSession(database));
  const parentId = await ask(session, 'fix it', { attempts: 3, thread: [{ name: 'Ada', text: 'it broke' }] });
  const { attempt } = await database.em().findOneOrFail(Session, { id: session });
  await startAttempts(
    database,
    await claim(parentId),
    { fromNumber: attempt, fromPlace, base: 'b'.repeat(40), head: null },
    ['simplest', 'thorough', 'different'],
    null,
  );
  const rows = await database
    .em()
    .execute<{ turn_id: string }[]>('select turn_id from attempt where parent_id = ? order by number', [
      parentId,
    ]);
  return { sessionId: session, parentId, attempts: rows.map(({ turn_id }) => turn_id) };
}

function answer(text: string, amount = 0.25): AnswerResult {
  const cost = { amount, currency: 'USD' };
  const usage = { model: 'm', steps: 4, inputTokens: 100, cachedTokens: 50, outputTokens: 10 };
  return { kind: 'answer', text, repo: 'shop', usage: { ...usage, durationMs: 1_000, cost } };
}

async function finish(turnId: string, text = 'done'): Promise<void> {
  await finishTurn(database, await claim(turnId), { state: 'done', result: answer(text) });
}

async function fail(turnId: string, message: string): Promise<void> {
  const failure = { code: 'internal', message, advice: 'Try again.' } as const;
  await finishTurn(database, await claim(turnId), { state: 'failed', failure });
}

function choose(begun: Begun, place: number, by = MIRA.id) {
  return database.transaction(async (em) => {
    await lockSession(em, begun.sessionId);
    return chooseAttempt(em, begun.parentId, place, by);
  });
}

function states(begun: Begun): Promise<string[]> {
  return Promise.all([begun.parentId, ...begun.attempts].map((id) => stateOf(database, id)));
}

describe('attempts', () => {
  it('are turns that several workers take at once, while what was asked later waits', async () => {
    const begun = await begin();
    const later = await ask(begun.sessionId, 'and then this');
    const owners = await Promise.all(
      begun.attempts.map((id, index) => claimTurn(database, id, `worker-${index}`)),
    );
    expect(owners.map((lease) => lease?.owner)).toEqual(['worker-0', 'worker-1', 'worker-2']);
    expect(await claimTurn(database, begun.parentId, 'two')).toBeNull();
    expect(await claimTurn(database, later, 'two')).toBeNull();
    const waiting = await database.em().findOneOrFail(Turn, { id: later });
    expect(await turnsAhead(database.em(), waiting)).toBe(1);
    const child = await database.em().findOneOrFail(Turn, { id: required(begun.attempts[1], 'none') });
    expect(child).toMatchObject({ text: 'fix it', requester: MIRA });
    expect(child.details).toEqual({ thread: [{ name: 'Ada', text: 'it broke' }] });
  });

  it('are begun once: a late heartbeat of the worker that began them brings nothing back', async () => {
    const sessionId = await addSession(database);
    const lease = await claim(await ask(sessionId, 'fix it', { attempts: 2 }));
    const start = { fromNumber: 0, fromPlace: 0, base: 'b'.repeat(40), head: null };
    await startAttempts(database, lease, start, ['simplest', 'thorough'], null);
    await expect(renewLease(database, lease)).rejects.toMatchObject({ code: 'lease_lost' });
    await expect(startAttempts(database, lease, start, ['simplest'], null)).rejects.toMatchObject({
      code: 'lease_lost',
    });
    await age(database, lease.turnId, 60_000);
    expect(await claimTurn(database, lease.turnId, 'two')).toBeNull();
  });

  it('wait for a choice once the last one is over, whichever that is, and the first choice counts', async () => {
    const begun = await begin();
    const later = await ask(begun.sessionId, 'and then this');
    const [one, two, three] = await Promise.all(begun.attempts.map((id) => claim(id)));
    await Promise.all(
      [one, two].map((lease) =>
        finishTurn(database, required(lease, 'none'), { state: 'done', result: answer('fine') }),
      ),
    );
    expect(await states(begun)).toEqual(['running', 'done', 'done', 'running']);
    const failure = { code: 'internal', message: 'It broke.', advice: 'Try again.' } as const;
    await finishTurn(database, required(three, 'none'), { state: 'failed', failure });
    expect(await states(begun)).toEqual(['waiting', 'done', 'done', 'failed']);
    expect(await choose(begun, 3)).toBe('no_result');
    expect(await choose(begun, 9)).toBe('no_result');

    const clicks = await Promise.all([choose(begun, 2, 'U0ADA00001'), choose(begun, 1), choose(begun, 2)]);
    expect(clicks.toSorted()).toEqual(['chosen', 'over', 'over']);
    const parent = await database.em().findOneOrFail(Turn, { id: begun.parentId });
    const place = clicks.indexOf('chosen') === 1 ? 1 : 2;
    expect(parent.result).toMatchObject({ kind: 'answer', chosen: { place, of: 3 } });
    expect(parent.result).toMatchObject({ usage: { steps: 8, inputTokens: 200, cost: { amount: 0.5 } } });
    const session = await database.em().findOneOrFail(Session, { id: begun.sessionId });
    const number = required(
      await attemptOfTurn(database.em(), required(begun.attempts[place - 1], 'none')),
      'none',
    ).number;
    expect(session).toMatchObject({ attempt: number, branch: `threadsmith/${session.id}-attempt-${number}` });
    await claim(later);
  });

  it('that were not chosen are dropped, and so is the one that the session had before', async () => {
    const begun = await begin();
    for (const id of begun.attempts) await finish(id);
    await choose(begun, 3);
    const dropped = async () =>
      (await droppedAttempts(database.em(), 100)).filter(({ sessionId }) => sessionId === begun.sessionId);
    expect((await dropped()).map(({ number }) => number).toSorted((one, other) => one - other)).toEqual([
      0, 1, 2,
    ]);
    for (const each of await dropped()) await markRemoved(database.em(), each);
    expect(await dropped()).toEqual([]);

    const again = await begin(begun.sessionId);
    for (const id of again.attempts) await finish(id);
    expect(await dropped()).toEqual([]);
    await choose(again, 1);
    expect((await dropped()).map(({ number }) => number).toSorted((one, other) => one - other)).toEqual([
      3, 5, 6,
    ]);
  });

  it('fail their turn only where none of them came to a result', async () => {
    const begun = await begin();
    for (const id of begun.attempts) await fail(id, `${id} broke.`);
    const parent = await database.em().findOneOrFail(Turn, { id: begun.parentId });
    expect(parent.state).toBe('failed');
    expect(parent.failure?.message).toBe(
      `None of the 3 attempts came to a result. ${begun.attempts[0]} broke.`,
    );
    const session = await database.em().findOneOrFail(Session, { id: begun.sessionId });
    expect(session.attempt).toBe(0);
    expect(
      (await droppedAttempts(database.em(), 100)).filter(({ sessionId }) => sessionId === session.id),
    ).toHaveLength(3);
  });

  it('are all stopped by one stop: those at work by their heartbeat, the others at once', async () => {
    const begun = await begin();
    const [first = ''] = begun.attempts;
    const lease = await claim(first);
    await database.transaction((em) => stopTurn(em, begun.parentId, 'U0ADA00001'));
    expect(await states(begun)).toEqual(['running', 'running', 'stopped', 'stopped']);
    expect(await renewLease(database, lease)).toEqual({ stopRequestedBy: 'U0ADA00001' });
    await finishTurn(database, lease, { state: 'stopped', by: 'U0ADA00001', leaves: '' });
    expect(await states(begun)).toEqual(['stopped', 'stopped', 'stopped', 'stopped']);
  });

  it('that were finished before a stop can still be chosen, or none of them', async () => {
    const begun = await begin();
    const [first = ''] = begun.attempts;
    await finish(first);
    await database.transaction((em) => stopTurn(em, begun.parentId, MIRA.id));
    expect(await states(begun)).toEqual(['waiting', 'done', 'stopped', 'stopped']);
    await database.transaction((em) => stopTurn(em, begun.parentId, MIRA.id));
    expect((await states(begun))[0]).toBe('stopped');
    expect(await choose(begun, 1)).toBe('over');
  });

  it('stopping while the last one ends never hangs', async () => {
    for (let round = 0; round < 10; round += 1) {
      const begun = await begin();
      const leases = await Promise.all(begun.attempts.map((id) => claim(id)));
      await Promise.all([
        ...leases.map((lease) => finishTurn(database, lease, { state: 'done', result: answer('x') })),
        database.transaction((em) => stopTurn(em, begun.parentId, MIRA.id)),
      ]);
      expect(['waiting', 'stopped']).toContain((await states(begun))[0]);
    }
  });

  it('whose worker died are handed over again, and their turn keeps waiting for them', async () => {
    const begun = await begin();
    const [first = ''] = begun.attempts;
    await claim(first);
    await database.em().execute('update outbox set sent_at = now()');
    for (const id of begun.attempts) await age(database, id, 60_000);
    await age(database, begun.parentId, 3 * DAY_MS);
    const { handedOver, expired } = await reconcile(database);
    expect(begun.attempts.every((id) => handedOver.includes(id))).toBe(true);
    expect(expired).not.toContain(begun.parentId);
    expect((await claim(first, 'two')).epoch).toBe(2);
  });

  it('among which nobody chooses are given up in the end', async () => {
    const begun = await begin();
    for (const id of begun.attempts) await finish(id);
    await age(database, begun.parentId, 8 * DAY_MS);
    expect((await reconcile(database)).expired).toContain(begun.parentId);
    expect((await states(begun))[0]).toBe('stopped');
  });

  it('are no question: a word to the session does not answer them', async () => {
    const begun = await begin();
    for (const id of begun.attempts) await finish(id);
    const answered = await database.transaction((em) =>
      answerWaiting(em, begun.sessionId, { text: 'blue', by: MIRA.id }),
    );
    expect(answered).toBe(false);
    expect((await states(begun))[0]).toBe('waiting');
  });

  it('of which the chosen one was over when words came leave those waiting again', async () => {
    const begun = await begin();
    const [first = '', second = '', third = ''] = begun.attempts;
    await finish(first);
    const later = await ask(begun.sessionId, 'and make it blue', {}, ADA);
    expect(await database.transaction((em) => offerSteering(em, later, MIRA.id))).toBe('offered');
    const leases = [await claim(second), await claim(third)];
    for (const lease of leases) {
      expect(await takeSteering(database, lease)).toHaveLength(1);
      await finishTurn(database, lease, { state: 'done', result: answer('blue') });
    }
    expect(await stateOf(database, later)).toBe('done');
    await choose(begun, 1);
    expect(await stateOf(database, later)).toBe('queued');
    expect((await claim(later)).turnId).toBe(later);
    const { position } = await database.em().findOneOrFail(Turn, { id: begun.parentId });
    const prompters = await promptersOf(database.em(), begun.sessionId, position);
    expect(prompters.map(({ id }) => id)).toEqual([MIRA.id]);

    const other = await begin();
    const read = await ask(other.sessionId, 'and make it red');
    await database.transaction((em) => offerSteering(em, read, MIRA.id));
    for (const id of other.attempts) {
      const lease = await claim(id);
      await takeSteering(database, lease);
      await finishTurn(database, lease, { state: 'done', result: answer('red') });
    }
    await choose(other, 2);
    expect(await stateOf(database, read)).toBe('done');
  });

  it('are all steered by what is sent now, and the message is taken up once', async () => {
    const begun = await begin();
    const later = await ask(begun.sessionId, 'and make it blue', {}, ADA);
    const waiting = await ask(begun.sessionId, 'and then another thing', {}, { ...ADA, id: 'U0LATER001' });
    const [one, two] = await Promise.all(begun.attempts.slice(0, 2).map((id) => claim(id)));
    expect(await database.transaction((em) => offerSteering(em, later, MIRA.id))).toBe('offered');
    const texts = [];
    for (const lease of [one, two, await claim(required(begun.attempts[2], 'none'))])
      texts.push((await takeSteering(database, required(lease, 'none'))).map(({ text }) => text));
    expect(texts).toEqual(Array(3).fill(['and make it blue']));
    const events = await eventsOfTurn(database.em(), later);
    expect(events.filter(({ body }) => body.type === 'turn.taken_up')).toHaveLength(1);
    expect(await stateOf(database, later)).toBe('done');
    expect(await stateOf(database, waiting)).toBe('queued');
    const asked = (await attemptOfTurn(database.em(), required(begun.attempts[0], 'none')))?.askedAt ?? -1;
    const prompters = await promptersOf(database.em(), begun.sessionId, asked);
    expect(prompters.map(({ id }) => id)).toEqual([MIRA.id, ADA.id]);
  });
});

it('an attempt reads the conversation that it goes on from, and the one chosen is read on', async () => {
  const sessionId = await addSession(database);
  const say = async (turnId: string, attempt: number, place: number, text: string) => {
    const lease = await claim(turnId);
    await openJournal(database, lease, attempt).append(place, [{ kind: 'message', text }]);
    await finishTurn(database, lease, { state: 'done', result: answer(text) });
  };
  const read = async (attempt: number) =>
    (await loadJournal(database.em(), sessionId, attempt)).map(({ place, entry }) =>
      entry.kind === 'message' ? `${place} ${entry.text}` : place,
    );
  await say(await ask(sessionId, 'a'), 0, 0, 'asked');
  await say(await ask(sessionId, 'b'), 0, 1, 'asked again');
  const begun = await begin(sessionId, 1);
  for (const [index, id] of begun.attempts.entries()) await say(id, index + 1, 1, `way ${index + 1}`);
  await choose(begun, 2);
  await say(await ask(sessionId, 'c'), 2, 2, 'follow-up');
  expect(await read(0)).toEqual(['0 asked', '1 asked again']);
  expect(await read(1)).toEqual(['0 asked', '1 way 1']);
  expect(await read(2)).toEqual(['0 asked', '1 way 2', '2 follow-up']);
  const deeper = await begin(sessionId, 2);
  await say(required(deeper.attempts[0], 'none'), 4, 2, 'yet another way');
  expect(await read(4)).toEqual(['0 asked', '1 way 2', '2 yet another way']);
  expect(await read(2_000_000_000_123)).toEqual([]);
});

it('the key of a sandbox says whose it is', () => {
  const sessionId = randomUUID();
  for (const attempt of [0, 1, 12])
    expect(ownerOfSandbox(sandboxKey(sessionId, attempt))).toEqual({ sessionId, attempt });
});

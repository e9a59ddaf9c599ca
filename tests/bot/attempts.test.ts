// Several attempts in the thread: the cards, who may choose, who was first, and what a reply means meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION } from '../../blocks/parts/actions.ts';
import type { StartedAttempt } from '../../core/attempt.ts';
import type { Lease } from '../../db/schema/lease.ts';
import { startAttempts } from '../../db/turns/attempts.ts';
import type { Json } from '../playground/slack-setup.ts';
import { required } from '../required.ts';
import { actionsOf, JONAS, LEE, MIRA, SANA, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const BASE = '0'.repeat(40);
const CHOOSE = /^threadsmith\.attempt\./;

interface Begun {
  readonly root: string;
  readonly parentId: string;
  readonly leases: readonly Lease[];
}

describe('attempts', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    stage = await Stage.start({
      config: {
        repos: [{ name: 'bakery', url: './bakery', channels: ['shop'] }],
        people: { start: [MIRA, JONAS, LEE], approve: [MIRA], merge: [MIRA] },
        approvals: { own: true },
      },
    });
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<{ id: string; kind: string; state: string; text: string; details: Json }>(
      `select turn.* from turn join session on session.id = session_id where thread_ts = ? order by position`,
      [root],
    );
  const turnWith = (root: string, state: string, place = 0) =>
    until(async () => {
      const turn = (await turnsOf(root)).filter(({ kind }) => kind !== 'attempt')[place];
      return turn?.state === state && turn;
    });
  /** What the worker does with a request for several attempts. */
  const begin = async (root: string, place = 0, candidate: string | null = null): Promise<Begun> => {
    const { id: parentId, details } = await turnWith(root, 'queued', place);
    const approaches = (['simplest', 'thorough', 'different', 'maintainer'] as const).slice(
      0,
      Number(details['attempts']),
    );
    const start = { fromNumber: 0, fromPlace: 0, base: BASE, head: null };
    await startAttempts(stage.database, await worker.claim(parentId), start, approaches, candidate);
    const ids = await stage.rows<{ turn_id: string }>(
      'select turn_id from attempt where parent_id = ? order by number',
      [parentId],
    );
    const leases: Lease[] = [];
    for (const { turn_id } of ids) leases.push(await worker.claim(turn_id));
    return { root, parentId, leases };
  };
  const finish = async ({ leases }: Begun, screenshots = false): Promise<void> => {
    for (const [index, lease] of leases.entries())
      await worker.finishAttempt(lease, { commit: String(index + 1).repeat(40), screenshots });
  };
  const asked = async (text: string): Promise<Begun> => begin(await stage.slack.say(text));
  const messageWith = (root: string, action: string | RegExp) =>
    until(async () =>
      (await stage.replies(root)).find((message) =>
        actionsOf(message).some((id) => (typeof action === 'string' ? id === action : action.test(id))),
      ),
    );
  const shown = (root: string, words: RegExp) =>
    until(async () => (await stage.replies(root)).find(({ text }) => words.test(String(text))));

  it('are shown in one message from the first step to the merge', async () => {
    const begun = await asked('@threadsmith ×3 fix the total');
    await worker.report(required(begun.leases[1], 'none'), {
      type: 'tool.started',
      tool: 'shell',
      summary: 'npm test',
    });
    const working = await shown(begun.root, /The most thorough one: npm test/);
    expect(String(working['text'])).toMatch(/Trying 3 ways/);
    expect(actionsOf(working)).toEqual([ACTION.stop]);

    await finish(begun, true);
    const choice = await messageWith(begun.root, CHOOSE);
    expect(choice['ts']).toBe(working['ts']);
    expect(JSON.stringify(choice['blocks'])).toMatch(/"type":"carousel".*"hero_image".*"slack_file"/);
    expect(actionsOf(choice)).not.toContain(ACTION.approve);

    await stage.click(JONAS, choice, 'threadsmith.attempt.2');
    const result = await messageWith(begun.root, ACTION.approve);
    expect(result['ts']).toBe(working['ts']);
    expect(JSON.stringify(result['blocks'])).toMatch(/Chosen by.*attempt 2 of 3/);
    // All three used this much.
    expect(JSON.stringify(result['blocks'])).toContain('9 steps');
    await stage.click(MIRA, result, ACTION.approve);
    await turnWith(begun.root, 'queued', 1);
  });

  it('are chosen by whoever may start work, the first click counts, and an old button says so', async () => {
    const begun = await asked('@threadsmith x2 fix the total');
    await finish(begun);
    const choice = await messageWith(begun.root, CHOOSE);
    await stage.click(SANA, choice, 'threadsmith.attempt.1');
    const refused = await until(async () => (await stage.whispers(SANA, begun.root)).at(-1));
    expect(refused).toMatch(/may/);
    expect((await turnWith(begun.root, 'waiting')).id).toBe(begun.parentId);
    await Promise.all([
      stage.click(JONAS, choice, 'threadsmith.attempt.1'),
      stage.click(LEE, choice, 'threadsmith.attempt.2'),
    ]);
    await turnWith(begun.root, 'done');
    const told = await until(async () => {
      const lines = [
        ...(await stage.whispers(JONAS, begun.root)),
        ...(await stage.whispers(LEE, begun.root)),
      ];
      return lines.length > 0 && lines;
    });
    // Whoever has to click twice is told twice.
    expect([...new Set(told)]).toEqual([expect.stringMatching(/chose attempt [12]/)]);
  });

  it('are chosen by a reply with a number; other replies wait until then', async () => {
    const begun = await asked('@threadsmith fix the total, 2 ways');
    await finish(begun);
    await messageWith(begun.root, CHOOSE);
    await stage.slack.say('and round the prices', { user: MIRA, thread_ts: begun.root });
    await turnWith(begun.root, 'queued', 1);
    await shown(begun.root, /1 request of this thread comes first/);
    await stage.slack.say('take 2', { user: JONAS, thread_ts: begun.root });
    await turnWith(begun.root, 'done');
    const [session] = await stage.rows<{ attempt: number }>(
      'select attempt from session where thread_ts = ?',
      [begun.root],
    );
    expect(session?.attempt).toBe(2);
    await worker.claim((await turnWith(begun.root, 'queued', 1)).id);
  });

  it('are all given up by one button', async () => {
    const begun = await asked('@threadsmith ×2 fix the total');
    await finish(begun);
    await stage.click(MIRA, await messageWith(begun.root, CHOOSE), ACTION.stop);
    await shown(begun.root, /Stopped by.*as it was before/s);
    expect((await turnsOf(begun.root))[0]?.state).toBe('stopped');
  });

  it('of a finished result are asked for once, and hold its decision until one is chosen', async () => {
    const root = await stage.slack.say('@threadsmith fix the total');
    const first = await turnWith(root, 'queued');
    await worker.finishChange(await worker.claim(first.id), { commit: 'a'.repeat(40) });
    const result = await messageWith(root, ACTION.tryWays);
    await Promise.all([
      stage.click(MIRA, result, ACTION.tryWays),
      stage.click(JONAS, result, ACTION.tryWays),
    ]);
    const tries = await turnWith(root, 'queued', 1);
    expect(tries).toMatchObject({ text: first.text, details: { attempts: 3, tries: first.id } });
    expect(await turnsOf(root)).toHaveLength(2);
    await shown(root, /Other ways of doing this are being tried/);
    const begun = await begin(root, 1, first.id);
    const started: readonly StartedAttempt[] = (
      await stage.rows<{ body: { attempts: StartedAttempt[] } }>(
        `select body from event where turn_id = ? and body->>'type' = 'attempts.started'`,
        [begun.parentId],
      )
    ).flatMap(({ body }) => body.attempts);
    expect(started.map(({ approach }) => approach)).toEqual([null, 'simplest', 'thorough', 'different']);
    await finish(begun);
    const choice = await messageWith(root, CHOOSE);
    expect(String(choice['text'])).toMatch(/1 · The result so far/);
    await stage.click(MIRA, choice, 'threadsmith.attempt.1');
    await shown(root, /kept the result that was there before/);
    expect((await messageWith(root, ACTION.approve))['ts']).toBe(result['ts']);
  });
});

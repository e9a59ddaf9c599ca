// A click whose answer Slack never saw: the person is warned, does it again, and nothing happens twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION, PLAN_INPUT, SHORTCUT, START_INPUT } from '../../blocks/parts/actions.ts';
import type { TurnDetails } from '../../db/entities/session.ts';
import { proposePlan } from '../../db/turns/plans.ts';
import type { Json } from '../playground/slack-setup.ts';
import { required } from '../required.ts';
import { actionsOf, findAction, JONAS, MIRA, SANA, SHOP, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

interface TurnRow {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly details: TurnDetails;
}
const isQueued = ({ state }: TurnRow) => state === 'queued';

describe.each([
  { mode: 'socket', fault: 'socket_disconnect' },
  { mode: 'http', fault: 'answer_lost' },
] as const)('a click whose answer is lost over $mode', ({ mode, fault }) => {
  let stage: Stage;
  let worker: WorkerHand;
  beforeAll(async () => {
    stage = await Stage.start({ mode });
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<TurnRow>(
      `select turn.* from turn join session on session.id = session_id where thread_ts = ? order by position`,
      [root],
    );
  const played = async (): Promise<string> => {
    const root = await stage.slack.say('@threadsmith fix the total');
    const turn = await until(async () => {
      const [first] = await turnsOf(root);
      return first?.state === 'queued' && first;
    });
    await worker.finishChange(await worker.claim(turn.id), { commit: 'a'.repeat(40) });
    return root;
  };
  const withButton = (root: string, action: string) =>
    until(async () => (await stage.replies(root)).find((message) => actionsOf(message).includes(action)));
  const lost = () => stage.fault({ kind: fault, method: 'interactive' });
  /** The first time without an answer, as Slack says itself; the second time as a person does it. */
  const clickTwice = async (user: string, message: Json, action: string): Promise<void> => {
    await lost();
    const action_id = findAction(message, action);
    const click = { user, channel: SHOP, ts: message['ts'], action_id, seen: message['blocks'] };
    const first = await stage.slack.control('actions', click);
    expect(first).toMatchObject({ acked: false, reason: 'connection_failed' });
    expect(await stage.click(user, message, action)).toMatchObject({ acked: true });
  };

  it('approves once, and says nothing to whoever clicked', async () => {
    const root = await played();
    await clickTwice(JONAS, await withButton(root, ACTION.approve), ACTION.approve);
    const [merge, ...more] = (await turnsOf(root)).filter(({ kind }) => kind === 'merge');
    expect(more).toEqual([]);
    await worker.fail(await worker.claim(required(merge, 'no merge').id), 'merge_conflict');
    await until(async () =>
      (await stage.replies(root)).some(({ text }) => String(text).includes('merge_conflict')),
    );
    // The line for somebody else comes after any that there was for Jonas.
    await stage.click(SANA, await withButton(root, ACTION.approve), ACTION.approve);
    await until(async () => (await stage.whispers(SANA, root)).length > 0);
    expect(await stage.whispers(JONAS, root)).toEqual([]);
  });

  it('undoes a discard once, without being told that it is too late', async () => {
    const root = await played();
    await stage.click(MIRA, await withButton(root, ACTION.discard), ACTION.discard);
    await clickTwice(MIRA, await withButton(root, ACTION.undoDiscard), ACTION.undoDiscard);
    await withButton(root, ACTION.approve);
    await stage.click(SANA, await withButton(root, ACTION.approve), ACTION.approve);
    await until(async () => (await stage.whispers(SANA, root)).length > 0);
    expect(await stage.whispers(MIRA, root)).toEqual([]);
  });

  it('tells whoever may not, without a second click', async () => {
    const root = await played();
    const message = await withButton(root, ACTION.approve);
    // It takes the app a second to be connected again, so that its own acknowledgement fails as well.
    await stage.fault({ kind: 'rate_limited', method: 'apps.connections.open', retry_after: 1 });
    await lost();
    const action_id = findAction(message, ACTION.approve);
    const click = { user: SANA, channel: SHOP, ts: message['ts'], action_id };
    expect(await stage.slack.control('actions', click)).toMatchObject({ acked: false });
    await until(async () =>
      (await stage.whispers(SANA, root)).some((line) => line.includes('may not approve')),
    );
  });

  it('asks for another plan once: the one that came of it is not decided on', async () => {
    const root = await stage.slack.say('@threadsmith plan first: fix the oven');
    const proposed = async (text: string) => {
      const { id, details } = await until(async () => (await turnsOf(root)).find(isQueued));
      await proposePlan(stage.database, await worker.claim(id), details.plans ?? [], text);
    };
    await proposed('Turn it off.');
    await stage.click(MIRA, await withButton(root, ACTION.planChange), ACTION.planChange);
    const form = await until(async () => (await stage.slack.views('mira')).at(-1));
    const { blockId, actionId } = PLAN_INPUT;
    const order = {
      user: 'mira',
      view_id: form['id'],
      values: { [blockId]: { [actionId]: 'open the door first' } },
    };
    await lost();
    expect(await stage.slack.control('views/submit', order)).toMatchObject({ acked: false });
    await proposed('Open the door, turn it off.');
    await stage.act('views/submit', order);
    await until(async () =>
      (await stage.whispers(MIRA, root)).some((line) => line.includes('does not wait')),
    );
    const [turn] = await turnsOf(root);
    expect(turn?.state).toBe('waiting');
    expect(turn?.details.plans?.map(({ decision }) => decision?.how)).toEqual(['change', undefined]);
  });

  it('hands a message over once, and takes the form the second time', async () => {
    const ts = await stage.slack.say('the total is wrong', { user: 'sana' });
    const form = await stage.form('mira', async () => {
      // Each time Slack asks to wait, and the form opens all the same.
      await stage.fault({ kind: 'rate_limited', method: 'views.open', retry_after: 1 });
      await stage.act('shortcuts', { user: 'mira', callback_id: SHORTCUT.handOver, channel: 'shop', ts });
    });
    const { blockId, actionId } = START_INPUT.request;
    const submit = () =>
      stage.slack.control('views/submit', {
        user: 'mira',
        view_id: form['id'],
        values: { [blockId]: { [actionId]: 'fix the total' } },
      });
    await lost();
    expect(await submit()).toMatchObject({ acked: false });
    expect(
      await until(async () => {
        const answer = await submit();
        return answer['acked'] !== false && answer;
      }),
    ).toEqual({ ok: true });
    await until(async () => (await turnsOf(ts))[0]?.state === 'queued');
    expect(await turnsOf(ts)).toHaveLength(1);
  });
});

// Who approves: user groups, nobody their own change, and two people where the configuration asks for two.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION } from '../../blocks/parts/actions.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, LEE, MIRA, SANA, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const COMMIT = 'a'.repeat(40);
const NEWER = 'b'.repeat(40);
const REPOS = [{ name: 'bakery', url: './bakery', channels: ['shop'] }];

/** The bot with these rules, and what its tests do over and over. */
async function openShop(config: Json) {
  const stage = await Stage.start({ mode: 'http', config: { repos: REPOS, ...config } });
  const worker = new WorkerHand(stage);
  await stage.slack.control('limits', { enabled: false });
  const turnsOf = (root: string) =>
    stage.rows<{ id: string; kind: string; state: string; details: Json }>(
      'select turn.* from turn join session on session.id = session_id where thread_ts = ? order by position',
      [root],
    );
  const queued = (root: string, count = 1) =>
    until(async () => {
      const turns = await turnsOf(root);
      const last = turns.at(-1);
      return turns.length >= count && last?.state === 'queued' && last;
    });
  const finish = async (turnId: string, commit = COMMIT) =>
    worker.finishChange(await worker.claim(turnId), { commit });
  return {
    stage,
    worker,
    queued,
    finish,
    /** A finished change that this person asked for; gives its thread. */
    played: async (user: string) => {
      const root = await stage.slack.say('@threadsmith fix the total', { user });
      await finish((await queued(root)).id);
      return root;
    },
    messageWith: (root: string, action: string) =>
      until(async () =>
        (await stage.replies(root)).findLast((message) => actionsOf(message).includes(action)),
      ),
    merges: async (root: string) => (await turnsOf(root)).filter(({ kind }) => kind === 'merge'),
    told: (user: string, root: string, words: RegExp) =>
      until(async () => (await stage.whispers(user, root)).find((line) => words.test(line))),
  };
}
type Shop = Awaited<ReturnType<typeof openShop>>;

describe('one approval, by a user group', () => {
  let shop: Shop;
  beforeAll(async () => {
    const people = { start: ['everyone', LEE], approve: ['S0ENGINEER'], merge: ['@engineers'] };
    shop = await openShop({ people });
  });
  afterAll(async () => shop.stage.close());

  it('lets members of the group approve, and tells others of the group by its handle', async () => {
    const root = await shop.played(SANA);
    const result = await shop.messageWith(root, ACTION.approve);
    await shop.stage.click(LEE, result, ACTION.approve);
    expect(await shop.told(LEE, root, /may not approve/)).toContain('@engineers');
    await shop.stage.click(JONAS, result, ACTION.approve);
    const merge = await shop.queued(root, 2);
    expect(merge).toMatchObject({
      kind: 'merge',
      details: { commit: COMMIT, groups: [{ id: 'S0ENGINEER', handle: 'engineers' }] },
    });
    // Slack is asked for everybody's groups at once, and not again for each person.
    const asked = await shop.stage.calls('usergroups.list');
    expect(asked.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('does not let the only person who asked approve their own change, and says who may', async () => {
    const root = await shop.played(MIRA);
    const result = await shop.messageWith(root, ACTION.approve);
    await shop.stage.click(MIRA, result, ACTION.approve);
    expect(await shop.told(MIRA, root, /only one who asked/)).toContain('@engineers');
    expect(await shop.merges(root)).toHaveLength(0);
    await shop.stage.click(JONAS, result, ACTION.approve);
    expect(await shop.queued(root, 2)).toMatchObject({ kind: 'merge' });
  });

  it('does not let somebody approve a change of their own that a colleague only brought up to date', async () => {
    const root = await shop.played(MIRA);
    await shop.stage.click(JONAS, await shop.messageWith(root, ACTION.approve), ACTION.approve);
    const merge = await shop.worker.claim((await shop.queued(root, 2)).id);
    const block = { why: 'conflict', seen: COMMIT, head: COMMIT, defaultBranch: 'main' } as const;
    await shop.worker.report(merge, { type: 'merge.blocked', ...block });
    await shop.worker.fail(merge, 'merge_conflict');
    const blocked = await until(async () => {
      const found = await shop.messageWith(root, ACTION.updateBranch);
      return String(found['text']).includes('Not merged: it conflicts') && found;
    });
    await shop.stage.click(JONAS, blocked, ACTION.updateBranch);
    const update = await shop.queued(root, 3);
    expect(update).toMatchObject({ kind: 'follow_up', details: { onBehalf: true } });
    await shop.finish(update.id, NEWER);
    const newest = await until(async () => {
      const found = await shop.messageWith(root, ACTION.approve);
      return JSON.stringify(found).includes('bbbbbbb') && found;
    });
    await shop.stage.click(MIRA, newest, ACTION.approve);
    await shop.told(MIRA, root, /only one who asked/);
    await shop.stage.click(JONAS, newest, ACTION.approve);
    expect(await shop.queued(root, 4)).toMatchObject({ kind: 'merge', details: { commit: NEWER } });
  });
});

describe('two approvals', () => {
  let shop: Shop;
  beforeAll(async () => {
    const people = { start: ['everyone'], approve: [MIRA, JONAS, SANA], merge: [JONAS] };
    shop = await openShop({ people, approvals: { needed: 2 } });
  });
  afterAll(async () => shop.stage.close());

  it('count in the message, and merge with the second where that person may', async () => {
    const root = await shop.played(MIRA);
    const result = await shop.messageWith(root, ACTION.approve);
    expect(JSON.stringify(result)).toContain('Approve (1 of 2)');
    await shop.stage.click(SANA, result, ACTION.approve);
    await shop.told(SANA, root, /1 of 2\. One more person/);
    const counted = await until(async () => {
      const found = await shop.messageWith(root, ACTION.approve);
      return String(found['text']).includes('Approved by Sana Qureshi: 1 of 2') && found;
    });
    // The same person again is still one approval.
    await shop.stage.click(SANA, counted, ACTION.approve);
    expect(await shop.merges(root)).toHaveLength(0);
    await shop.stage.click(JONAS, counted, ACTION.approve);
    expect(await shop.queued(root, 2)).toMatchObject({ kind: 'merge' });
  });

  it('leave the merge to somebody who may, and fall when the head moves', async () => {
    const root = await shop.played(JONAS);
    const first = await shop.messageWith(root, ACTION.approve);
    await shop.stage.click(SANA, first, ACTION.approve);
    await shop.stage.click(MIRA, first, ACTION.approve);
    await shop.told(MIRA, root, /2 of 2\. These people may merge it now/);
    expect(await shop.merges(root)).toHaveLength(0);
    // The dialog of the second approval says Merge too, so the words tell when both are shown.
    const ready = await until(async () => {
      const found = await shop.messageWith(root, ACTION.approve);
      return String(found['text']).includes('Approved by Sana Qureshi and Mira Okafor: 2 of 2') && found;
    });
    expect(JSON.stringify(ready['blocks'])).toContain('"text":"Merge"');

    await shop.stage.slack.say('and round it', { thread_ts: root, user: JONAS });
    await shop.finish((await shop.queued(root, 2)).id, NEWER);
    const newest = await until(async () => {
      const found = await shop.messageWith(root, ACTION.approve);
      return JSON.stringify(found).includes('bbbbbbb') && found;
    });
    expect(JSON.stringify(newest)).toContain('Approve (1 of 2)');
    // Jonas asked for it alone, and may merge it only when two others have approved this commit.
    await shop.stage.click(JONAS, newest, ACTION.approve);
    await shop.told(JONAS, root, /only one who asked/);
    await shop.stage.click(SANA, newest, ACTION.approve);
    await shop.stage.click(MIRA, newest, ACTION.approve);
    await until(async () =>
      JSON.stringify(await shop.messageWith(root, ACTION.approve)).includes('"text":"Merge"'),
    );
    await shop.stage.click(JONAS, newest, ACTION.approve);
    expect(await shop.queued(root, 3)).toMatchObject({ kind: 'merge', details: { commit: NEWER } });
  });
});

describe('a user group that Slack does not tell of', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop({ people: { start: ['@engineers'], approve: ['@engineers'], merge: [] } });
  });
  afterAll(async () => shop.stage.close());

  it('has the request of a member wait instead of refusing it', async () => {
    const { stage } = shop;
    // Three tries are one question.
    await stage.slack.control('faults', { kind: 'http_503', method: 'usergroups.list', times: 6 });
    const root = await stage.slack.say('@threadsmith fix the total', { user: MIRA });
    await shop.queued(root);
    const asked = await stage.calls('usergroups.list');
    expect(asked.filter(({ ok }) => !ok).length).toBeGreaterThanOrEqual(6);
    expect(await stage.whispers(MIRA, root)).toEqual([]);
  });
});

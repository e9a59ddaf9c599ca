// Where a request is worked on: what its options say, how its repo is found, and how a person changes it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION, REROUTE_INPUT } from '../../blocks/parts/actions.ts';
import { patiently } from '../../bot/slack/calls.ts';
import { setDefaults } from '../../db/slack/people.ts';
import { proposePlan } from '../../db/turns/plans.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, MIRA, SANA, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const TEAM = z.object({ team_id: z.string() });

describe('where a request is worked on', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    stage = await Stage.start({
      config: {
        repos: [
          { name: 'bakery', url: './bakery', channels: ['shop'], description: 'The web shop' },
          { name: 'ledger', url: './ledger', description: 'Bookkeeping and invoices' },
          { name: 'scales', url: './scales' },
        ],
        people: { start: ['everyone'], approve: [MIRA], merge: [MIRA] },
        model: { name: 'big-1', choices: ['small-1'] },
      },
    });
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  interface Row {
    id: string;
    state: string;
    text: string;
    repo: string | null;
    base_branch: string | null;
    model: string | null;
    details: Json;
  }
  const turnsOf = (root: string) =>
    stage.rows<Row>(
      `select turn.id, turn.state, turn.text, turn.details, session.repo, session.base_branch, session.model
       from turn join session on session.id = session_id where thread_ts = ? and kind <> 'answer' order by position`,
      [root],
    );
  const inState = (root: string, state: string, count = 1) =>
    until(async () => {
      const turns = await turnsOf(root);
      return turns.length === count && turns.at(-1)?.state === state && turns.at(-1);
    });
  const shown = (root: string, words: string, channel?: string) =>
    until(async () =>
      (await stage.answers(root, channel === undefined ? {} : { channel })).find((message) =>
        JSON.stringify(message).includes(words),
      ),
    );

  it('takes repo, branch, model, attempts and the manner from the words', async () => {
    const root = await stage.slack.say(
      '@threadsmith repo=ledger branch=release/2 model=small-1 ×3 plan first: fix the rounding',
    );
    expect(await inState(root, 'queued')).toMatchObject({
      text: 'fix the rounding',
      repo: 'ledger',
      base_branch: 'release/2',
      model: 'small-1',
      details: { attempts: 3, planFirst: true },
    });
    const status = JSON.stringify(await shown(root, 'ledger (as asked)'));
    expect(status).toContain('from release/2');
    expect(status).toContain('plan first · 3 attempts · model small-1');
  });

  it('says which models there are, and takes the request up with a reply that names one', async () => {
    const root = await stage.slack.say('@threadsmith model=nosuch ×2 fix the oven');
    await inState(root, 'failed');
    const said = await shown(root, 'There is no model called nosuch here.');
    expect(JSON.stringify(said)).toContain('big-1, small-1');
    expect(actionsOf(said)).toEqual([]);
    await stage.slack.say('model=small-1', { thread_ts: root });
    expect(await inState(root, 'queued', 2)).toMatchObject({
      text: 'fix the oven',
      model: 'small-1',
      details: { attempts: 2 },
    });
  });

  it('takes the request up again where it is edited', async () => {
    const root = await stage.slack.say('@threadsmith model=nosuch read only: why is it hot?');
    await inState(root, 'failed');
    await stage.slack.control('messages/edit', {
      user: 'mira',
      channel: 'shop',
      ts: root,
      text: '@threadsmith why is it hot?',
    });
    const turn = await inState(root, 'queued');
    expect(turn).toMatchObject({ text: 'why is it hot?', model: null, repo: 'bakery' });
    expect(turn.details['readOnly']).toBeUndefined();
    await shown(root, "bakery (this channel's repo)");
  });

  it('asks for more where there are only options', async () => {
    const root = await stage.slack.say('@threadsmith repo=ledger');
    await inState(root, 'failed');
    await shown(root, 'There are options here, but nothing to do.');
  });

  it('lets a worker ask a model where words and channel do not say, with the default of the person', async () => {
    const { team_id: teamId } = TEAM.parse(await patiently(() => stage.slack.client.auth.test()));
    await setDefaults(stage.database.em(), { teamId, userId: JONAS }, { repo: 'ledger', model: 'small-1' });
    const root = await stage.slack.say('@threadsmith fix the total', { channel: 'platform', user: 'jonas' });
    const turn = await inState(root, 'queued');
    expect(turn).toMatchObject({ repo: null, model: 'small-1' });
    expect(turn.details['routing']).toEqual({
      choices: ['bakery', 'ledger', 'scales'],
      reason: 'No repo is set for this channel.',
      otherwise: 'ledger',
    });
  });

  it('takes the repo from the topic of the channel', async () => {
    const made = await stage.slack.control('channels', {
      name: 'heavy',
      topic: 'All things heavy. repo: scales',
      members: ['mira', stage.slack.app.bot_user_id],
    });
    const { id: heavy } = z.object({ id: z.string() }).parse(made['channel']);
    const root = await stage.slack.say('@threadsmith fix the total', { channel: 'heavy' });
    await until(async () => (await turnsOf(root))[0]?.repo === 'scales');
    await shown(root, "scales (from this channel's topic)", heavy);
  });

  it('moves a request to another repo and branch, also when it is at work, and starts it anew', async () => {
    const root = await stage.slack.say('@threadsmith fix the crumbs');
    const { id } = await inState(root, 'queued');
    const lease = await worker.claim(id);
    await worker.report(lease, { type: 'phase.started', phase: 'agent', detail: 'Looking at the crumbs' });
    const status = await shown(root, 'Looking at the crumbs');
    const form = await stage.form('mira', () => stage.click(MIRA, status, ACTION.reroute));
    expect(JSON.stringify(form)).toContain('What was begun is thrown away');
    await stage.act('views/submit', {
      user: MIRA,
      view_id: form['id'],
      values: {
        [REROUTE_INPUT.repo.blockId]: { [REROUTE_INPUT.repo.actionId]: 'ledger' },
        [REROUTE_INPUT.branch.blockId]: { [REROUTE_INPUT.branch.actionId]: 'develop' },
      },
    });
    expect(await inState(root, 'queued')).toMatchObject({
      repo: 'ledger',
      base_branch: 'develop',
      details: { left: 'bakery' },
    });
    // The worker that had it can do nothing any more.
    await expect(
      worker.report(lease, { type: 'phase.started', phase: 'verify', detail: '' }),
    ).rejects.toThrow('no longer has');
    const moved = JSON.stringify(await shown(root, 'ledger (changed)'));
    expect(moved).toContain('from develop');
    expect(moved).not.toContain('Looking at the crumbs');
  });

  it('has a question asked again in another place that was answered in the wrong one', async () => {
    const root = await stage.slack.say('@threadsmith plan first: what is in the jar?');
    const usage = { model: 'm', steps: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, durationMs: 1 };
    const first = await inState(root, 'queued');
    await proposePlan(stage.database, await worker.claim(first.id), [], 'Open it.');
    const files = [{ name: 'jar.txt', mimetype: 'text/plain', content_base64: btoa('a jar') }];
    await stage.slack.say('go', { thread_ts: root, files });
    const lease = await worker.claim((await inState(root, 'queued')).id);
    // A worker whose engine was away left it to this one.
    await stage.rows(`update turn set details = details || '{"leftBy": ["one"]}' where id = ? returning 1`, [
      first.id,
    ]);
    await worker.finish(lease, { kind: 'answer', text: 'Nothing is in it.', repo: 'bakery', usage });
    const answer = await shown(root, 'Nothing is in it.');
    expect(actionsOf(answer)).toEqual([ACTION.reroute]);
    await stage.click(SANA, answer, ACTION.reroute);
    const form = await until(async () => (await stage.slack.views('sana')).at(-1));
    expect(JSON.stringify(form)).toContain('The answer stays, and the same is asked there.');
    await stage.act('views/submit', {
      user: SANA,
      view_id: form['id'],
      values: {
        [REROUTE_INPUT.repo.blockId]: { [REROUTE_INPUT.repo.actionId]: 'ledger' },
        [REROUTE_INPUT.branch.blockId]: { [REROUTE_INPUT.branch.actionId]: 'develop' },
      },
    });
    const again = await inState(root, 'queued', 2);
    expect(again).toMatchObject({ text: 'what is in the jar?', repo: 'ledger', base_branch: 'develop' });
    // Mira asked, Sana only had it asked there; the plan was for the other place, and so was what came with its Go.
    expect(again.details).toEqual({ ...first.details, onBehalf: true });
    const second = await worker.claim(again.id);
    await worker.finish(second, { kind: 'answer', text: 'Old receipts.', repo: 'ledger', usage });
    expect(JSON.stringify(await shown(root, 'Old receipts.'))).toContain('ledger · from develop');
    await shown(root, 'Nothing is in it.');
    expect(await turnsOf(root)).toHaveLength(2);
  });

  it('switches the repo of a thread by an option until something is published', async () => {
    const root = await stage.slack.say('@threadsmith fix the lid');
    const first = await worker.claim((await inState(root, 'queued')).id);
    await worker.finish(first, {
      kind: 'answer',
      text: 'There is no lid here.',
      repo: 'bakery',
      usage: { model: 'm', steps: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, durationMs: 1 },
    });
    await stage.slack.say('repo=scales then there', { thread_ts: root });
    const second = await inState(root, 'queued', 2);
    expect(second).toMatchObject({ repo: 'scales', text: 'then there' });
    await worker.finishChange(await worker.claim(second.id), { commit: 'c'.repeat(40) });
    await stage.slack.say('repo=bakery and back', { thread_ts: root });
    await inState(root, 'failed', 3);
    await shown(root, 'This thread has an open change on top of scales.');
  });
});

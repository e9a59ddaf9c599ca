// Plan first: the plan waits in the thread, and nothing goes on before somebody who may start work says Go.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION, PLAN_INPUT } from '../../blocks/parts/actions.ts';
import type { TurnDetails } from '../../db/entities/session.ts';
import { openContentFolder, readArtifact } from '../../db/log/artifacts.ts';
import { proposePlan } from '../../db/turns/plans.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, LEE, MIRA, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const PLAN = '1. Count each price in `src/cart.js`\n2. Run the tests';

describe('a plan that is asked for first', () => {
  let stage: Stage;
  let worker: WorkerHand;
  beforeAll(async () => {
    stage = await Stage.start();
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnOf = async (root: string) => {
    const [turn] = await stage.rows<{
      id: string;
      state: string;
      details: TurnDetails;
      lease_until: string | null;
    }>(
      `select turn.* from turn join session on session.id = session_id where thread_ts = ? and kind <> 'answer'`,
      [root],
    );
    return turn;
  };
  const inState = (root: string, state: string) =>
    until(async () => {
      const turn = await turnOf(root);
      return turn?.state === state && turn;
    });
  const shown = (root: string, words: string) =>
    until(async () => (await stage.answers(root)).find((message) => JSON.stringify(message).includes(words)));
  const propose = async (root: string, text: string): Promise<Json> => {
    const { id, details } = await inState(root, 'queued');
    await proposePlan(stage.database, await worker.claim(id), details.plans ?? [], text);
    await inState(root, 'waiting');
    // The words in it are shown as code and links are; the first of them tell one plan from another.
    const [words = ''] = text.replace(/^1\. /, '').split('`');
    return until(async () =>
      (await stage.answers(root)).find(
        (message) =>
          actionsOf(message).includes(ACTION.planGo) && JSON.stringify(message).includes(words.trim()),
      ),
    );
  };

  it('waits with its buttons, holds no worker, and goes on with Go; the plan stays', async () => {
    const root = await stage.slack.say('@threadsmith fix the total, plan first');
    const plan = await propose(root, PLAN);
    expect(actionsOf(plan)).toEqual([ACTION.planGo, ACTION.planChange, ACTION.stop]);
    await shown(root, 'The plan is ready: it waits for a Go');
    expect((await turnOf(root))?.lease_until).toBeNull();
    await stage.click(LEE, plan, ACTION.planGo);
    await until(async () =>
      (await stage.whispers(LEE, root)).some((line) => line.includes('You may not start')),
    );
    await Promise.all([stage.click(JONAS, plan, ACTION.planGo), stage.click(JONAS, plan, ACTION.planGo)]);
    const { details } = await inState(root, 'queued');
    expect(details.plans?.at(-1)?.decision).toMatchObject({ how: 'go', by: JONAS });
    const decided = await shown(root, 'said Go.');
    expect(decided['ts']).toBe(plan['ts']);
    expect(JSON.stringify(decided)).toContain('src/cart.js');
    expect(actionsOf(decided)).toEqual([]);
  });

  it('is made anew with what the modal or a reply says, and a reply may say go', async () => {
    const root = await stage.slack.say('@threadsmith plan first: fix the oven');
    const plan = await propose(root, PLAN);
    const form = await stage.form('mira', () => stage.click(MIRA, plan, ACTION.planChange));
    await stage.act('views/submit', {
      user: MIRA,
      view_id: form['id'],
      values: { [PLAN_INPUT.blockId]: { [PLAN_INPUT.actionId]: 'leave the cart alone' } },
    });
    await shown(root, 'asked for another plan: leave the cart alone');
    await propose(root, 'Turn the oven off.');
    await stage.slack.say('and open the door', { thread_ts: root });
    await shown(root, 'asked for another plan: and open the door');
    await propose(root, 'Turn it off and open the door.');
    await stage.slack.say('Go ahead!', { thread_ts: root, user: 'jonas' });
    const { details } = await inState(root, 'queued');
    expect(details.plans?.map(({ decision }) => decision?.how)).toEqual(['change', 'change', 'go']);
    expect((await stage.answers(root)).length).toBe(4);
  });

  it('brings the files of a reply along', async () => {
    const root = await stage.slack.say('@threadsmith plan first: fix the shelf');
    await propose(root, PLAN);
    await stage.slack.say('like this', {
      thread_ts: root,
      user: 'jonas',
      files: [{ name: 'shelf.txt', mimetype: 'text/plain', content_base64: btoa('two boards') }],
    });
    const { details } = await inState(root, 'queued');
    expect(details.plans?.at(-1)?.decision).toMatchObject({ how: 'change', text: 'like this', by: JONAS });
    const [file] = details.decidedWith?.files ?? [];
    expect(file).toMatchObject({ name: 'shelf.txt', mimeType: 'text/plain', sizeBytes: 10 });
    const store = openContentFolder(join(stage.dir, 'data', 'artifacts'));
    const { content } = await readArtifact(stage.database.em(), store, file?.artifactId ?? '');
    expect(Buffer.from(content).toString()).toBe('two boards');
    // The next plan is decided on by words alone.
    await propose(root, 'Two boards.');
    await stage.slack.say('go', { thread_ts: root });
    expect((await inState(root, 'queued')).details.decidedWith).toBeUndefined();
  });

  it('is cancelled with nothing done', async () => {
    const root = await stage.slack.say('@threadsmith plan first: fix the door');
    await stage.click(MIRA, await propose(root, PLAN), ACTION.stop);
    await inState(root, 'stopped');
    const over = await shown(root, 'Nobody decided on this plan.');
    expect(actionsOf(over)).toEqual([]);
  });
});

// The Home tab as a person's own place, the form's choices, and Slack's container for agents.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION, SHORTCUT, START_INPUT } from '../../blocks/parts/actions.ts';
import type { Json } from '../playground/slack-setup.ts';
import { MIRA, SHOP, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const manifest = z
  .looseObject({ features: z.looseObject({ agent_view: z.unknown().optional() }) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../manifest.json'), 'utf8')));

describe('a person and their agent', () => {
  let stage: Stage;
  let worker: WorkerHand;
  beforeAll(async () => {
    stage = await Stage.set({
      config: {
        repos: [
          { name: 'bakery', url: './bakery', channels: ['shop'] },
          { name: 'ledger', url: './ledger' },
        ],
        people: { start: ['everyone'], approve: [MIRA], merge: [MIRA] },
        model: { name: 'big-1', choices: ['small-1'] },
      },
    });
    worker = new WorkerHand(stage);
    await stage.slack.control('app', { manifest }, 'PUT');
    await stage.slack.control('limits', { enabled: false });
    await stage.startBot();
  });
  afterAll(async () => stage.close());

  const turnOf = async (root: string) => {
    const [turn] = await stage.rows<{
      id: string;
      state: string;
      repo: string;
      model: string;
      details: Json;
    }>(
      `select turn.id, turn.state, turn.details, session.repo, session.model from turn
       join session on session.id = session_id where thread_ts = ? and kind <> 'answer' order by position`,
      [root],
    );
    return turn;
  };
  const inState = (root: string, state: string) =>
    until(async () => {
      const turn = await turnOf(root);
      return turn?.state === state && turn;
    });
  const home = async (): Promise<Json> => {
    const drawn = z
      .object({ view: z.record(z.string(), z.unknown()).nullable() })
      .parse(await stage.slack.control('home?user=mira'));
    return drawn.view ?? {};
  };
  /** What Slack was told, or said about it; asking to wait is neither. */
  const agentCalls = async () =>
    (await stage.calls('agents.sessions.setStatus'))
      .filter(({ status }) => status !== 429)
      .map(({ args }) => [args['thread_ts'], args['status']]);
  /** Slack was told where every thread stands. */
  const allTold = () =>
    until(async () => {
      const left = await stage.rows(
        "select 1 from delivery where sent_version < version and kind = 'agent_status'",
      );
      return left.length === 0;
    });

  it('keeps my repo and model, and uses them where nothing else says', async () => {
    await stage.slack.control('home', { user: 'mira' });
    const { id } = await until(async () => ((await home())['id'] === undefined ? undefined : await home()));
    for (const [action, value] of [
      [ACTION.ownRepo, 'ledger'],
      [ACTION.ownModel, 'small-1'],
    ] as const) {
      await stage.act('actions', {
        user: 'mira',
        view_id: id,
        action_id: action,
        block_id: 'defaults',
        selected_option: { text: { type: 'plain_text', text: value, emoji: false }, value },
      });
    }
    const root = await stage.slack.say('@threadsmith fix the total', { channel: 'platform' });
    expect(await inState(root, 'queued')).toMatchObject({ repo: 'ledger', model: 'small-1' });
    const own = (name: string) => `"initial_option":{"text":{"type":"plain_text","text":"${name}"`;
    await until(async () => {
      const kept = JSON.stringify(await home());
      return kept.includes(own('ledger')) && kept.includes(own('small-1'));
    });
    // What the channel says comes first.
    const here = await stage.slack.say('@threadsmith fix the total');
    expect(await inState(here, 'queued')).toMatchObject({ repo: 'bakery' });
  });

  it('is drawn again when something of mine moves on', async () => {
    await stage.slack.control('home', { user: 'mira' });
    const root = await stage.slack.say('@threadsmith paint the door');
    await until(async () => JSON.stringify(await home()).includes('paint the door'));
    const lease = await worker.claim((await inState(root, 'queued')).id);
    await worker.finishChange(lease, { commit: 'd'.repeat(40) });
    await until(async () => {
      const drawn = JSON.stringify(await home());
      return drawn.includes('paint the door') && drawn.includes(ACTION.viewDiff);
    });
  });

  it('takes the manner and the attempts from the form', async () => {
    const ts = await stage.slack.say('the window sticks', { user: 'sana' });
    const form = await stage.form('mira', () =>
      stage.act('shortcuts', { user: 'mira', callback_id: SHORTCUT.handOver, channel: 'shop', ts }),
    );
    expect(JSON.stringify(form)).toContain('the window sticks');
    const chosen = { request: 'mend the window', manner: 'plan', attempts: '3' };
    await stage.act('views/submit', {
      user: 'mira',
      view_id: form['id'],
      values: Object.fromEntries(
        Object.entries(chosen).map(([name, value]) => {
          const { blockId, actionId } = START_INPUT[name as keyof typeof START_INPUT];
          return [blockId, { [actionId]: value }];
        }),
      ),
    });
    expect((await inState(ts, 'queued')).details).toMatchObject({ planFirst: true, attempts: 3 });
  });

  it('suggests what to ask for where its messages are opened', async () => {
    await stage.slack.control('home', { user: 'mira', tab: 'messages' });
    const [call] = await until(async () => {
      const calls = (await stage.calls('assistant.threads.setSuggestedPrompts')).filter(({ ok }) => ok);
      return calls.length > 0 && calls;
    });
    expect(call).toMatchObject({ args: { channel_id: 'D0MIRA0001' } });
  });

  it("tells Slack where a thread stands, and stops with Slack's own button", async () => {
    const root = await stage.slack.say('@threadsmith sweep the yard');
    await inState(root, 'queued');
    await until(async () =>
      (await agentCalls()).some(([ts, status]) => ts === root && status === 'processing'),
    );
    await stage.slack.control('agents/stop', { user: 'mira', channel: SHOP, thread_ts: root });
    await inState(root, 'stopped');
    await until(async () => (await agentCalls()).some(([ts, status]) => ts === root && status === 'active'));
    const states = (await agentCalls()).filter(([ts]) => ts === root).map(([, status]) => status);
    expect(states).toEqual(['processing', 'active']);
  });

  it('gets by without where the app is no agent: it asks once', async () => {
    const { agent_view: _agent, ...features } = manifest.features;
    await stage.slack.control('app', { manifest: { ...manifest, features } }, 'PUT');
    await allTold();
    const before = (await agentCalls()).length;
    for (const words of ['sweep the roof', 'sweep the stairs', 'sweep the hall']) {
      const root = await stage.slack.say(`@threadsmith ${words}`);
      await inState(root, 'queued');
      await until(async () => (await stage.answers(root))[0]);
      await allTold();
    }
    expect((await agentCalls()).length).toBe(before + 1);
  });
});

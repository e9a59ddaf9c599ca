// What becomes of a delivery where Slack or the channel is in its way, and who does not wait for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION } from '../../blocks/parts/actions.ts';
import { patiently } from '../../bot/slack/calls.ts';
import type { DeliveryKind } from '../../db/entities/transport.ts';
import { wantDelivery } from '../../db/slack/deliveries.ts';
import { actionsOf, JONAS, MIRA, PLATFORM, SHOP, Stage, until } from './stage.ts';
import { badWeather, isBadWeather, transportOf } from './weather.ts';
import { WorkerHand } from './worker-hand.ts';

const COMMIT = 'a'.repeat(40);

describe('outcomes of deliveries', () => {
  let stage: Stage;
  let worker: WorkerHand;
  beforeAll(async () => {
    stage = await Stage.start();
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const want = (
    key: string,
    payload: object,
    channel = SHOP,
    kind: DeliveryKind = 'message',
    threadTs?: string,
  ) =>
    stage.database.transaction((em) =>
      wantDelivery(em, {
        dedupeKey: key,
        kind,
        sessionId: null,
        turnId: null,
        channelId: channel,
        threadTs: threadTs ?? null,
        payload,
        urgent: true,
      }),
    );
  const row = async (key: string) =>
    (await stage.rows('select * from delivery where dedupe_key = ?', [key]))[0];
  const sent = (key: string) =>
    until(async () => typeof (await row(key))?.['sent_at'] === 'string' || undefined);
  const reason = (key: string) =>
    until(async () => {
      const abandoned = (await row(key))?.['abandoned'];
      return typeof abandoned === 'string' && abandoned;
    });
  const line = (text: string) => ({ user: MIRA, message: { text } });
  const turnOf = (root: string) =>
    until(async () => {
      const [turn] = await stage.rows<{ id: string; state: string }>(
        'select turn.id, turn.state from turn join session on session.id = session_id where thread_ts = ? order by position desc',
        [root],
      );
      return turn?.state === 'queued' && turn;
    });

  it('lines for one person and reactions do not wait behind messages that hang', async () => {
    for (const index of [1, 2, 3]) await want(`old:${index}`, { text: `old ${index}` });
    for (const index of [1, 2, 3]) await sent(`old:${index}`);
    // However long it takes until the others are sent: it hangs again when it is tried again.
    const hangs = { kind: 'hang', method: 'chat.update', channel: SHOP, times: 100, ms: 2_500 };
    await stage.fault(hangs);
    const { ts } = await patiently(() =>
      stage.slack.client.chat.postMessage({ channel: SHOP, text: 'react to this' }),
    );
    for (const index of [1, 2, 3]) await want(`old:${index}`, { text: `new ${index}` });
    await until(async () => (await hung()).length >= 3 || undefined);
    await want('whisper', line('only for you'), SHOP, 'ephemeral');
    await want('eyes', { ts, name: 'eyes' }, SHOP, 'reaction');
    // Another channel has room too, though everything of this one hangs.
    await want('elsewhere', { text: 'not held up' }, PLATFORM);
    await Promise.all([sent('whisper'), sent('eyes'), sent('elsewhere')]);
    expect(await Promise.all([1, 2, 3].map((index) => isRefreshed(`old:${index}`)))).toEqual([
      false,
      false,
      false,
    ]);
    await stage.slack.control('faults', undefined, 'DELETE');
    // The weather goes on, and the tests below have nothing of this one on its way.
    if (isBadWeather) for (const order of badWeather(transportOf('socket'))) await stage.fault(order);
    await until(async () =>
      (await Promise.all([1, 2, 3].map((index) => isRefreshed(`old:${index}`)))).every(Boolean),
    );
  });
  const hung = async () => (await stage.calls('chat.update')).filter(({ status }) => status === 0);
  const isRefreshed = async (key: string) => {
    const found = await row(key);
    return found?.['version'] === found?.['sent_version'];
  };

  it('a method that Slack limits waits for its Retry-After, the others go on', async () => {
    await want('limited', { text: 'first' });
    await sent('limited');
    const tries = async (text: string, method = 'chat.update') =>
      (await stage.calls(method)).filter(({ args }) => args['text'] === text);
    await stage.fault({ kind: 'rate_limited', method: 'chat.update', channel: SHOP, retry_after: 6 });
    await stage.rows(`update delivery set next_at = now() where dedupe_key = 'limited' returning 1`);
    await want('limited', { text: 'second' });
    const isRefused = ({ status }: { readonly status: number }) => status === 429;
    await until(async () => (await tries('second')).some(isRefused));
    await want('posted', { text: 'a post goes on' });
    await sent('posted');
    const again = await until(async () => (await tries('second')).find(({ ok }) => ok));
    // In bad weather there are more of them, of a second each.
    const waits = (await tries('second')).map(
      ({ at }, index, all) => Date.parse(all[index + 1]?.at ?? at) - Date.parse(at),
    );
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(5_900);
    const posted = (await tries('a post goes on', 'chat.postMessage')).find(({ ok }) => ok);
    expect(Date.parse(posted?.at ?? '')).toBeLessThan(Date.parse(again.at));
  });

  it('a channel that the app is not in: given up with the reason', async () => {
    await want('outside', { text: 'hello?' }, 'C0RANDOM01');
    expect(await reason('outside')).toBe('not_in_channel');
  });

  it('a thread whose root is gone: given up with the reason', async () => {
    await want('orphan', { text: 'hello?' }, SHOP, 'message', '1700000000.000100');
    expect(await reason('orphan')).toBe('thread_not_found');
  });

  it('a root that is deleted under a running turn: the result comes into the thread that is left', async () => {
    const root = await stage.slack.say('@threadsmith fix the total');
    const lease = await worker.claim((await turnOf(root)).id);
    await until(async () => (await stage.answers(root)).length > 0 || undefined);
    await stage.slack.control('messages/delete', { channel: SHOP, ts: root, user: MIRA });
    await worker.finishChange(lease, { commit: COMMIT });
    await until(async () =>
      (await stage.answers(root)).some((message) => actionsOf(message).includes(ACTION.approve)),
    );
  });

  it('a revoked token: tried again until somebody gave the app a new one', async () => {
    await stage.fault({ kind: 'slack_error', method: 'chat.postMessage', error: 'token_revoked', times: 2 });
    await want('revoked', { text: 'after the new token' });
    await sent('revoked');
    expect((await row('revoked'))?.['abandoned']).toBeNull();
    const tries = (await stage.calls('chat.postMessage')).filter(
      ({ args, status }) => args['text'] === 'after the new token' && status !== 429,
    );
    expect(tries.map(({ error }) => error)).toEqual(['token_revoked', 'token_revoked', undefined]);
  });

  it('a ✅ or 👍 of a person is no approval, and none of ours is a sign of progress', async () => {
    const root = await stage.slack.say('@threadsmith fix the total');
    await worker.finishChange(await worker.claim((await turnOf(root)).id), { commit: COMMIT });
    const result = await until(async () =>
      (await stage.answers(root)).find((message) => actionsOf(message).includes(ACTION.approve)),
    );
    const ts = z.string().parse(result['ts']);
    for (const name of ['white_check_mark', '+1', 'heavy_check_mark'])
      await stage.slack.control('reactions', { user: JONAS, channel: SHOP, ts, name });
    await until(async () => Number(await stage.takenIn('reaction_added')) >= 3);
    expect(await stage.rows(`select 1 from turn where kind = 'merge'`)).toHaveLength(0);
    const ours = (await stage.calls('reactions.add')).map(({ args }) => args['name']);
    expect(new Set(ours)).toEqual(new Set(['eyes']));
    const said = (await stage.answers(root)).map(({ text, blocks }) => ({ text, blocks }));
    expect(JSON.stringify(said)).not.toMatch(/✅|white_check_mark/);
  });

  it('an answer of 160,000 characters comes into the thread whole, in order', async () => {
    const root = await stage.slack.say('@threadsmith explain everything');
    const lease = await worker.claim((await turnOf(root)).id);
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index} ${'and more of it '.repeat(5)}`);
    const text = words.join('\n\n');
    expect(text.length).toBeGreaterThan(160_000);
    const usage = { model: 'm', steps: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, durationMs: 1 };
    await worker.finish(lease, { kind: 'answer', text, repo: 'bakery', usage });
    // The first part is an update of the message there is, the others are posted: the last one may be there first.
    const order = await until(async () => {
      const all = (await stage.answers(root)).map(({ blocks }) => JSON.stringify(blocks)).join('\n');
      const seen = [...all.matchAll(/word(\d+) /g)].map(([, index]) => Number(index));
      return seen.length >= words.length && seen;
    }, 120_000);
    expect(order).toEqual(words.map((_, index) => index));
  });
});

// Each message reaches Slack once, whatever Slack and the network do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { nextDelivery, wantDelivery } from '../../db/slack/deliveries.ts';
import { PLATFORM, SHOP, Stage, shortestGap, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

describe('delivery', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.start();
  });
  afterEach(async () => stage.close());

  const delivery = (dedupeKey: string) =>
    stage.rows(`select * from delivery where dedupe_key = ?`, [dedupeKey]).then(([row]) => row);
  const want = (key: string, text: string, more: { channel?: string; threadTs?: string } = {}) =>
    stage.database.transaction((em) =>
      wantDelivery(em, {
        dedupeKey: key,
        kind: 'message',
        sessionId: null,
        turnId: null,
        channelId: more.channel ?? SHOP,
        threadTs: more.threadTs ?? null,
        payload: { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] },
        urgent: true,
      }),
    );
  const saying = async (text: string, channel = SHOP) =>
    (await stage.slack.messages(`channel=${channel}`)).filter((message) => message['text'] === text);
  const sent = (key: string) =>
    until(
      async () =>
        (await stage.rows(`select 1 from delivery where dedupe_key = ? and sent_at is not null`, [key]))
          .length > 0,
    );

  it('finds a message again whose post worked but whose answer was lost', async () => {
    await stage.fault({ kind: 'applied_then_cut', method: 'chat.postMessage' });
    const root = await stage.slack.say('@threadsmith fix the total');
    await until(async () => (await stage.calls('conversations.replies')).length > 0);
    await until(async () => (await stage.turn()).state === 'queued');
    await until(async () => {
      const [row] = await stage.rows(`select slack_ts from delivery where kind = 'message'`);
      return typeof row?.['slack_ts'] === 'string';
    });
    const [status] = await stage.answers(root);
    const [row] = await stage.rows(`select slack_ts from delivery where kind = 'message'`);
    expect(row?.['slack_ts']).toBe(status?.['ts']);
    expect(await stage.calls('chat.postMessage')).toHaveLength(1);
    expect(await stage.answers(root)).toHaveLength(1);
  });

  it('posts again when the post did not work and its answer was lost', async () => {
    await stage.fault({ kind: 'http_503', method: 'chat.postMessage' });
    await want('one', 'said once');
    await sent('one');
    expect(await saying('said once')).toHaveLength(1);
    expect(await stage.calls('conversations.history')).toHaveLength(1);
  });

  it('waits as long as Slack asks in one channel, and goes on in the others', async () => {
    await stage.fault({ kind: 'rate_limited', method: 'chat.postMessage', channel: SHOP, retry_after: 5 });
    await want('slow', 'in the shop');
    await until(async () => (await stage.calls('chat.postMessage')).some(({ status }) => status === 429));
    await want('fast', 'in platform', { channel: PLATFORM });
    await sent('fast');
    await sent('slow');
    const posts = await stage.calls('chat.postMessage');
    expect(posts.map(({ args, ok }) => [args['text'], ok])).toEqual([
      ['in the shop', false],
      ['in platform', true],
      ['in the shop', true],
    ]);
    const [refused, , again] = posts.map(({ at }) => Date.parse(at));
    expect((again ?? 0) - (refused ?? 0)).toBeGreaterThanOrEqual(4_900);
    expect(await saying('in the shop')).toHaveLength(1);
  });

  it('posts at most one message a second in a channel, in order', async () => {
    for (const index of [1, 2, 3, 4]) await want(`part:${index}`, `part ${index}`);
    await sent('part:4');
    const posts = await stage.calls('chat.postMessage');
    expect(posts.map(({ args }) => args['text'])).toEqual(['part 1', 'part 2', 'part 3', 'part 4']);
    const times = posts.map(({ at }) => Date.parse(at));
    expect(shortestGap(times)).toBeGreaterThan(950);
  });

  it('keeps that pace in a channel where two processes post, each message in another thread', async () => {
    await stage.startBot();
    const roots: string[] = [];
    for (const index of [1, 2, 3, 4]) roots.push(await stage.slack.say(`thread ${index}`));
    await Promise.all(roots.map((root) => want(`apart:${root}`, 'one of them', { threadTs: root })));
    for (const root of roots) await sent(`apart:${root}`);
    // By the database's clock, which says when a process set out to post.
    const gaps = await stage.rows<{ gap: string }>(
      `select gap from (select 1000 * extract(epoch from attempted_at - lag(attempted_at) over (order by attempted_at))
         as gap from delivery where dedupe_key like 'apart:%') posted where gap is not null`,
    );
    expect(gaps).toHaveLength(3);
    for (const { gap } of gaps) expect(Number(gap)).toBeGreaterThanOrEqual(1_000);
  });

  it('sends only the newest of several versions', async () => {
    await stage.fault({ kind: 'slow', method: 'chat.postMessage', ms: 2_500 });
    await want('news', 'version 1');
    await until(async () => typeof (await delivery('news'))?.['attempted_at'] === 'string');
    for (const version of [2, 3, 4, 5]) await want('news', `version ${version}`);
    await until(async () => (await saying('version 5')).length === 1);
    const updates = await stage.calls('chat.update');
    expect(updates.map(({ args }) => args['text'])).toEqual(['version 5']);
    expect(await stage.calls('chat.postMessage')).toHaveLength(1);
  });

  it('knows when the next one is due, where that is soon enough', async () => {
    const dueIn = (withinMs: number) => nextDelivery(stage.database.em(), withinMs);
    await want('later', 'said at once');
    await sent('later');
    expect(await dueIn(3_600_000)).toBeNull();
    await stage.rows(
      `update delivery set version = version + 1, next_at = now() + interval '10 minutes' where dedupe_key = 'later'
       returning 1`,
    );
    expect(await dueIn(500)).toBeNull();
    const dueMs = await dueIn(3_600_000);
    expect(dueMs).toBeGreaterThan(300_000);
    expect(dueMs).toBeLessThanOrEqual(600_000);
  });

  it('posts a status message anew that somebody deleted', async () => {
    const worker = new WorkerHand(stage);
    const root = await stage.slack.say('@threadsmith fix the total');
    await until(async () => (await stage.turn()).state === 'queued');
    const [first] = await until(async () => {
      const answers = await stage.answers(root);
      return answers.length > 0 && answers;
    });
    await stage.slack.client.chat.delete({ channel: SHOP, ts: z.string().parse(first?.['ts']) });
    await worker.claim((await stage.turn()).id);
    await until(async () => {
      const [second, ...more] = await stage.answers(root);
      const isNew = second !== undefined && second['ts'] !== first?.['ts'] && more.length === 0;
      return isNew && /Starting|Preparing/.test(String(second['text']));
    });
  });

  it('shows the words alone where Slack refuses the blocks', async () => {
    await stage.database.transaction((em) =>
      wantDelivery(em, {
        dedupeKey: 'bad',
        kind: 'message',
        sessionId: null,
        turnId: null,
        channelId: SHOP,
        threadTs: null,
        payload: {
          text: 'the words',
          blocks: [{ type: 'section', text: { type: 'plain_text', text: 'x'.repeat(5_000) } }],
        },
      }),
    );
    await sent('bad');
    expect(await saying('the words')).toHaveLength(1);
    expect((await stage.calls('chat.postMessage')).map(({ error }) => error)).toEqual([
      'invalid_blocks',
      undefined,
    ]);
  });

  it('shows a result without its picture rather than without its buttons', async () => {
    const button = {
      type: 'button',
      action_id: 'a',
      value: 'v',
      text: { type: 'plain_text', text: 'Press' },
    };
    await stage.database.transaction((em) =>
      wantDelivery(em, {
        dedupeKey: 'pictured',
        kind: 'message',
        sessionId: null,
        turnId: null,
        channelId: SHOP,
        threadTs: null,
        payload: {
          text: 'a result',
          blocks: [
            { type: 'image', slack_file: { id: 'F0NOSUCH001' }, alt_text: 'gone' },
            { type: 'actions', elements: [button] },
          ],
        },
      }),
    );
    await sent('pictured');
    const [message] = await saying('a result');
    expect(
      z
        .array(z.object({ type: z.string() }))
        .parse(message?.['blocks'])
        .map(({ type }) => type),
    ).toEqual(['actions']);
  });

  it('gives up, with the reason in the row, where the channel is archived', async () => {
    await stage.slack.control('channels/update', { channel: 'shop', is_archived: true });
    await want('archived', 'hello?');
    const row = await until(async () => {
      const found = await delivery('archived');
      return typeof found?.['abandoned'] === 'string' && found;
    });
    expect(row['abandoned']).toBe('is_archived');
    // Other channels are not held up by it.
    await want('elsewhere', 'still here', { channel: PLATFORM });
    await sent('elsewhere');
  });

  it('takes up again what has changed while it was being given up', async () => {
    await stage.slack.control('channels/update', { channel: 'shop', is_archived: true });
    await stage.fault({ kind: 'slow', method: 'chat.postMessage', ms: 1_500 });
    await want('changed', 'the old words');
    await until(async () => typeof (await delivery('changed'))?.['attempted_at'] === 'string');
    await want('changed', 'the new words');
    const row = await until(async () => {
      const found = await delivery('changed');
      return found?.['leased_until'] === null && found;
    });
    expect(row).toMatchObject({ abandoned: null, slack_ts: null });
    await stage.slack.control('channels/update', { channel: 'shop', is_archived: false });
    // It rests for a minute before it is tried again.
    await stage.rows(`update delivery set next_at = now() where dedupe_key = 'changed' returning 1`);
    await sent('changed');
    expect(await saying('the new words')).toHaveLength(1);
    expect(await saying('the old words')).toHaveLength(0);
  });

  it('does not unfurl links', async () => {
    await want('link', 'https://example.com/page');
    await sent('link');
    const [post] = await stage.calls('chat.postMessage');
    expect(String(post?.args['unfurl_links'])).toBe('false');
    expect(String(post?.args['unfurl_media'])).toBe('false');
  });
});

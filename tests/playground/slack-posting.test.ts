// Posting, updating, deleting and reacting through the Web API, with Slack's refusals.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MIRA, RANDOM, SHOP, TestSlack } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());
beforeEach(() => slack.control('limits', { enabled: false }));

describe('posting', () => {
  test('a post answers the stored message and lands in the channel', async () => {
    const answer = await slack.client.chat.postMessage({ channel: SHOP, text: 'hello' });
    expect(answer).toMatchObject({
      ok: true,
      channel: SHOP,
      message: { text: 'hello', bot_id: slack.app.bot_id },
    });
    expect((await slack.messages(`channel=${SHOP}`)).at(-1)).toMatchObject({ ts: answer.ts, text: 'hello' });
  });

  test.each([
    ['a channel that does not exist', { channel: 'C0NOWHERE1', text: 'x' }, 'channel_not_found'],
    ['a channel the app is not in', { channel: RANDOM, text: 'x' }, 'not_in_channel'],
    ['no content', { channel: SHOP }, 'no_text'],
    ['blocks that are not JSON', { channel: SHOP, blocks: '[{' }, 'invalid_blocks_format'],
    [
      'a thread that does not exist',
      { channel: SHOP, text: 'x', thread_ts: '1700000000.000001' },
      'thread_not_found',
    ],
    [
      'a thread_ts that is a number of another kind',
      { channel: SHOP, text: 'x', thread_ts: '17' },
      'invalid_thread_ts',
    ],
    ['a block that Slack does not know', { channel: SHOP, blocks: [{ type: 'hologram' }] }, 'invalid_blocks'],
    ['metadata without a type', { channel: SHOP, text: 'x', metadata: { a: 1 } }, 'invalid_metadata_format'],
  ])('%s is refused', async (_what, args, error) => {
    expect(await slack.refusal('chat.postMessage', args)).toBe(error);
  });

  test('an archived channel takes no posts', async () => {
    await slack.control('channels', { name: 'attic', members: ['mira', 'threadsmith'] });
    await slack.control('channels/update', { channel: 'attic', is_archived: true });
    expect(await slack.refusal('chat.postMessage', { channel: '#attic', text: 'x' })).toBe('is_archived');
  });

  test('a private channel without the app looks as if it did not exist', async () => {
    await slack.control('channels', { name: 'board', members: ['mira'], is_private: true });
    expect(await slack.refusal('chat.postMessage', { channel: 'board', text: 'x' })).toBe(
      'channel_not_found',
    );
  });

  test("posting to a person's id lands in the direct message", async () => {
    const { channel } = await slack.client.chat.postMessage({ channel: MIRA, text: 'psst' });
    expect(channel).toBe('D0MIRA0001');
  });

  test('a reply counts in its root, and a reply cannot be a root', async () => {
    const root = await slack.say('a question');
    const reply = await slack.post('an answer', { thread_ts: root });
    const [first, second] = await slack.messages(`channel=shop&thread_ts=${root}`);
    expect(first).toMatchObject({
      ts: root,
      reply_count: 1,
      latest_reply: reply,
      reply_users: [slack.app.bot_user_id],
    });
    expect(second).toMatchObject({ ts: reply, thread_ts: root, parent_user_id: MIRA });
    expect(await slack.refusal('chat.postMessage', { channel: SHOP, text: 'x', thread_ts: reply })).toBe(
      'thread_not_found',
    );
  });

  test('a text above 40,000 characters is cut in a post and refused in an update', async () => {
    const long = 'x'.repeat(40_001);
    const answer = await slack.client.chat.postMessage({ channel: SHOP, text: long });
    expect(answer.message?.text).toHaveLength(40_000);
    expect(answer.warning).toBe('message_truncated');
    expect(await slack.refusal('chat.update', { channel: SHOP, ts: answer.ts, text: long })).toBe(
      'msg_too_long',
    );
  });

  test('blocks that are legal one by one but long together are refused', async () => {
    const section = { type: 'section', text: { type: 'mrkdwn', text: 'y'.repeat(3000) } };
    const blocks = Array.from({ length: 5 }, () => section);
    expect(await slack.refusal('chat.postMessage', { channel: SHOP, text: 'long', blocks })).toBe(
      'msg_blocks_too_long',
    );
    const fitting = { channel: SHOP, text: 'long', blocks: blocks.slice(0, 4) };
    expect((await slack.call('chat.postMessage', fitting)).body['ok']).toBe(true);
  });

  test('a block problem comes with its JSON pointer', async () => {
    const { body } = await slack.call('chat.postMessage', {
      channel: SHOP,
      blocks: [{ type: 'divider' }, { type: 'header', text: { type: 'plain_text', text: 'z'.repeat(151) } }],
    });
    expect(body['response_metadata']).toEqual({
      messages: ['[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]'],
    });
  });

  test('metadata comes back only when asked for', async () => {
    const metadata = { event_type: 'turn', event_payload: { id: 7 } };
    const ts = await slack.post('with metadata', { metadata });
    const plain = await slack.client.conversations.replies({ channel: SHOP, ts });
    const full = await slack.client.conversations.replies({ channel: SHOP, ts, include_all_metadata: true });
    const history = await slack.client.conversations.history({
      channel: SHOP,
      limit: 1,
      include_all_metadata: true,
    });
    expect(plain.messages?.[0]).not.toHaveProperty('metadata');
    expect(full.messages?.[0]).toMatchObject({ metadata });
    expect(history.messages?.[0]).toMatchObject({ ts, metadata });
  });
});

describe('changing messages', () => {
  test('an update replaces text and blocks; text alone drops the blocks', async () => {
    const ts = await slack.post('before', { blocks: [{ type: 'divider' }] });
    const updated = await slack.client.chat.update({ channel: SHOP, ts, text: 'after' });
    expect(updated.message).toMatchObject({ text: 'after', edited: { user: slack.app.bot_user_id } });
    expect(updated.message).not.toHaveProperty('blocks');
  });

  test("only the app's own messages can be updated or deleted", async () => {
    const ts = await slack.say('mine');
    expect(await slack.refusal('chat.update', { channel: SHOP, ts, text: 'x' })).toBe('cant_update_message');
    expect(await slack.refusal('chat.delete', { channel: SHOP, ts })).toBe('cant_delete_message');
    expect(await slack.refusal('chat.update', { channel: SHOP, ts: '1.000001', text: 'x' })).toBe(
      'message_not_found',
    );
  });

  test('a deleted root with replies leaves a tombstone, a plain message nothing', async () => {
    const root = await slack.post('root');
    await slack.say('reply', { thread_ts: root });
    const single = await slack.post('alone');
    await slack.client.chat.delete({ channel: SHOP, ts: root });
    await slack.client.chat.delete({ channel: SHOP, ts: single });
    const left = await slack.messages('channel=shop');
    expect(left.find(({ ts }) => ts === root)).toMatchObject({ subtype: 'tombstone', reply_count: 1 });
    expect(left.find(({ ts }) => ts === single)).toBeUndefined();
  });

  test('an ephemeral message is seen by one person and cannot be updated', async () => {
    const { message_ts: ts } = await slack.client.chat.postEphemeral({
      channel: SHOP,
      user: MIRA,
      text: 'for you',
    });
    expect((await slack.messages('channel=shop&as=mira')).at(-1)).toMatchObject({ ts, is_ephemeral: true });
    expect((await slack.messages('channel=shop&as=sana')).at(-1)?.['ts']).not.toBe(ts);
    expect(await slack.refusal('chat.update', { channel: SHOP, ts, text: 'x' })).toBe('message_not_found');
    const outsider = { channel: 'C0PLATFRM1', user: 'U0SANA0001', text: 'x' };
    expect(await slack.refusal('chat.postEphemeral', outsider)).toBe('user_not_in_channel');
  });

  test('a permalink names the thread of a reply', async () => {
    const root = await slack.post('root');
    const reply = await slack.post('reply', { thread_ts: root });
    const { permalink } = await slack.client.chat.getPermalink({ channel: SHOP, message_ts: reply });
    expect(permalink).toBe(
      `${slack.url}/archives/${SHOP}/p${reply.replace('.', '')}?thread_ts=${root}&cid=${SHOP}`,
    );
  });

  test('a reaction is added and removed once', async () => {
    const timestamp = await slack.post('react');
    const args = { channel: SHOP, timestamp, name: 'white_check_mark' };
    await slack.client.reactions.add(args);
    expect(await slack.refusal('reactions.add', args)).toBe('already_reacted');
    const { message } = await slack.client.reactions.get({ channel: SHOP, timestamp });
    expect(message?.reactions).toEqual([
      { name: 'white_check_mark', users: [slack.app.bot_user_id], count: 1 },
    ]);
    await slack.client.reactions.remove(args);
    expect(await slack.refusal('reactions.remove', args)).toBe('no_reaction');
    expect(await slack.refusal('reactions.add', { ...args, name: 'Not An Emoji' })).toBe('invalid_name');
  });
});

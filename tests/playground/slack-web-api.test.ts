// Slack's Web API as the local workspace answers it, through the real WebClient and by hand.
import { WebAPIPlatformError } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Json, MIRA, RANDOM, SHOP, TestSlack } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());
beforeEach(() => slack.control('limits', { enabled: false }));

/** The error word of a call that must be refused. */
async function refusal(method: string, args: Json): Promise<string> {
  const { status, body } = await slack.call(method, args);
  expect({ status, ok: body['ok'] }).toEqual({ status: 200, ok: false });
  return z.string().parse(body['error']);
}

async function post(text: string, more: Json = {}): Promise<string> {
  const { body } = await slack.call('chat.postMessage', { channel: SHOP, text, ...more });
  return z.string().parse(body['ts']);
}

describe('tokens and encodings', () => {
  test('a call without, with a wrong, or with the other kind of token is refused', async () => {
    expect((await slack.call('auth.test', {}, null)).body).toEqual({ ok: false, error: 'not_authed' });
    expect((await slack.call('auth.test', {}, 'xoxb-wrong')).body).toEqual({
      ok: false,
      error: 'invalid_auth',
    });
    expect((await slack.call('auth.test', {}, slack.app.app_token)).body['error']).toBe(
      'not_allowed_token_type',
    );
    expect((await slack.call('apps.connections.open', {})).body['error']).toBe('not_allowed_token_type');
  });

  test('an unknown method is an answer, not an HTTP error', async () => {
    const { status, body } = await slack.call('chat.postTelegram', {});
    expect({ status, body }).toMatchObject({ status: 200, body: { ok: false, error: 'unknown_method' } });
  });

  test('form, JSON and multipart bodies mean the same', async () => {
    const blocks = [{ type: 'divider', block_id: 'line' }];
    const headers = { authorization: `Bearer ${slack.app.bot_token}` };
    const form = new FormData();
    form.set('channel', SHOP);
    form.set('blocks', JSON.stringify(blocks));
    const bodies = [
      { headers, body: new URLSearchParams({ channel: SHOP, blocks: JSON.stringify(blocks) }) },
      { headers, body: form },
      {
        headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ channel: SHOP, blocks }),
      },
    ];
    for (const { headers, body } of bodies) {
      const response = await fetch(`${slack.url}/api/chat.postMessage`, { method: 'POST', headers, body });
      expect(await response.json()).toMatchObject({ ok: true, message: { blocks } });
    }
  });

  test('a scope that the app was not given is named', async () => {
    await slack.control('app', { scopes: ['users:read'] }, 'PUT');
    const { body } = await slack.call('chat.postMessage', { channel: SHOP, text: 'hi' });
    const { scopes } = await slack.control('app');
    expect(body).toMatchObject({
      ok: false,
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'users:read',
    });
    expect(scopes).toEqual(['users:read']);
    const { DEFAULT_SCOPES } = await import('../../playground/slack/seed.ts');
    await slack.control('app', { scopes: DEFAULT_SCOPES }, 'PUT');
  });
});

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
    expect(await refusal('chat.postMessage', args)).toBe(error);
  });

  test('an archived channel takes no posts', async () => {
    await slack.control('channels', { name: 'attic', members: ['mira', 'threadsmith'] });
    await slack.control('channels/update', { channel: 'attic', is_archived: true });
    expect(await refusal('chat.postMessage', { channel: '#attic', text: 'x' })).toBe('is_archived');
  });

  test('a private channel without the app looks as if it did not exist', async () => {
    await slack.control('channels', { name: 'board', members: ['mira'], is_private: true });
    expect(await refusal('chat.postMessage', { channel: 'board', text: 'x' })).toBe('channel_not_found');
  });

  test("posting to a person's id lands in the direct message", async () => {
    const { channel } = await slack.client.chat.postMessage({ channel: MIRA, text: 'psst' });
    expect(channel).toBe('D0MIRA0001');
  });

  test('a reply counts in its root, and a reply cannot be a root', async () => {
    const root = await slack.say('a question');
    const reply = await post('an answer', { thread_ts: root });
    const [first, second] = await slack.messages(`channel=shop&thread_ts=${root}`);
    expect(first).toMatchObject({
      ts: root,
      reply_count: 1,
      latest_reply: reply,
      reply_users: [slack.app.bot_user_id],
    });
    expect(second).toMatchObject({ ts: reply, thread_ts: root, parent_user_id: MIRA });
    expect(await refusal('chat.postMessage', { channel: SHOP, text: 'x', thread_ts: reply })).toBe(
      'thread_not_found',
    );
  });

  test('a text above 40,000 characters is cut in a post and refused in an update', async () => {
    const long = 'x'.repeat(40_001);
    const answer = await slack.client.chat.postMessage({ channel: SHOP, text: long });
    expect(answer.message?.text).toHaveLength(40_000);
    expect(answer.warning).toBe('message_truncated');
    expect(await refusal('chat.update', { channel: SHOP, ts: answer.ts, text: long })).toBe('msg_too_long');
  });

  test('blocks that are legal one by one but long together are refused', async () => {
    const section = { type: 'section', text: { type: 'mrkdwn', text: 'y'.repeat(3000) } };
    const blocks = Array.from({ length: 5 }, () => section);
    expect(await refusal('chat.postMessage', { channel: SHOP, text: 'long', blocks })).toBe(
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
    const ts = await post('with metadata', { metadata });
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
    const ts = await post('before', { blocks: [{ type: 'divider' }] });
    const updated = await slack.client.chat.update({ channel: SHOP, ts, text: 'after' });
    expect(updated.message).toMatchObject({ text: 'after', edited: { user: slack.app.bot_user_id } });
    expect(updated.message).not.toHaveProperty('blocks');
  });

  test("only the app's own messages can be updated or deleted", async () => {
    const ts = await slack.say('mine');
    expect(await refusal('chat.update', { channel: SHOP, ts, text: 'x' })).toBe('cant_update_message');
    expect(await refusal('chat.delete', { channel: SHOP, ts })).toBe('cant_delete_message');
    expect(await refusal('chat.update', { channel: SHOP, ts: '1.000001', text: 'x' })).toBe(
      'message_not_found',
    );
  });

  test('a deleted root with replies leaves a tombstone, a plain message nothing', async () => {
    const root = await post('root');
    await slack.say('reply', { thread_ts: root });
    const single = await post('alone');
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
    expect(await refusal('chat.update', { channel: SHOP, ts, text: 'x' })).toBe('message_not_found');
    const outsider = { channel: 'C0PLATFRM1', user: 'U0SANA0001', text: 'x' };
    expect(await refusal('chat.postEphemeral', outsider)).toBe('user_not_in_channel');
  });

  test('a permalink names the thread of a reply', async () => {
    const root = await post('root');
    const reply = await post('reply', { thread_ts: root });
    const { permalink } = await slack.client.chat.getPermalink({ channel: SHOP, message_ts: reply });
    expect(permalink).toBe(
      `${slack.url}/archives/${SHOP}/p${reply.replace('.', '')}?thread_ts=${root}&cid=${SHOP}`,
    );
  });

  test('a reaction is added and removed once', async () => {
    const timestamp = await post('react');
    const args = { channel: SHOP, timestamp, name: 'white_check_mark' };
    await slack.client.reactions.add(args);
    expect(await refusal('reactions.add', args)).toBe('already_reacted');
    const { message } = await slack.client.reactions.get({ channel: SHOP, timestamp });
    expect(message?.reactions).toEqual([
      { name: 'white_check_mark', users: [slack.app.bot_user_id], count: 1 },
    ]);
    await slack.client.reactions.remove(args);
    expect(await refusal('reactions.remove', args)).toBe('no_reaction');
    expect(await refusal('reactions.add', { ...args, name: 'Not An Emoji' })).toBe('invalid_name');
  });
});

describe('reading', () => {
  test('a long thread is read in pages, root first', async () => {
    const ts = await post('root');
    for (let i = 0; i < 5; i += 1) await post(`reply ${i}`, { thread_ts: ts });
    const first = await slack.client.conversations.replies({ channel: SHOP, ts, limit: 4 });
    expect(first).toMatchObject({
      has_more: true,
      messages: [{ text: 'root' }, {}, {}, { text: 'reply 2' }],
    });
    const cursor = first.response_metadata?.next_cursor ?? '';
    const second = await slack.client.conversations.replies({ channel: SHOP, ts, limit: 4, cursor });
    expect(second.messages?.map(({ text }) => text)).toEqual(['reply 3', 'reply 4']);
    expect(second.has_more).toBe(false);
  });

  test('history is newest first, without replies, within bounds', async () => {
    const one = await post('one');
    await post('hidden reply', { thread_ts: one });
    const two = await post('two');
    const { messages } = await slack.client.conversations.history({
      channel: SHOP,
      oldest: one,
      inclusive: true,
    });
    expect(messages?.map(({ ts }) => ts)).toEqual([two, one]);
    expect(await refusal('conversations.history', { channel: RANDOM })).toBe('not_in_channel');
    expect(await refusal('conversations.replies', { channel: SHOP, ts: '1.000001' })).toBe(
      'thread_not_found',
    );
  });

  test('joining a public channel lets the app post there', async () => {
    await slack.control('channels', { name: 'lobby', members: ['mira'] });
    const { channels } = await slack.client.conversations.list({ types: 'public_channel' });
    const id = z.string().parse(channels?.find(({ name }) => name === 'lobby')?.id);
    expect(await refusal('chat.postMessage', { channel: id, text: 'x' })).toBe('not_in_channel');
    await slack.client.conversations.join({ channel: id });
    await slack.client.chat.postMessage({ channel: id, text: 'hello lobby' });
    const { members } = await slack.client.conversations.members({ channel: id });
    expect(members).toContain(slack.app.bot_user_id);
  });

  test('people are found by id and e-mail; strangers and guests show as what they are', async () => {
    const { user } = await slack.client.users.info({ user: MIRA });
    expect(user).toMatchObject({
      name: 'mira',
      profile: { email: 'mira@brightloaf.example', real_name: 'Mira Okafor' },
    });
    const { user: lee } = await slack.client.users.lookupByEmail({ email: 'lee@brightloaf.example' });
    expect(lee).toMatchObject({ name: 'guest-lee', is_restricted: true });
    await slack.control('users', { name: 'otto', real_name: 'Otto', team_id: 'T0PARTNER1' });
    const { members } = await slack.client.users.list({});
    expect(members?.find(({ name }) => name === 'otto')).toMatchObject({
      team_id: 'T0PARTNER1',
      is_stranger: true,
    });
    expect(await refusal('users.info', { user: 'U0NOBODY01' })).toBe('user_not_found');
    expect(await refusal('users.lookupByEmail', { email: 'nobody@brightloaf.example' })).toBe(
      'users_not_found',
    );
  });

  test('the team, the bot, a user group and a direct message are there', async () => {
    expect((await slack.client.team.info()).team).toMatchObject({ name: 'Brightloaf', domain: 'brightloaf' });
    expect((await slack.client.bots.info({ bot: slack.app.bot_id })).bot).toMatchObject({
      app_id: slack.app.app_id,
    });
    const { users } = await slack.client.usergroups.users.list({ usergroup: 'S0ENGINEER' });
    expect(users).toContain(MIRA);
    const { channel } = await slack.client.conversations.open({ users: MIRA });
    expect(channel?.id).toBe('D0MIRA0001');
  });

  test('an OAuth code is exchanged once', async () => {
    const { code, client_id, client_secret } = await slack.control('oauth', {});
    const args = { code, client_id, client_secret };
    expect((await slack.call('oauth.v2.access', args, null)).body).toMatchObject({
      ok: true,
      access_token: slack.app.bot_token,
      team: { id: slack.app.team_id },
    });
    expect(await refusal('oauth.v2.access', args)).toBe('invalid_code');
  });
});

describe('threads of an agent', () => {
  test('a status, a title and a session are taken for threads that exist', async () => {
    const thread_ts = await slack.say('@threadsmith start');
    const thread = { channel_id: SHOP, thread_ts };
    await slack.client.assistant.threads.setStatus({ ...thread, status: 'is thinking…' });
    await slack.client.assistant.threads.setTitle({ ...thread, title: 'The total' });
    await slack.client.agents.sessions.setStatus({
      ...thread,
      status: 'processing',
      initiator_user_id: MIRA,
    });
    expect(await slack.control('sessions')).toMatchObject({
      sessions: { [`${SHOP}/${thread_ts}`]: { status: 'processing', title: 'The total' } },
    });
    const nowhere = { channel_id: SHOP, thread_ts: '1700000000.000009', status: 'x' };
    expect(await refusal('assistant.threads.setStatus', nowhere)).toBe('thread_not_found');
    expect(await refusal('agents.sessions.setStatus', { ...thread, status: 'asleep' })).toBe(
      'invalid_status',
    );
  });
});

describe('modals and Home', () => {
  const view = {
    type: 'modal' as const,
    title: { type: 'plain_text' as const, text: 'Title' },
    blocks: [{ type: 'divider' as const }],
  };

  /** A trigger id as a click would bring it. */
  const trigger = (viewId?: string): string => slack.running.workspace.services.triggers.issue(MIRA, viewId);

  test('a trigger id works once, and soon', async () => {
    const trigger_id = trigger();
    await slack.client.views.open({ trigger_id, view });
    expect(await refusal('views.open', { trigger_id, view })).toBe('expired_trigger_id');
    expect(await refusal('views.open', { trigger_id: 'made-up', view })).toBe('invalid_trigger_id');
    const hasty = await TestSlack.start({ deadlineMs: 30 });
    try {
      const late = hasty.running.workspace.services.triggers.issue(MIRA);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect((await hasty.call('views.open', { trigger_id: late, view })).body['error']).toBe(
        'expired_trigger_id',
      );
    } finally {
      await hasty.stop();
    }
  });

  test('three modals stack, a fourth does not', async () => {
    const { view: first } = await slack.client.views.open({ trigger_id: trigger(), view });
    for (let i = 0; i < 2; i += 1) await slack.client.views.push({ trigger_id: trigger(first?.id), view });
    expect(await slack.views('mira')).toHaveLength(3);
    expect(await refusal('views.push', { trigger_id: trigger(first?.id), view })).toBe('push_limit_reached');
    const top = (await slack.views('mira'))[2];
    expect(top).toMatchObject({ root_view_id: first?.id, previous_view_id: expect.stringMatching(/^V/) });
  });

  test('an update with an old hash is refused', async () => {
    const { view: opened } = await slack.client.views.open({ trigger_id: trigger(), view });
    const update = { view_id: opened?.id, hash: opened?.hash, view: { ...view, private_metadata: 'two' } };
    expect((await slack.call('views.update', update)).body).toMatchObject({
      ok: true,
      view: { private_metadata: 'two' },
    });
    expect(await refusal('views.update', update)).toBe('hash_conflict');
    expect(await refusal('views.update', { view_id: 'V0NOTHERE1', view })).toBe('not_found');
  });

  test.each([
    ['a title of 25 characters', { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } }],
    ['private_metadata of 3,001 characters', { ...view, private_metadata: 'x'.repeat(3001) }],
    ['101 blocks', { ...view, blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }],
    ['a block that only messages take', { ...view, blocks: [{ type: 'markdown', text: 'hi' }] }],
    ['an input without a submit button', { ...view, blocks: [inputBlock()] }],
    ['a field that views do not have', { ...view, colour: 'red' }],
  ])('%s is refused', async (_what, wrong) => {
    expect(await refusal('views.open', { trigger_id: trigger(), view: wrong })).toBe('invalid_arguments');
  });

  test('a Home tab is kept per person', async () => {
    await slack.client.views.publish({ user_id: MIRA, view: { type: 'home', blocks: view.blocks } });
    expect(await slack.control('home?user=mira')).toMatchObject({
      view: { type: 'home', blocks: [{ type: 'divider' }] },
    });
    expect(await slack.control('home?user=sana')).toEqual({ view: null });
  });

  function inputBlock(): Json {
    return {
      type: 'input',
      label: { type: 'plain_text', text: 'Why' },
      element: { type: 'plain_text_input', action_id: 'why' },
    };
  }
});

describe('limits and faults', () => {
  beforeEach(() => slack.control('limits', { enabled: true }));

  test('more than a short burst of posts in one channel is told to wait, other channels are not', async () => {
    const answers = [];
    for (let i = 0; i < 6; i += 1)
      answers.push(await slack.call('chat.postMessage', { channel: SHOP, text: `${i}` }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429, 429]);
    expect(answers[4]?.headers.get('retry-after')).toBe('1');
    expect(answers[4]?.body).toEqual({ ok: false, error: 'ratelimited' });
    expect((await slack.call('chat.postMessage', { channel: 'C0PLATFRM1', text: 'x' })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await slack.call('chat.postMessage', { channel: SHOP, text: 'again' })).status).toBe(200);
  });

  test("a method's minute is counted", async () => {
    const statuses = [];
    for (let i = 0; i < 21; i += 1) statuses.push((await slack.call('users.list')).status);
    expect(statuses.slice(0, 20).every((status) => status === 200)).toBe(true);
    expect(statuses[20]).toBe(429);
  });

  test('ordered faults hit the named method so many times, and no other', async () => {
    const order = { method: 'chat.update', times: 2 };
    await slack.control('faults', { kind: 'rate_limited', retry_after: 7, ...order });
    const ts = await post('target');
    const update = { channel: SHOP, ts, text: 'x' };
    const limited = await slack.call('chat.update', update);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect((await slack.call('chat.update', update)).status).toBe(429);
    expect((await slack.call('chat.update', update)).body['ok']).toBe(true);
    await slack.control('faults', { kind: 'http_503', method: 'chat.update', skip: 1 });
    expect((await slack.call('chat.update', update)).status).toBe(200);
    expect((await slack.call('chat.update', update)).status).toBe(503);
    await slack.control('faults', { kind: 'slack_error', error: 'fatal_error', method: 'chat.update' });
    expect(await refusal('chat.update', update)).toBe('fatal_error');
    expect(await slack.control('faults')).toEqual({ faults: [] });
  });

  test('a call that takes effect and loses its answer leaves exactly its effect', async () => {
    await slack.control('faults', { kind: 'applied_then_cut', method: 'chat.postMessage' });
    await expect(slack.call('chat.postMessage', { channel: SHOP, text: 'did it arrive?' })).rejects.toThrow(
      'fetch failed',
    );
    const arrived = (await slack.messages('channel=shop')).filter(({ text }) => text === 'did it arrive?');
    expect(arrived).toHaveLength(1);
  });

  test('a call that hangs neither answers nor takes effect', async () => {
    await slack.control('faults', { kind: 'hang', method: 'chat.postMessage', ms: 100, channel: SHOP });
    const started = performance.now();
    await expect(slack.call('chat.postMessage', { channel: SHOP, text: 'into the void' })).rejects.toThrow(
      'fetch failed',
    );
    expect(performance.now() - started).toBeGreaterThan(90);
    expect((await slack.messages('channel=shop')).filter(({ text }) => text === 'into the void')).toEqual([]);
  });

  test('the WebClient sees a refusal as its own error', async () => {
    const error = await slack.client.chat
      .postMessage({ channel: RANDOM, text: 'x' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WebAPIPlatformError);
  });

  test('every call is in the journal, without its token', async () => {
    await slack.call('users.info', { user: MIRA, token: slack.app.bot_token });
    const { calls } = await slack.control('calls');
    const last = z.array(z.record(z.string(), z.unknown())).parse(calls).at(-1);
    expect(last).toMatchObject({ method: 'users.info', args: { user: MIRA }, ok: true, status: 200 });
    expect(JSON.stringify(calls)).not.toContain(slack.app.bot_token);
  });
});

// Slack's Web API as the local workspace answers it, through the real WebClient and by hand: who may call,
// and what can be read.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MIRA, RANDOM, SHOP, TestSlack } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());
beforeEach(() => slack.control('limits', { enabled: false }));

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
    const { DEFAULT_SCOPES } = await import('../../playground/slack/records/seed.ts');
    await slack.control('app', { scopes: DEFAULT_SCOPES }, 'PUT');
  });
});

describe('reading', () => {
  test('a long thread is read in pages, root first', async () => {
    const ts = await slack.post('root');
    for (let i = 0; i < 5; i += 1) await slack.post(`reply ${i}`, { thread_ts: ts });
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
    const one = await slack.post('one');
    await slack.post('hidden reply', { thread_ts: one });
    const two = await slack.post('two');
    const { messages } = await slack.client.conversations.history({
      channel: SHOP,
      oldest: one,
      inclusive: true,
    });
    expect(messages?.map(({ ts }) => ts)).toEqual([two, one]);
    expect(await slack.refusal('conversations.history', { channel: RANDOM })).toBe('not_in_channel');
    expect(await slack.refusal('conversations.replies', { channel: SHOP, ts: '1.000001' })).toBe(
      'thread_not_found',
    );
  });

  test('joining a public channel lets the app post there', async () => {
    await slack.control('channels', { name: 'lobby', members: ['mira'] });
    const { channels } = await slack.client.conversations.list({ types: 'public_channel' });
    const id = z.string().parse(channels?.find(({ name }) => name === 'lobby')?.id);
    expect(await slack.refusal('chat.postMessage', { channel: id, text: 'x' })).toBe('not_in_channel');
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
    expect(await slack.refusal('users.info', { user: 'U0NOBODY01' })).toBe('user_not_found');
    expect(await slack.refusal('users.lookupByEmail', { email: 'nobody@brightloaf.example' })).toBe(
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
    expect(await slack.refusal('oauth.v2.access', args)).toBe('invalid_code');
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
    expect(await slack.refusal('assistant.threads.setStatus', nowhere)).toBe('thread_not_found');
    expect(await slack.refusal('agents.sessions.setStatus', { ...thread, status: 'asleep' })).toBe(
      'invalid_status',
    );
  });
});

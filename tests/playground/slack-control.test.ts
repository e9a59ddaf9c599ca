// The control API: what the page shows, hears and does, and who may use it.
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Json, MIRA, SHOP, TestSlack, until } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());

/** Listens as a page does; answers the list that fills up. */
async function listen(person: string): Promise<Json[]> {
  const changes: Json[] = [];
  const abort = new AbortController();
  slack.onStop(async () => abort.abort());
  const response = await fetch(`${slack.url}/control/stream?as=${person}`, { signal: abort.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const read = async (): Promise<void> => {
    let text = '';
    for await (const part of response.body ?? []) {
      text += Buffer.from(part).toString();
      const lines = text.split('\n\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data: '))
          changes.push(z.record(z.string(), z.unknown()).parse(JSON.parse(line.slice(6))));
      }
    }
  };
  read().catch(() => {});
  return changes;
}

describe('the control API', () => {
  test('the state names the team, the people and the channels, and no token', async () => {
    const state = await slack.control('state');
    expect(state).toMatchObject({
      team: { name: 'Brightloaf' },
      app: { name: 'threadsmith' },
      connected: false,
    });
    const names = z.object({ channels: z.array(z.looseObject({ name: z.string() })) }).parse(state).channels;
    expect(names.map(({ name }) => name).filter(Boolean)).toEqual(['shop', 'platform', 'alerts', 'random']);
    expect(JSON.stringify(state)).not.toMatch(/xoxb|xapp|secret/);
  });

  test('a page hears of messages, changes, reactions and deletions', async () => {
    const changes = await listen(MIRA);
    const { ts } = await slack.client.chat.postMessage({ channel: SHOP, text: 'one' });
    const at = { channel: SHOP, ts: String(ts) };
    await slack.client.chat.update({ ...at, text: 'two' });
    await slack.control('reactions', { user: 'sana', ...at, name: 'bread' });
    await slack.client.chat.delete(at);
    await until(() => changes.length === 4);
    expect(changes.map(({ type }) => type)).toEqual([
      'message',
      'message_changed',
      'reaction',
      'message_deleted',
    ]);
    expect(changes[1]).toMatchObject({ ...at, message: { text: 'two' } });
    expect(changes[2]).toMatchObject({ message: { reactions: [{ name: 'bread', count: 1 }] } });
  });

  test('what is for one person, or in a place one is not in, is not told to others', async () => {
    const hers = await listen('U0SANA0001');
    const his = await listen('U0JONAS001');
    await slack.client.chat.postEphemeral({ channel: SHOP, user: 'U0SANA0001', text: 'for Sana' });
    await slack.client.chat.postMessage({ channel: 'U0SANA0001', text: 'also for Sana' });
    await slack.client.chat.postMessage({ channel: SHOP, text: 'for all' });
    await until(() => hers.length === 3 && his.length > 0);
    await sleep(30);
    expect(hers.map(({ type }) => type)).toEqual(['ephemeral', 'message', 'message']);
    expect(his).toMatchObject([{ type: 'message', message: { text: 'for all' } }]);
  });

  test('a status line shows and goes when the app posts', async () => {
    const thread_ts = await slack.say('@threadsmith think');
    const changes = await listen(MIRA);
    const thread = { channel_id: SHOP, thread_ts };
    await slack.client.assistant.threads.setStatus({
      ...thread,
      status: 'is thinking…',
      loading_messages: ['Kneading'],
    });
    await slack.client.chat.postMessage({ channel: SHOP, thread_ts, text: 'done' });
    await until(() => changes.length === 3);
    const statuses = changes.filter(({ type }) => type === 'status').map(({ status }) => status);
    expect(statuses).toEqual(['is thinking…', '']);
  });

  test.each([
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    ['see https://example.com/?a=1&b=2.', 'see <https://example.com/?a=1&amp;b=2>.'],
    [
      'ask @Mira or @nobody in #platform, not #42',
      'ask <@U0MIRA0001> or @nobody in <#C0PLATFRM1|platform>, not #42',
    ],
    ['@here mail a@mira.example <@U0JONAS001>', '<!here> mail a@mira.example <@U0JONAS001>'],
  ])('what a person types as %j an app gets as %j', async (typed, text) => {
    const ts = await slack.say(typed);
    const message = (await slack.messages('channel=shop')).find((candidate) => candidate['ts'] === ts);
    expect(message?.['text']).toBe(text);
    expect(JSON.stringify(message?.['blocks'])).not.toMatch(/&(amp|lt|gt);/);
  });

  test('people edit and delete their own messages only', async () => {
    const ts = await slack.say('frist');
    const target = { channel: 'shop', ts };
    const foreign = await slack.tryControl('messages/edit', { user: 'sana', ...target, text: 'x' });
    expect(foreign).toMatchObject({ status: 400, answer: { error: 'not_your_message' } });
    await slack.control('messages/edit', { user: 'mira', ...target, text: 'first @jonas' });
    const edited = (await slack.messages('channel=shop')).find((message) => message['ts'] === ts);
    expect(edited).toMatchObject({ text: 'first <@U0JONAS001>', edited: { user: MIRA } });
    await slack.control('messages/delete', { user: 'mira', ...target });
    expect((await slack.messages('channel=shop')).some((message) => message['ts'] === ts)).toBe(false);
  });

  test.each([
    ['messages', { user: 'nobody', channel: 'shop', text: 'x' }, 'user_not_found'],
    ['messages', { user: 'sana', channel: 'platform', text: 'x' }, 'user_not_in_channel'],
    ['messages', { user: 'mira', channel: 'shop' }, 'no_text'],
    ['messages', { channel: 'shop', text: 'x' }, 'give either user or bot'],
    ['messages', { user: 'mira', channel: 'shop', text: 'x', thread_ts: '1.000001' }, 'thread_not_found'],
    ['views/submit', { user: 'mira', view_id: 'V0' }, 'view_not_found'],
  ])('POST %s with %j is refused', async (path, body, error) => {
    expect(await slack.tryControl(path, body)).toMatchObject({ status: 400, answer: { ok: false, error } });
  });

  test('an unknown fault and an unknown route say what is wrong', async () => {
    expect((await slack.tryControl('faults', { kind: 'earthquake' })).answer['error']).toContain('kind');
    expect((await slack.tryControl('nowhere')).status).toBe(404);
  });

  test('a page of another origin, or one that borrowed a name for this address, gets nothing', async () => {
    const status = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const call = request(`${slack.url}/control/app`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        call.on('error', reject);
        call.end();
      });
    expect(await status({})).toBe(200);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ host: 'evil.example:3400' })).toBe(403);
    expect(await status({ origin: slack.url })).toBe(200);
  });

  test('a reset empties the channels and leaves the tokens', async () => {
    await slack.say('to be forgotten');
    await slack.control('faults', { kind: 'http_500' });
    await slack.control('reset', {});
    expect(await slack.messages('channel=shop')).toEqual([]);
    expect(await slack.control('faults')).toEqual({ faults: [] });
    expect((await slack.client.auth.test()).ok).toBe(true);
  });
});

describe('an app as its manifest says', () => {
  const manifest = {
    features: {
      shortcuts: [
        { name: 'Start here', type: 'message', callback_id: 'start_here', description: 'From a message' },
      ],
      slash_commands: [{ command: '/threadsmith' }],
    },
    oauth_config: { scopes: { bot: ['chat:write'] } },
    settings: { event_subscriptions: { bot_events: ['app_mention'] } },
  };

  test('gets the events, scopes, commands and shortcuts of the manifest and no others', async () => {
    await slack.control('app', { manifest }, 'PUT');
    const { event_ids } = await slack.control('messages', {
      user: 'mira',
      channel: 'shop',
      text: '@threadsmith hi',
    });
    expect(event_ids).toHaveLength(1);
    expect((await slack.call('users.list')).body['error']).toBe('missing_scope');
    expect(await slack.control('state')).toMatchObject({
      app: { shortcuts: [{ callback_id: 'start_here' }] },
    });
    const order = { user: 'mira', channel: 'shop' };
    expect((await slack.tryControl('commands', { ...order, command: '/other' })).answer['error']).toBe(
      'unknown_command',
    );
    const shortcut = { user: 'mira', callback_id: 'other' };
    expect((await slack.tryControl('shortcuts', shortcut)).answer['error']).toBe('unknown_shortcut');
  });

  test('the gallery keeps samples with what Slack would say against them', async () => {
    const samples = [
      { title: 'fine', blocks: [{ type: 'divider' }] },
      { title: 'not fine', surface: 'modal', view: { title: {}, blocks: [{ type: 'markdown', text: 'x' }] } },
    ];
    await slack.control('gallery', { samples }, 'PUT');
    expect(await slack.control('gallery')).toMatchObject({
      samples: [
        { title: 'fine', problems: [] },
        {
          title: 'not fine',
          blocks: [{ type: 'markdown' }],
          problems: [expect.stringContaining('/blocks/0/type')],
        },
      ],
    });
  });
});

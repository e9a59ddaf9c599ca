// Streamed messages: growing, ending, dying after Slack's five minutes, stopped by a person.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Json, MIRA, SHOP, TestSlack, until } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  // Five minutes are three seconds.
  slack = await TestSlack.start({ timeScale: 0.01 });
});
afterAll(() => slack.stop());

const recipient = { recipient_team_id: 'T0BRIGHT01', recipient_user_id: MIRA };

async function start(more: Json = {}): Promise<{ channel: string; thread_ts: string; ts: string }> {
  const thread_ts = await slack.say('@threadsmith tell me');
  const { body } = await slack.call('chat.startStream', { channel: SHOP, thread_ts, ...recipient, ...more });
  return { channel: SHOP, thread_ts, ts: z.string().parse(body['ts']) };
}

async function messageAt(thread_ts: string, ts: string): Promise<Json | undefined> {
  return (await slack.messages(`channel=shop&thread_ts=${thread_ts}`)).find(
    (message) => message['ts'] === ts,
  );
}

describe('streams', () => {
  test("the SDK's chatStream writes one message that ends with its blocks", async () => {
    const thread_ts = await slack.say('@threadsmith explain');
    const streamer = slack.client.chatStream({ channel: SHOP, thread_ts, ...recipient, buffer_size: 8 });
    await streamer.append({ markdown_text: '**The total** ' });
    await streamer.append({ markdown_text: 'ignored the quantity.' });
    expect(await messageAt(thread_ts, String(streamer.ts))).toMatchObject({ streaming_state: 'in_progress' });
    await streamer.stop({ blocks: [{ type: 'divider' }] });
    const messages = await slack.messages(`channel=shop&thread_ts=${thread_ts}`);
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatchObject({
      text: '**The total** ignored the quantity.',
      streaming_state: 'completed',
      blocks: [{ type: 'markdown', text: '**The total** ignored the quantity.' }, { type: 'divider' }],
    });
  });

  test('task chunks become task cards that change by their id, in plan mode inside one plan', async () => {
    const { channel, thread_ts, ts } = await start({ task_display_mode: 'plan' });
    const task = { type: 'task_update', id: 'read', title: 'Read the code' };
    const chunks = [
      { type: 'plan_update', title: 'Fixing' },
      { ...task, status: 'in_progress' },
    ];
    await slack.call('chat.appendStream', { channel, ts, chunks });
    await slack.call('chat.appendStream', {
      channel,
      ts,
      chunks: [{ ...task, status: 'complete', output: 'found it' }],
    });
    const message = await messageAt(thread_ts, ts);
    expect(message?.['blocks']).toMatchObject([
      {
        type: 'plan',
        title: 'Fixing',
        tasks: [{ task_id: 'read', status: 'complete', output: { type: 'rich_text' } }],
      },
    ]);
  });

  test('a stream dies after five minutes even while it grows, and chat.update still works', async () => {
    const { channel, thread_ts, ts } = await start();
    await sleep(1_000);
    const markdown_text = 'still here';
    expect((await slack.call('chat.appendStream', { channel, ts, markdown_text })).body['ok']).toBe(true);
    const during = await slack.call('chat.update', { channel, ts, text: 'x' });
    expect(during.body['error']).toBe('streaming_state_conflict');
    await until(async () => (await messageAt(thread_ts, ts))?.['streaming_state'] === 'errored');
    const late = await slack.call('chat.appendStream', { channel, ts, markdown_text });
    expect(late.body['error']).toBe('message_not_in_streaming_state');
    expect(await messageAt(thread_ts, ts)).toMatchObject({ streaming_state: 'errored', text: 'still here' });
    expect((await slack.call('chat.update', { channel, ts, text: 'whole' })).body['ok']).toBe(true);
  });

  test('a person stops the agent: the event names the streams, appending says so', async () => {
    const { channel, thread_ts, ts } = await start({ markdown_text: 'working' });
    const stop = { user: 'mira', channel: 'shop', thread_ts };
    expect((await slack.tryControl('agents/stop', stop)).answer['error']).toBe('session_is_not_processing');
    await slack.client.agents.sessions.setStatus({ channel_id: SHOP, thread_ts, status: 'processing' });
    await slack.control('agents/stop', stop);
    const refused = await slack.call('chat.appendStream', { channel, ts, markdown_text: 'more' });
    expect(refused.body['error']).toBe('stopped_by_user');
    expect(await messageAt(thread_ts, ts)).toMatchObject({ text: 'working', streaming_state: 'completed' });
  });

  test.each([
    [
      'without a recipient in a channel',
      { ...recipient, recipient_user_id: '' },
      'missing_recipient_user_id',
    ],
    ['with a chunk of no known type', { ...recipient, chunks: [{ type: 'smoke' }] }, 'invalid_chunks'],
    [
      'with a task of no known state',
      { ...recipient, chunks: [{ type: 'task_update', id: 'a', title: 'b', status: 'meh' }] },
      'invalid_chunks',
    ],
    ['with too long a text', { ...recipient, markdown_text: 'x'.repeat(12_001) }, 'msg_too_long'],
    [
      'with a block that is wrong',
      { ...recipient, chunks: [{ type: 'blocks', blocks: [{ type: 'header' }] }] },
      'invalid_blocks',
    ],
  ])('a stream %s is refused', async (_what, args, error) => {
    const thread_ts = await slack.say('@threadsmith go');
    const { body } = await slack.call('chat.startStream', { channel: SHOP, thread_ts, ...args });
    expect(body['error']).toBe(error);
  });
});

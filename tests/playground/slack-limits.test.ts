// Rate limits, ordered faults and the journal of calls.
import { WebAPIPlatformError } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MIRA, RANDOM, SHOP, TestSlack } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());
beforeEach(() => slack.control('limits', { enabled: false }));

describe('limits and faults', () => {
  beforeEach(() => slack.control('limits', { enabled: true }));

  test('more than a short burst of posts in one channel is told to wait, other channels are not', async () => {
    // All at once: one after the other they may take longer than Slack's second.
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => slack.call('chat.postMessage', { channel: SHOP, text: `${i}` })),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 200, 200, 200, 429, 429,
    ]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(refused?.body).toEqual({ ok: false, error: 'ratelimited' });
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
    const ts = await slack.post('target');
    const update = { channel: SHOP, ts, text: 'x' };
    const limited = await slack.call('chat.update', update);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect((await slack.call('chat.update', update)).status).toBe(429);
    expect((await slack.call('chat.update', update)).body['ok']).toBe(true);
    await slack.control('faults', { kind: 'http_503', method: 'chat.update', skip: 1 });
    expect((await slack.call('chat.update', update)).status).toBe(200);
    expect((await slack.call('chat.update', update)).status).toBe(503);
    await slack.control('faults', { kind: 'slack_error', error: 'fatal_error', method: 'chat.update' });
    expect(await slack.refusal('chat.update', update)).toBe('fatal_error');
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

// Events and interactions over signed HTTP: a real Bolt app, and a bare server that sees every header.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Json, SHOP, TestSlack, until } from './slack-setup.ts';

let slack: TestSlack;

beforeEach(async () => {
  slack = await TestSlack.start({ deadlineMs: 2_000, timeScale: 0.01 });
});
afterEach(() => slack.stop());

describe('a Bolt app behind signed HTTP', () => {
  test('gets mentions, clicks and commands, and its answers count', async () => {
    const heard: string[] = [];
    await slack.boltOnHttp((app) => {
      app.event('app_mention', async ({ event }) => {
        heard.push(event.text);
      });
      app.action('approve', async ({ ack, body, respond }) => {
        await ack();
        heard.push(`approved by ${body.user.id}`);
        await respond({ text: 'Merged.', replace_original: true });
      });
      app.view('form', async ({ ack }) => ack({ response_action: 'errors', errors: { why: 'No.' } }));
      app.command('/threadsmith', async ({ ack, command }) =>
        ack({ response_type: 'in_channel', text: command.text }),
      );
    });
    await slack.say('@threadsmith over HTTP');
    await until(() => heard.includes('<@U0THREAD01> over HTTP'));

    const { ts } = await slack.client.chat.postMessage({ channel: SHOP, text: 'Ready?', blocks: approve });
    const report = await slack.control('actions', { user: 'sana', channel: SHOP, ts, action_id: 'approve' });
    expect(report).toMatchObject({ acked: true });
    await until(() => heard.includes('approved by U0SANA0001'));
    const changed = await until(async () =>
      (await slack.messages('channel=shop')).find((message) => message['text'] === 'Merged.'),
    );
    expect(changed).toMatchObject({ ts });

    await slack.control('commands', {
      user: 'mira',
      channel: 'shop',
      command: '/threadsmith',
      text: 'for all',
    });
    expect((await slack.messages('channel=shop&as=jonas')).at(-1)).toMatchObject({ text: 'for all' });
    const { events } = await slack.control('events');
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'app_mention', transport: 'http', acked: true }),
      ]),
    );
  });

  test('an action that no listener acknowledges is reported as such after the deadline', async () => {
    await slack.boltOnHttp((app) => {
      app.action('approve', async () => {});
    });
    const { ts } = await slack.client.chat.postMessage({ channel: SHOP, text: 'Ready?', blocks: approve });
    const report = await slack.control('actions', { user: 'sana', channel: SHOP, ts, action_id: 'approve' });
    expect(report).toMatchObject({ ok: true, acked: false, reason: 'http_timeout' });
  });

  test('an answer that is lost on its way brings an event again, but no click', async () => {
    const heard: string[] = [];
    await slack.boltOnHttp((app) => {
      app.event('app_mention', async ({ context }) => {
        heard.push(`mentioned, retry ${context.retryNum ?? 0}`);
      });
      app.action('approve', async ({ ack }) => {
        heard.push('clicked');
        await ack();
      });
    });
    await slack.control('faults', { kind: 'answer_lost', method: 'app_mention' });
    await slack.control('faults', { kind: 'answer_lost', method: 'interactive' });
    const { ts } = await slack.client.chat.postMessage({ channel: SHOP, text: 'Ready?', blocks: approve });
    const report = await slack.control('actions', { user: 'sana', channel: SHOP, ts, action_id: 'approve' });
    expect(report).toMatchObject({ ok: true, acked: false, reason: 'connection_failed' });
    await slack.say('@threadsmith twice');
    await until(() => heard.includes('mentioned, retry 1'));
    expect(heard.toSorted()).toEqual(['clicked', 'mentioned, retry 0', 'mentioned, retry 1']);
    expect(await slack.control('faults/struck')).toEqual({ struck: { answer_lost: 2 } });
  });

  test('an ssl_check is answered', async () => {
    await slack.boltOnHttp(() => {});
    expect(await slack.control('ssl-check', {})).toMatchObject({ status: 200 });
  });
});

describe('what a request URL sees', () => {
  interface Received {
    headers: IncomingHttpHeaders;
    body: string;
    at: number;
  }
  let server: Server;
  let url: string;
  let received: Received[];
  let answer: (body: string) => { status: number; text?: string; headers?: Record<string, string> };

  beforeEach(async () => {
    received = [];
    answer = (body) => {
      const challenge = /"challenge":"(\w+)"/.exec(body)?.[1];
      return challenge === undefined ? { status: 200 } : { status: 200, text: challenge };
    };
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString();
        received.push({ headers: request.headers, body, at: performance.now() });
        const { status, text, headers } = answer(body);
        response.writeHead(status, headers);
        response.end(text);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/slack/events`;
    slack.onStop(async () => {
      server.closeAllConnections();
      server.close();
    });
  });

  test('the URL is checked with a signed challenge before it is taken', async () => {
    const take = answer;
    answer = () => ({ status: 200, text: 'hello' });
    const refused = await slack.tryControl('app', { request_url: url }, 'PUT');
    expect(refused).toMatchObject({
      status: 400,
      answer: { error: expect.stringContaining('url_verification_failed') },
    });
    expect(await slack.control('app')).toMatchObject({ request_url: null, delivery: 'socket' });
    answer = take;
    expect(await slack.control('app', { request_url: url }, 'PUT')).toMatchObject({
      request_url: url,
      delivery: 'http',
    });
    expect(received.every(isSigned)).toBe(true);
    expect(await slack.control('state')).toMatchObject({ connected: true });
  });

  test("an event is signed and wrapped as Slack's are", async () => {
    await slack.control('app', { request_url: url }, 'PUT');
    await slack.say('plain words');
    const event = await until(() => received.at(1));
    expect(isSigned(event)).toBe(true);
    expect(event.headers).not.toHaveProperty('x-slack-retry-num');
    expect(JSON.parse(event.body)).toMatchObject({
      type: 'event_callback',
      token: expect.any(String),
      team_id: slack.app.team_id,
      api_app_id: slack.app.app_id,
      event_id: expect.stringMatching(/^Ev[A-Z0-9]{10}$/),
      event_time: expect.any(Number),
      is_ext_shared_channel: false,
      event_context: expect.any(String),
      authorizations: [{ team_id: slack.app.team_id, user_id: slack.app.bot_user_id, is_bot: true }],
      event: { type: 'message', text: 'plain words', channel: SHOP },
    });
  });

  test('a failing URL gets three retries, each saying which and why, then no more', async () => {
    await slack.control('app', { request_url: url }, 'PUT');
    answer = () => ({ status: 500 });
    await slack.say('again and again');
    await until(() => received.length === 5);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(received).toHaveLength(5);
    const tries = received.slice(1);
    expect(tries.map(({ headers }) => headers['x-slack-retry-num'])).toEqual([undefined, '1', '2', '3']);
    expect(tries[1]?.headers['x-slack-retry-reason']).toBe('http_error');
    expect(
      new Set(
        tries.map(({ body }) => z.looseObject({ event_id: z.string() }).parse(JSON.parse(body)).event_id),
      ).size,
    ).toBe(1);
    const gap = (tries[3]?.at ?? 0) - (tries[2]?.at ?? 0);
    expect(gap).toBeGreaterThan(2_900);
  });

  test('x-slack-no-retry stops the retries', async () => {
    await slack.control('app', { request_url: url }, 'PUT');
    answer = () => ({ status: 500, headers: { 'x-slack-no-retry': '1' } });
    await slack.say('once is enough');
    await until(() => received.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(received).toHaveLength(2);
  });

  test('an app that is down gets the event when it is back', async () => {
    await slack.control('app', { request_url: url }, 'PUT');
    await new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    });
    await slack.say('while you were out');
    await until(async () => JSON.stringify(await slack.control('events')).includes('connection_failed'));
    await new Promise<void>((resolve) => {
      server.listen(Number(new URL(url).port), '127.0.0.1', resolve);
    });
    const late = await until(() => received.find(({ body }) => body.includes('while you were out')));
    expect(late.headers['x-slack-retry-reason']).toBe('connection_failed');
  });

  test('an interaction is a signed form with one JSON field', async () => {
    await slack.control('app', { request_url: url }, 'PUT');
    const { ts } = await slack.client.chat.postMessage({ channel: SHOP, text: 'x', blocks: approve });
    await slack.control('actions', { user: 'mira', channel: SHOP, ts, action_id: 'approve' });
    const click = await until(() => received.find(({ body }) => body.startsWith('payload=')));
    expect(isSigned(click)).toBe(true);
    const payload: unknown = JSON.parse(new URLSearchParams(click.body).get('payload') ?? '');
    expect(payload).toMatchObject({ type: 'block_actions', actions: [{ action_id: 'approve' }] });
  });

  test('a response URL works five times', async () => {
    await slack.control('app', { request_url: url }, 'PUT');
    const { ts } = await slack.client.chat.postMessage({ channel: SHOP, text: 'x', blocks: approve });
    await slack.control('actions', { user: 'mira', channel: SHOP, ts, action_id: 'approve' });
    const click = await until(() => received.find(({ body }) => body.startsWith('payload=')));
    const payload: Json = z
      .looseObject({})
      .parse(JSON.parse(new URLSearchParams(click.body).get('payload') ?? ''));
    const answers = [];
    for (let i = 0; i < 6; i += 1) {
      const body = JSON.stringify({ text: `answer ${i}` });
      answers.push(await fetch(String(payload['response_url']), { method: 'POST', body }));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404]);
    expect(await answers[5]?.json()).toEqual({ ok: false, error: 'used_url' });
    const hers = (await slack.messages('channel=shop&as=mira')).filter(
      ({ is_ephemeral }) => is_ephemeral === true,
    );
    expect(hers).toHaveLength(5);
  });

  function isSigned({ headers, body }: Received): boolean {
    const timestamp = headers['x-slack-request-timestamp'];
    const digest = createHmac('sha256', slack.app.signing_secret)
      .update(`v0:${String(timestamp)}:${body}`)
      .digest('hex');
    return headers['x-slack-signature'] === `v0=${digest}`;
  }
});

const approve = [
  {
    type: 'actions' as const,
    elements: [
      {
        type: 'button' as const,
        action_id: 'approve',
        text: { type: 'plain_text' as const, text: 'Approve' },
      },
    ],
  },
];

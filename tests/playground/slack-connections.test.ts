// Socket Mode's connections: tickets, turns, retries, waiting events, reconnecting.

import { SocketModeReceiver } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket, { type RawData } from 'ws';
import { z } from 'zod';
import { type Json, TestSlack, until } from './slack-setup.ts';

describe('connections', () => {
  let slack: TestSlack;
  const texts: string[] = [];

  beforeEach(async () => {
    slack = await TestSlack.start({ deadlineMs: 1_500, timeScale: 0.05 });
  });
  afterEach(() => slack.stop());

  async function connect(acks = false): Promise<{ socket: WebSocket; frames: Json[] }> {
    const { url } = await slack.webClient(slack.app.app_token).apps.connections.open({});
    const socket = new WebSocket(String(url));
    const frames: Json[] = [];
    socket.on('message', (data) => {
      const frame = parseFrame(data);
      frames.push(frame);
      if (acks && 'envelope_id' in frame) socket.send(JSON.stringify({ envelope_id: frame['envelope_id'] }));
    });
    slack.onStop(async () => socket.terminate());
    await until(() => frames[0]?.['type'] === 'hello');
    return { socket, frames };
  }

  test('an event that finds nobody waits and is delivered soon after a connection', async () => {
    await slack.say('@threadsmith are you there');
    await until(async () => (await slack.control('events'))['waiting'] === 2);
    expect(await slack.control('events')).toMatchObject({ waiting: 2, underway: 2 });
    await slack.boltOnSocket((bolt) => {
      bolt.event('app_mention', async ({ event }) => {
        texts.push(event.text);
      });
    });
    await until(() => texts.length === 1);
    expect(texts[0]).toContain('are you there');
    await until(async () => (await slack.control('events'))['underway'] === 0);
  });

  test('a ticket opens one connection only', async () => {
    const { url } = await slack.webClient(slack.app.app_token).apps.connections.open({});
    const first = new WebSocket(String(url));
    await new Promise((resolve) => first.once('open', resolve));
    const second = new WebSocket(String(url));
    const failure = await new Promise((resolve) => second.once('error', (error) => resolve(error.message)));
    expect(failure).toContain('401');
    first.terminate();
  });

  test('envelopes go round the open connections, one each', async () => {
    const one = await connect(true);
    const two = await connect(true);
    for (let i = 0; i < 4; i += 1) await slack.say(`round ${i}`);
    await until(() => one.frames.length + two.frames.length >= 6);
    const events = (frames: Json[]) => frames.filter(({ type }) => type === 'events_api').length;
    expect(events(one.frames)).toBe(2);
    expect(events(two.frames)).toBe(2);
  });

  test('an envelope without an ack is sent again with retry_attempt and retry_reason', async () => {
    const { socket, frames } = await connect();
    await slack.say('ignored at first');
    const again = await until(() => frames.find(({ retry_attempt }) => retry_attempt === 1));
    expect(again).toMatchObject({ type: 'events_api', retry_attempt: 1, retry_reason: 'timeout' });
    socket.send(JSON.stringify({ envelope_id: again['envelope_id'], payload: {} }));
    const { events } = await until(async () => {
      const report = await slack.control('events');
      return JSON.stringify(report).includes('"retry_num":1,"acked":true') && report;
    });
    expect(events).toEqual(
      expect.arrayContaining([expect.objectContaining({ acked: false, reason: 'timeout' })]),
    );
  });

  test('Bolt comes back after refresh_requested and gets what was said meanwhile', async () => {
    const heard: string[] = [];
    const installerOptions = { clientOptions: { slackApiUrl: slack.app.api_url } };
    // The SDK waits this long before it connects again: five seconds unless told otherwise.
    const receiver = new SocketModeReceiver({
      appToken: slack.app.app_token,
      clientPingTimeout: 300,
      installerOptions,
    });
    await slack.boltOnSocket((bolt) => {
      bolt.message(async ({ message }) => {
        if ('text' in message) heard.push(String(message.text));
      });
    }, receiver);
    await slack.control('socket/disconnect', { reason: 'refresh_requested' });
    await slack.say('in the gap');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['in the gap']);
  });

  test('a connection cut right after an envelope brings the event again', async () => {
    const one = await connect();
    await slack.control('faults', { kind: 'socket_disconnect', method: 'reaction_added' });
    const ts = await slack.say('to react to');
    await slack.control('reactions', { user: 'mira', channel: 'shop', ts, name: 'bread' });
    await until(() => one.socket.readyState === WebSocket.CLOSED);
    const two = await connect();
    const again = await until(() =>
      two.frames.find(
        (frame) => frame['retry_attempt'] === 1 && JSON.stringify(frame).includes('reaction_added'),
      ),
    );
    expect(again).toMatchObject({ payload: { event: { reaction: 'bread' } } });
  });

  test('an eleventh connection is told that there are too many', async () => {
    for (let i = 0; i < 10; i += 1) await connect();
    const { url } = await slack.webClient(slack.app.app_token).apps.connections.open({});
    const late = new WebSocket(String(url));
    const frames: Json[] = [];
    late.on('message', (data) => frames.push(parseFrame(data)));
    await until(() => frames.length > 0 || undefined);
    expect(frames[0]).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
    late.terminate();
  });
});

function parseFrame(data: RawData): Json {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.isBuffer(data) ? data.toString() : ''));
}

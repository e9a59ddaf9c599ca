// A real Bolt app on Socket Mode against the local workspace.

import { setTimeout as sleep } from 'node:timers/promises';
import { type ViewResponseAction } from '@slack/bolt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Json, MIRA, SHOP, TestSlack, until } from './slack-setup.ts';

const DM = 'D0MIRA0001';

interface Seen {
  kind: string;
  eventId: string;
  event: Json;
  retryNum: number | undefined;
}

describe('a Bolt app on Socket Mode', () => {
  let slack: TestSlack;
  const seen: Seen[] = [];
  const clicks: Json[] = [];
  const submitted: Json[] = [];
  const closed: Json[] = [];
  let answerSubmission: ViewResponseAction | undefined;
  let shortcut: Json | undefined;

  beforeAll(async () => {
    slack = await TestSlack.start({ deadlineMs: 2_500, timeScale: 0.02 });
    await slack.boltOnSocket((app) => {
      const note = (kind: string) => async (args: { event: object; body: object; context: object }) => {
        const body: Json = { ...args.body };
        const context: Json = { ...args.context };
        const retryNum = typeof context['retryNum'] === 'number' ? context['retryNum'] : undefined;
        seen.push({ kind, eventId: String(body['event_id']), event: { ...args.event }, retryNum });
      };
      app.event('app_mention', note('app_mention'));
      app.event('message', note('message'));
      app.event('reaction_added', note('reaction_added'));
      app.event('app_home_opened', note('app_home_opened'));
      app.event('agent_session_stopped', note('agent_session_stopped'));
      app.action(/.*/, async ({ ack, body }) => {
        await ack();
        clicks.push({ ...body });
      });
      app.view('form', async ({ ack, body }) => {
        submitted.push({ ...body });
        if (answerSubmission === undefined) await ack();
        else await ack(answerSubmission);
      });
      app.view({ callback_id: 'form', type: 'view_closed' }, async ({ ack, body }) => {
        await ack();
        closed.push({ ...body });
      });
      app.command('/threadsmith', async ({ ack, command }) => ack(`you said ${command.text}`));
      app.shortcut('start_here', async ({ ack, body }) => {
        await ack();
        shortcut = { ...body };
      });
      app.options('fruit', async ({ ack, payload }) => {
        await ack({
          options: [{ text: { type: 'plain_text', text: `${payload.value}s` }, value: payload.value }],
        });
      });
    });
  });

  afterAll(() => slack.stop());

  const about = (text: string): Seen[] => seen.filter(({ event }) => String(event['text']).includes(text));

  test('a mention arrives twice, as message and as app_mention, with two event ids', async () => {
    const ts = await slack.say('@threadsmith fix the total, asks @jonas');
    const both = await until(() => about('fix the total').length === 2 && about('fix the total'));
    expect(both.map(({ kind }) => kind).sort()).toEqual(['app_mention', 'message']);
    expect(new Set(both.map(({ eventId }) => eventId)).size).toBe(2);
    for (const { event } of both) {
      expect(event).toMatchObject({ user: MIRA, channel: SHOP, ts, event_ts: ts, team: 'T0BRIGHT01' });
      expect(event['text']).toBe('<@U0THREAD01> fix the total, asks <@U0JONAS001>');
    }
    expect(both.find(({ kind }) => kind === 'message')?.event['channel_type']).toBe('channel');
    expect(both.find(({ kind }) => kind === 'app_mention')?.event).not.toHaveProperty('channel_type');
  });

  test('over many mentions neither order is the rule', async () => {
    for (let i = 0; i < 24; i += 1) await slack.say(`@threadsmith order ${i}.`);
    await until(() => about('order').length === 48);
    const firsts = Array.from({ length: 24 }, (_, i) => about(`order ${i}.`)[0]?.kind);
    expect(new Set(firsts)).toEqual(new Set(['app_mention', 'message']));
  });

  test('a message that names nobody, and a direct message, arrive once', async () => {
    await slack.say('bread is ready');
    await slack.say('@threadsmith hello in private', { channel: DM });
    await until(() => about('hello in private').length > 0 && about('bread is ready').length > 0);
    await sleep(50);
    expect(about('bread is ready').map(({ kind }) => kind)).toEqual(['message']);
    expect(about('hello in private').map(({ kind }) => kind)).toEqual(['message']);
    expect(about('hello in private')[0]?.event).toMatchObject({ channel: DM, channel_type: 'im' });
  });

  test('nothing arrives from a channel the app is not in', async () => {
    await slack.say('@threadsmith can you hear me', { channel: 'random' });
    await slack.say('the marker');
    await until(() => about('the marker').length === 1);
    expect(about('can you hear me')).toEqual([]);
  });

  test('the app sees its own posts with its bot_id', async () => {
    const posted = await slack.client.chat.postMessage({ channel: SHOP, text: 'my own words' });
    // Bolt hides them from listeners, so the workspace's journal is what shows the echo.
    expect(posted.message).toMatchObject({ bot_id: slack.app.bot_id, user: slack.app.bot_user_id });
    const events = await until(async () => {
      const { events } = await slack.control('events');
      return Array.isArray(events) && events.at(-1)?.acked === true && events;
    });
    expect(events.at(-1)).toMatchObject({ type: 'message', transport: 'socket', retry_num: 0 });
    expect(about('my own words')).toEqual([]);
  });

  test('posts of other bots arrive in both shapes', async () => {
    const bot = { bot_id: 'B0SENTRY01', app_id: 'A0SENTRY01', username: 'Sentry' };
    await slack.control('messages', { bot, channel: 'alerts', text: 'modern alarm' });
    const attachments = [{ fallback: 'classic alarm', title: 'TypeError' }];
    await slack.control('messages', {
      bot: { ...bot, classic: true },
      channel: 'alerts',
      text: 'old alarm',
      attachments,
    });
    await until(() => about('alarm').length === 2);
    const modern = about('modern alarm')[0]?.event;
    const classic = about('old alarm')[0]?.event;
    expect(modern).toMatchObject({ bot_id: 'B0SENTRY01', user: expect.stringMatching(/^U/) });
    expect(modern).not.toHaveProperty('subtype');
    expect(classic).toMatchObject({
      subtype: 'bot_message',
      username: 'Sentry',
      attachments: [{ title: 'TypeError' }],
    });
    expect(classic).not.toHaveProperty('user');
  });

  test('a click carries who, where, the value, the menus of the message and a trigger that opens a modal', async () => {
    const { ts } = await slack.client.chat.postMessage({
      channel: SHOP,
      text: 'choose',
      blocks: [
        {
          type: 'actions',
          block_id: 'choice',
          elements: [
            {
              type: 'button',
              action_id: 'approve',
              value: 'r-1',
              text: { type: 'plain_text', text: 'Approve' },
            },
            {
              type: 'static_select',
              action_id: 'branch',
              initial_option: { text: { type: 'plain_text', text: 'main' }, value: 'main' },
              options: ['main', 'dev'].map((value) => ({ text: { type: 'plain_text', text: value }, value })),
            },
          ],
        },
      ],
    });
    await slack.control('actions', { user: 'jonas', channel: SHOP, ts, action_id: 'branch', value: 'dev' });
    const report = await slack.control('actions', { user: 'jonas', channel: SHOP, ts, action_id: 'approve' });
    expect(report).toMatchObject({ ok: true, acked: true });
    const body = await until(() => clicks.at(1));
    expect(body).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0JONAS001', username: 'jonas', team_id: 'T0BRIGHT01' },
      container: { type: 'message', message_ts: ts, channel_id: SHOP, is_ephemeral: false },
      channel: { id: SHOP, name: 'shop' },
      message: { ts, text: 'choose' },
      state: { values: { choice: { branch: { selected_option: { value: 'dev' } } } } },
      actions: [{ type: 'button', action_id: 'approve', block_id: 'choice', value: 'r-1' }],
    });
    await slack.client.views.open({ trigger_id: String(body['trigger_id']), view: form() });
    const views = await slack.control('views?user=jonas');
    expect(views['views']).toMatchObject([{ callback_id: 'form', type: 'modal' }]);
  });

  test('a click on what is not there, or by somebody outside the channel, is refused', async () => {
    const { ts } = await slack.client.chat.postMessage({ channel: 'C0PLATFRM1', text: 'no buttons here' });
    const click = { channel: 'C0PLATFRM1', ts, action_id: 'approve' };
    expect((await slack.tryControl('actions', { ...click, user: 'jonas' })).answer['error']).toBe(
      'no_such_element',
    );
    expect((await slack.tryControl('actions', { ...click, user: 'sana' })).answer['error']).toBe(
      'user_not_in_channel',
    );
  });

  test('a click on what the app has taken away meanwhile counts as it stood on the screen', async () => {
    const element = {
      type: 'button',
      action_id: 'gone',
      value: 'g-1',
      text: { type: 'plain_text', text: 'Go' },
    };
    const blocks = [{ type: 'actions', block_id: 'old', elements: [element] }];
    const ts = await slack.post('press', { blocks });
    const [seen] = (await slack.messages('channel=shop')).slice(-1);
    await slack.client.chat.update({ channel: SHOP, ts, text: 'over', blocks: [{ type: 'divider' }] });
    const stale = { user: 'jonas', channel: SHOP, ts, action_id: 'gone' };
    expect((await slack.tryControl('actions', stale)).answer['error']).toBe('no_such_element');
    expect(await slack.control('actions', { ...stale, seen: seen?.['blocks'] })).toMatchObject({
      acked: true,
    });
    expect(await until(() => clicks.find((click) => JSON.stringify(click).includes('g-1')))).toMatchObject({
      message: { ts, text: 'over' },
      actions: [{ action_id: 'gone', block_id: 'old', value: 'g-1' }],
    });
  });

  test('a submitted modal reports its values; errors keep it open, an update changes it, an ack closes it', async () => {
    const viewId = await openForm('mira');
    const submit = { user: 'mira', view_id: viewId, values: { why: { text: 'because' } } };
    const empty = await slack.control('views/submit', { user: 'mira', view_id: viewId });
    expect(empty).toMatchObject({ ok: false, errors: { why: expect.any(String) } });
    expect(submitted).toEqual([]);

    answerSubmission = { response_action: 'errors', errors: { why: 'Say more.' } };
    expect(await slack.control('views/submit', submit)).toMatchObject({
      ok: false,
      errors: { why: 'Say more.' },
    });
    expect(submitted[0]).toMatchObject({
      type: 'view_submission',
      user: { id: MIRA },
      view: {
        id: viewId,
        state: { values: { why: { text: { type: 'plain_text_input', value: 'because' } } } },
      },
    });

    answerSubmission = {
      response_action: 'update',
      view: { ...form(), title: { type: 'plain_text', text: 'Sure?' } },
    };
    expect(await slack.control('views/submit', submit)).toMatchObject({
      ok: true,
      response_action: 'update',
    });
    expect(await slack.views('mira')).toMatchObject([{ id: viewId, title: { text: 'Sure?' } }]);

    answerSubmission = { response_action: 'push', view: form() };
    expect(await slack.control('views/submit', submit)).toMatchObject({ ok: true, response_action: 'push' });
    expect(await slack.views('mira')).toHaveLength(2);

    answerSubmission = { response_action: 'clear' };
    const top = (await slack.views('mira'))[1];
    await slack.control('views/submit', { ...submit, view_id: top?.['id'] });
    expect(await slack.views('mira')).toEqual([]);
    answerSubmission = undefined;
  });

  test('closing a modal that asked for it is told to the app', async () => {
    const viewId = await openForm('sana');
    await slack.control('views/close', { user: 'sana', view_id: viewId });
    expect(await slack.views('sana')).toEqual([]);
    expect(await until(() => closed[0])).toMatchObject({
      type: 'view_closed',
      view: { id: viewId },
      is_cleared: false,
    });
  });

  test('a slash command is answered to the person alone', async () => {
    await slack.control('commands', {
      user: 'mira',
      channel: 'shop',
      command: '/threadsmith',
      text: 'status',
    });
    const hers = await slack.messages('channel=shop&as=mira');
    expect(hers.at(-1)).toMatchObject({
      text: 'you said status',
      is_ephemeral: true,
      bot_id: slack.app.bot_id,
    });
    expect((await slack.messages('channel=shop&as=jonas')).at(-1)?.['text']).not.toBe('you said status');
  });

  test('a message shortcut carries the message and its thread', async () => {
    const root = await slack.say('the root');
    const reply = await slack.say('the reply', { thread_ts: root });
    await slack.control('shortcuts', { user: 'mira', callback_id: 'start_here', channel: SHOP, ts: reply });
    expect(await until(() => shortcut)).toMatchObject({
      type: 'message_action',
      message: { ts: reply, thread_ts: root, text: 'the reply' },
      channel: { id: SHOP },
    });
  });

  test('an external menu asks the app for its options', async () => {
    const { ts } = await slack.client.chat.postMessage({
      channel: SHOP,
      text: 'pick',
      blocks: [{ type: 'actions', elements: [{ type: 'external_select', action_id: 'fruit' }] }],
    });
    const report = await slack.control('options', {
      user: 'mira',
      channel: SHOP,
      ts,
      action_id: 'fruit',
      value: 'pear',
    });
    expect(report['ack_payload']).toMatchObject({ options: [{ value: 'pear', text: { text: 'pears' } }] });
  });

  test('reactions and an opened Home tab arrive', async () => {
    const ts = await slack.say('react to me');
    await slack.control('reactions', { user: 'sana', channel: 'shop', ts, name: 'eyes' });
    await slack.control('home', { user: 'sana' });
    const reaction = await until(() => seen.find(({ kind }) => kind === 'reaction_added'));
    expect(reaction.event).toMatchObject({
      user: 'U0SANA0001',
      reaction: 'eyes',
      item: { channel: SHOP, ts },
      item_user: MIRA,
    });
    const opened = await until(() => seen.find(({ kind }) => kind === 'app_home_opened'));
    expect(opened.event).toMatchObject({ user: 'U0SANA0001', tab: 'home', channel: 'D0SANA0001' });
  });

  test('an event whose ack is lost comes again with the same id and says so', async () => {
    await slack.control('faults', { kind: 'ack_ignored', method: 'message' });
    await slack.say('say that again');
    const copies = await until(() => about('say that again').length === 2 && about('say that again'));
    expect(copies[0]?.eventId).toBe(copies[1]?.eventId);
    expect(copies.map(({ retryNum }) => retryNum)).toEqual([0, 1]);
  });

  test('a duplicated event comes twice with the same id', async () => {
    await slack.control('faults', { kind: 'duplicate_event', method: 'message' });
    await slack.say('double trouble');
    const copies = await until(() => about('double trouble').length === 2 && about('double trouble'));
    expect(new Set(copies.map(({ eventId }) => eventId)).size).toBe(1);
  });

  test('reordered events arrive the other way round, delayed ones late', async () => {
    await slack.control('faults', { kind: 'reorder_events', method: 'message' });
    await slack.say('said one');
    await slack.say('said two');
    await until(() => about('said ').length === 2);
    expect(about('said ').map(({ event }) => event['text'])).toEqual(['said two', 'said one']);
    await slack.control('faults', { kind: 'delay_event', method: 'message', ms: 120 });
    const started = performance.now();
    await slack.say('slow post');
    await until(() => about('slow post').length === 1);
    expect(performance.now() - started).toBeGreaterThan(110);
  });

  async function openForm(user: string): Promise<string> {
    const { ts } = await slack.client.chat.postMessage({
      channel: SHOP,
      text: 'open',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'open', text: { type: 'plain_text', text: 'Open' } }],
        },
      ],
    });
    const before = clicks.length;
    await slack.control('actions', { user, channel: SHOP, ts, action_id: 'open' });
    const body = await until(() => clicks.at(before));
    const { view } = await slack.client.views.open({ trigger_id: String(body['trigger_id']), view: form() });
    return String(view?.id);
  }
});

function form() {
  return {
    type: 'modal' as const,
    callback_id: 'form',
    notify_on_close: true,
    title: { type: 'plain_text' as const, text: 'Changes' },
    submit: { type: 'plain_text' as const, text: 'Send' },
    blocks: [
      {
        type: 'input',
        block_id: 'why',
        label: { type: 'plain_text', text: 'What should change?' },
        element: { type: 'plain_text_input', action_id: 'text', multiline: true, max_length: 200 },
      },
    ],
  };
}

// The ways in besides a mention: shortcut, command, reaction, direct message, the Home tab. The app has exactly
// what its manifest names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION, COMMAND, REPO_BUTTON, SHORTCUT, START_INPUT } from '../../blocks/parts/actions.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, LEE, MIRA, SANA, SHOP, Stage, until } from './stage.ts';
import { isBadWeather } from './weather.ts';
import { WorkerHand } from './worker-hand.ts';

const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../manifest.json'), 'utf8'));
const DM = 'D0MIRA0001';

describe('other ways in', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    stage = await Stage.set({ mode: 'socket' });
    worker = new WorkerHand(stage);
    await stage.slack.control('app', { manifest }, 'PUT');
    await stage.slack.control('limits', { enabled: false });
    await stage.startBot();
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<{
      id: string;
      state: string;
      kind: string;
      text: string;
      repo: string | null;
      requester: Json;
      details: Json;
    }>(
      `select turn.*, session.repo from turn join session on session.id = session_id
       where thread_ts = ? and kind <> 'answer' order by position`,
      [root],
    );
  const queued = (root: string) =>
    until(async () => {
      const turns = await turnsOf(root);
      return turns.at(-1)?.state === 'queued' && turns.at(-1);
    });
  const handOver = (user: string, ts: string, channel = 'shop') =>
    stage.form(user, () => stage.act('shortcuts', { user, callback_id: SHORTCUT.handOver, channel, ts }));
  const closeForm = async (user: string) => {
    const [form] = (await stage.slack.views(user)).slice(-1);
    await stage.slack.control('views/close', { user, view_id: form?.['id'] });
  };
  const submit = (user: string, open: Json, values: Partial<Record<keyof typeof START_INPUT, unknown>>) =>
    stage.act('views/submit', {
      user,
      view_id: open['id'],
      values: Object.fromEntries(
        Object.entries(START_INPUT).flatMap(([name, { blockId, actionId }]) => {
          const value = values[name as keyof typeof START_INPUT];
          return value === undefined ? [] : [[blockId, { [actionId]: value }]];
        }),
      ),
    });
  const whispered = (user: string, words: string) =>
    until(async () => {
      const seen = await stage.slack.messages(`channel=${SHOP}&as=${user}`);
      return seen.find(
        (message) => message['is_ephemeral'] === true && JSON.stringify(message).includes(words),
      );
    });
  const command = (user: string, text: string) =>
    stage.act('commands', { user, channel: 'shop', command: COMMAND, text });
  const home = async (user: string) => {
    await stage.slack.control('home', { user });
    return until(async () => {
      const { view: drawn } = z
        .object({ view: z.record(z.string(), z.unknown()).nullable() })
        .parse(await stage.slack.control(`home?user=${user}`));
      return drawn ?? undefined;
    });
  };

  describe('the message shortcut', () => {
    it('opens a form with the words of the message, and starts in its thread', async () => {
      const ts = await stage.slack.say('the total & the tax are <wrong>', { user: 'sana' });
      const form = await handOver('mira', ts);
      expect(JSON.stringify(form)).toContain('the total & the tax are <wrong>');
      expect(form).toMatchObject({ title: { text: 'Hand to Threadsmith' } });
      await submit('mira', form, { request: 'fix <total> & tax', repo: 'ledger' });
      expect(await queued(ts)).toMatchObject({
        text: 'fix <total> & tax',
        repo: 'ledger',
        requester: { id: MIRA, name: 'Mira Okafor' },
      });
      await until(async () => (await stage.answers(ts))[0]);
    });

    it('opens it also where Slack asks to wait', async () => {
      const ts = await stage.slack.say('the scales are off', { user: 'sana' });
      await stage.fault({ kind: 'rate_limited', method: 'conversations.info', retry_after: 1 });
      const form = await stage.form('mira', async () => {
        // Whoever has to ask for it again is not the reason why it opens: Slack asks to wait each time.
        await stage.fault({ kind: 'rate_limited', method: 'views.open', retry_after: 1 });
        await stage.act('shortcuts', { user: 'mira', callback_id: SHORTCUT.handOver, channel: 'shop', ts });
      });
      expect(JSON.stringify(form)).toContain('the scales are off');
      await closeForm('mira');
    });

    it('does not make one message two requests', async () => {
      const ts = await stage.slack.say('@threadsmith fix the oven');
      await queued(ts);
      const answer = await submit('jonas', await handOver('jonas', ts), { request: 'fix the oven' });
      expect(answer).toMatchObject({ response_action: 'errors' });
      expect(JSON.stringify(answer)).toContain('a request already');
      expect(await turnsOf(ts)).toHaveLength(1);
      await closeForm('jonas');
    });

    it('says in the form that it is not in the channel, or that the person may not', async () => {
      const ts = await stage.slack.say('fix the oven', { channel: 'random' });
      const form = await handOver('sana', ts, 'random');
      const answer = await submit('sana', form, { request: 'fix the oven' });
      expect(JSON.stringify(answer)).toContain('I am not in that channel');
      expect(await turnsOf(ts)).toHaveLength(0);
      const shop = await stage.slack.say('fix the tray');
      const guests = await handOver('guest-lee', shop);
      const refused = await submit('guest-lee', guests, { request: 'fix the tray' });
      expect(JSON.stringify(refused)).toContain('You may not start work here');
      expect(await turnsOf(shop)).toHaveLength(0);
      await closeForm('guest-lee');
    });
  });

  it('takes the thread reaction as a hand-over by the person who reacted, once', async () => {
    const ts = await stage.slack.say('the cart shows the wrong tax', { user: 'sana' });
    await stage.slack.control('reactions', { user: 'jonas', channel: 'shop', ts, name: 'tada' });
    await stage.slack.control('reactions', { user: 'jonas', channel: 'shop', ts, name: 'thread' });
    await queued(ts);
    await stage.slack.control('reactions', { user: 'mira', channel: 'shop', ts, name: 'thread' });
    await until(async () => {
      return Number(await stage.takenIn('reaction_added')) >= 3;
    });
    expect(await queued(ts)).toMatchObject({
      text: 'the cart shows the wrong tax',
      repo: 'bakery',
      requester: { id: JONAS },
    });
    expect(await turnsOf(ts)).toHaveLength(1);
    // A guest may not, as with a mention.
    const other = await stage.slack.say('and the footer');
    await stage.slack.control('reactions', { user: 'guest-lee', channel: 'shop', ts: other, name: 'thread' });
    await until(async () => (await stage.whispers(LEE, other)).length > 0);
    expect((await turnsOf(other))[0]?.state).toBe('refused');
  });

  it('takes a reaction to a reply with the thread before it, and to the message of an app', async () => {
    const root = await stage.slack.say('the deploy looks odd', { user: 'sana' });
    const reply = await stage.slack.say('could somebody mend the header?', {
      user: 'jonas',
      thread_ts: root,
    });
    await stage.slack.control('reactions', { user: 'mira', channel: 'shop', ts: reply, name: 'thread' });
    expect(await queued(root)).toMatchObject({
      text: 'could somebody mend the header?',
      details: { thread: [{ name: 'Sana Qureshi', text: 'the deploy looks odd' }] },
    });
    const { ts } = z.object({ ts: z.string() }).parse(
      await stage.slack.control('messages', {
        bot: { bot_id: 'B0SENTRY01', app_id: 'A0SENTRY01', username: 'Sentry' },
        channel: 'shop',
        text: '',
        attachments: [
          { title: 'TypeError in cart.js', text: 'undefined is not a function', fallback: 'TypeError' },
        ],
      }),
    );
    await stage.slack.control('reactions', { user: 'mira', channel: 'shop', ts, name: 'thread' });
    expect((await queued(ts)).text).toBe('TypeError in cart.js\nundefined is not a function');
  });

  it('takes a direct message as a request, and its replies as follow-ups', async () => {
    const root = await stage.slack.say('fix the greeting in bakery', { channel: DM });
    expect(await queued(root)).toMatchObject({ repo: 'bakery', text: 'fix the greeting in bakery' });
    await stage.slack.say('in German too', { channel: DM, thread_ts: root });
    await until(async () => (await turnsOf(root)).length === 2);
    const asked = await stage.slack.say('fix the spelling', { channel: DM });
    await until(async () => {
      const [question] = await stage.answers(asked, { channel: DM });
      return actionsOf(question ?? {}).filter((id) => REPO_BUTTON.test(id)).length === 2;
    });
  });

  describe('the command', () => {
    it('helps, and says who one is and what is configured', async () => {
      expect(await command('sana', '')).toMatchObject({ acked: true });
      await whispered(SANA, 'opens a form that starts work');
      await command('sana', 'whoami');
      await whispered(SANA, 'sana@brightloaf.example, a full member of this workspace. You may start.');
      await command('jonas', 'config');
      const config = JSON.stringify(await whispered(JONAS, 'Requests in this channel'));
      expect(config).toContain('Requests in this channel: bakery.');
      expect(config).toContain('Mira Okafor, Jonas Weber');
    });

    it('begins a thread of its own with what was written, once', async () => {
      const form = await stage.form('mira', () => command('mira', 'new oil the hinges'));
      expect(JSON.stringify(form)).toContain('oil the hinges');
      await stage.fault({ kind: 'rate_limited', method: 'chat.postMessage', retry_after: 1 });
      // In bad weather Slack may ask to wait twice: the form says so, and the person sends it again.
      const send = () => submit('mira', form, { request: 'oil the hinges' });
      const answer = await send();
      const again = isBadWeather && answer['ok'] !== true ? await send() : answer;
      expect(again).toMatchObject({ ok: true });
      const [turn] = await until(async () => {
        const rows = await stage.rows<{ thread_ts: string }>(
          `select thread_ts from turn join session on session.id = session_id
           where text = 'oil the hinges' and turn.state = 'queued'`,
        );
        return rows.length > 0 && rows;
      });
      const root = turn?.thread_ts ?? '';
      const [first] = (await stage.slack.messages(`channel=${SHOP}`)).filter(({ ts }) => ts === root);
      expect(first).toMatchObject({ user: stage.slack.app.bot_user_id });
      expect(first?.['text']).toContain('Mira Okafor asks: oil the hinges');
      // Replies count there, as in any thread that began with a request.
      await stage.slack.say('and the doors', { thread_ts: root, user: 'jonas' });
      await until(async () => (await turnsOf(root)).length === 2);
    });

    it('does not open the form for somebody who may not', async () => {
      await command('guest-lee', 'new break the oven');
      await whispered(LEE, 'You may not start work here');
      expect(await stage.slack.views('guest-lee')).toEqual([]);
    });

    it('lists my sessions, and stops the one at work, asking where there are several', async () => {
      const one = await stage.slack.say('@threadsmith fix the first shelf', { user: 'sana' });
      await queued(one);
      await command('sana', 'list');
      await whispered(SANA, 'fix the first shelf');
      await command('sana', 'stop');
      await whispered(SANA, 'Stopping: ');
      await until(async () => (await turnsOf(one))[0]?.state === 'stopped');
      const two = await stage.slack.say('@threadsmith fix the second shelf', { user: 'sana' });
      const three = await stage.slack.say('@threadsmith fix the third shelf', { user: 'sana' });
      await queued(two);
      await queued(three);
      await command('sana', 'stop');
      const question = await whispered(SANA, 'Which one should stop?');
      expect(actionsOf(question).filter((id) => id === ACTION.stop)).toHaveLength(2);
      await stage.act('actions', {
        user: SANA,
        channel: SHOP,
        ts: question['ts'],
        action_id: ACTION.stop,
      });
      await until(async () => {
        const states = [...(await turnsOf(two)), ...(await turnsOf(three))].map(({ state }) => state);
        return states.filter((state) => state === 'stopped').length === 1;
      });
    });
  });

  describe('the Home tab', () => {
    it('shows what waits for the person first, stops work, and opens the form', async () => {
      const failed = await stage.slack.say('@threadsmith fix the failing tray', { user: 'jonas' });
      const lease = await worker.claim((await queued(failed)).id);
      await worker.finishChange(lease, { commit: 'a'.repeat(40), verified: true });
      const busy = await stage.slack.say('@threadsmith fix the busy tray', { user: 'jonas' });
      await queued(busy);
      const drawn = JSON.stringify(await home('jonas'));
      expect(drawn).toContain('Waiting for you (');
      expect(drawn.indexOf('fix the failing tray')).toBeLessThan(drawn.indexOf('At work'));
      expect(drawn.indexOf('At work')).toBeLessThan(drawn.indexOf('fix the busy tray'));
      expect(drawn).toContain('ready for review');
      expect(drawn).toContain(`archives/${SHOP}/p${busy.replace('.', '')}`);
      const { view: current } = z
        .object({ view: z.object({ id: z.string() }) })
        .parse(await stage.slack.control('home?user=jonas'));
      const [session] = await stage.rows<{ id: string }>('select id from session where thread_ts = ?', [
        busy,
      ]);
      await stage.act('actions', {
        user: 'jonas',
        view_id: current.id,
        action_id: ACTION.stop,
        block_id: `stop-${session?.id}`,
      });
      await until(async () => (await turnsOf(busy))[0]?.state === 'stopped');
      const offer = await until(async () =>
        (await stage.answers(failed)).find((message) => actionsOf(message).includes(ACTION.discard)),
      );
      await stage.click(JONAS, offer, ACTION.discard);
      expect(JSON.stringify(await home('jonas'))).toContain('fix the failing tray');
      await until(async () => JSON.stringify(await home('jonas')).includes(' · discarded'));
      await until(
        async () => !JSON.stringify(await stage.slack.control('home?user=jonas')).includes('busy tray · '),
      );
      const form = await stage.form('jonas', () =>
        stage.act('actions', { user: 'jonas', view_id: current.id, action_id: ACTION.startWork }),
      );
      await submit('jonas', form, {
        request: 'sweep the floor',
        channel: SHOP,
        repo: 'bakery',
      });
      await until(async () => {
        const rows = await stage.rows(
          `select 1 from turn where text = 'sweep the floor' and state = 'queued'`,
        );
        return rows.length > 0;
      });
    });

    it('says to somebody who may not start who may', async () => {
      const drawn = JSON.stringify(await home('guest-lee'));
      expect(drawn).toContain('You may not start work here');
      expect(drawn).not.toContain(ACTION.startWork);
    });
  });
});

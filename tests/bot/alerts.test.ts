// Alert channels: rules, bursts, fingerprints and quiet times, and what people decide on an alert.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION } from '../../blocks/parts/actions.ts';
import { fingerprintOf } from '../../bot/alerts/read.ts';
import { patiently } from '../../bot/slack/calls.ts';
import { sessionsOf } from '../../db/turns/sessions.ts';
import type { Json } from '../playground/slack-setup.ts';
import {
  type AlertSample,
  DATADOG,
  GITHUB_ACTIONS,
  GRAFANA,
  PAGERDUTY,
  SAMPLES,
  SENTRY,
} from './alert-samples.ts';
import { actionsOf, JONAS, LEE, MIRA, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const ALERTS = 'C0ALERTS01';
const rule = (name: string, sample: AlertSample, more: Json = {}) => ({
  name,
  channel: 'alerts',
  from: [sample.bot.bot_id],
  repo: 'ledger',
  ...more,
});

describe('alert channels', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    stage = await Stage.start({
      config: {
        repos: [
          { name: 'bakery', url: './bakery' },
          { name: 'ledger', url: './ledger' },
        ],
        people: { start: ['everyone'], approve: [MIRA], merge: [MIRA] },
        alerts: [
          rule('sentry', SENTRY, { pattern: 'typeerror|undefined' }),
          rule('datadog', DATADOG, { fix: 'at_once' }),
          // By its app this time.
          { ...rule('pagerduty', PAGERDUTY), from: [PAGERDUTY.bot.app_id] },
          rule('grafana', GRAFANA, { per_hour: 2 }),
          rule('actions', GITHUB_ACTIONS),
        ],
      },
    });
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const post = async ({ bot, classic, message }: AlertSample, more: Json = {}): Promise<string> => {
    const sent = { bot: { ...bot, classic: classic === true }, channel: 'alerts', ...message, ...more };
    return z.object({ ts: z.string() }).parse(await stage.slack.control('messages', sent)).ts;
  };
  const turnsOf = (root: string) =>
    stage.rows<{ id: string; state: string; kind: string; text: string; repo: string; details: Json }>(
      `select turn.*, session.repo from turn join session on session.id = session_id
       where thread_ts = ? order by position`,
      [root],
    );
  const turnAt = (root: string) => until(async () => (await turnsOf(root))[0]);
  /** Everything that was sent has been taken in. */
  const settled = () => until(async () => ((await stage.takenIn('message')) || 0) > 0);
  const says = (root: string, words: string) =>
    until(async () =>
      (await stage.answers(root, { channel: ALERTS })).find((message) =>
        JSON.stringify(message).includes(words),
      ),
    );
  /** The wait for a burst is over. */
  const burstOver = () =>
    stage.rows(`update turn set not_before = now() where not_before is not null returning 1`);
  const forgetBursts = () =>
    stage.rows(`update alert set first_at = first_at - interval '1 minute' returning 1`);
  const investigated = async (root: string): Promise<Json> => {
    const { id } = await turnAt(root);
    await burstOver();
    const lease = await worker.claim(id);
    await worker.finish(lease, {
      kind: 'answer',
      text: 'The price of sold out items is missing.',
      repo: 'ledger',
      usage: { model: 'm', steps: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, durationMs: 1 },
    });
    return until(async () =>
      (await stage.answers(root, { channel: ALERTS })).find((message) =>
        actionsOf(message).includes(ACTION.alertFix),
      ),
    );
  };
  const click = (user: string, message: Json, action: string) =>
    stage.click(user, { ...message, channel: ALERTS }, action);

  it('reads the words of each app, wherever it keeps them, and starts a turn in the thread of the alert', async () => {
    for (const sample of SAMPLES) {
      const root = await post(sample);
      const turn = await turnAt(root);
      expect(turn).toMatchObject({ kind: 'alert', state: 'queued', repo: 'ledger' });
      const [alert] = z.array(z.object({ text: z.string() })).parse(turn.details['alert']);
      expect(alert?.text).toContain(sample.word);
      expect(turn.details['readOnly']).toBe(sample === DATADOG ? undefined : true);
      expect(turn.text).not.toContain(sample.word);
      await forgetBursts();
    }
  });

  it('leaves alone what no rule names: other words, channels, apps, people, and itself', async () => {
    const before = (await stage.rows('select 1 from session')).length;
    await post(SENTRY, { attachments: [{ title: 'Weekly report', fallback: 'Weekly report' }] });
    await post(SENTRY, { channel: 'shop' });
    await post({ ...SENTRY, bot: { ...SENTRY.bot, bot_id: 'B0OTHER001', app_id: 'A0OTHER001' } });
    await stage.slack.say('TypeError: price is undefined', { channel: 'alerts' });
    await patiently(() =>
      stage.slack.client.chat.postMessage({ channel: ALERTS, text: 'TypeError: undefined' }),
    );
    await settled();
    expect(await stage.rows('select 1 from session')).toHaveLength(before);
  });

  it('makes a burst one turn, and folds what comes again into its thread', async () => {
    const text = (what: string, count: number): Json => ({
      attachments: [
        { title: `TypeError in ${what}`, text: `${count} events since 10:${count}`, fallback: 'x' },
      ],
    });
    const root = await post(SENTRY, text('the till', 3));
    const turn = await turnAt(root);
    // Not to be had before the burst is over.
    await expect(worker.claim(turn.id)).rejects.toThrow('not to be had');
    // Another one in the burst, and the first once more.
    await post(SENTRY, text('the oven', 1));
    await post(SENTRY, text('the till', 41));
    await says(root, '1 more alert like this.');
    await until(async () => JSON.stringify((await turnsOf(root))[0]?.details).includes('the oven'));
    await post(SENTRY, text('the till', 57));
    await says(root, '2 more alerts like this.');
    await until(async () => (await stage.answers(root, { channel: ALERTS })).length >= 2);
    await settled();
    expect((await stage.answers(root, { channel: ALERTS })).length).toBe(2);
    expect(
      await stage.rows(`select 1 from turn where kind = 'alert' and details::text like '%the till%'`),
    ).toHaveLength(1);
    await forgetBursts();
  });

  it('takes the new words of an edited alert over', async () => {
    const root = await post(SENTRY, { attachments: [{ title: 'TypeError in the mixer', fallback: 'x' }] });
    await turnAt(root);
    await forgetBursts();
    const message = {
      type: 'message',
      ts: root,
      bot_id: SENTRY.bot.bot_id,
      text: 'TypeError in the big mixer',
    };
    const event = { type: 'message', subtype: 'message_changed', channel: ALERTS, ts: '1.2', message };
    await stage.slack.control('events', { event });
    await until(async () => JSON.stringify((await turnsOf(root))[0]?.details).includes('the big mixer'));
    // What comes now like the new words is a repeat.
    await post(SENTRY, { text: 'TypeError in the big mixer', attachments: [] });
    await says(root, '1 more alert like this.');
    await forgetBursts();
  });

  it('has at most so many of a rule looked into in an hour, and says so', async () => {
    const text = (title: string): Json => ({ attachments: [{ title, fallback: title }] });
    await turnAt(await post(GRAFANA, text('HighErrorRate of the scales')));
    await forgetBursts();
    const third = await post(GRAFANA, text('HighErrorRate of the door'));
    await says(third, 'has had its 2 alerts of this hour');
    expect(await turnsOf(third)).toHaveLength(0);
  });

  it('offers to fix, and whoever clicks first decides; a guest may not', async () => {
    const root = await post(SENTRY, { text: 'TypeError in the fridge', attachments: [] });
    const result = await investigated(root);
    expect(actionsOf(result)).toEqual([ACTION.alertFix, ACTION.alertNotThis, ACTION.alertMute]);
    await click(LEE, result, ACTION.alertFix);
    const line = await until(async () => {
      const seen = await stage.replies(root, { as: LEE, channel: ALERTS });
      return seen.find((message) => message['is_ephemeral'] === true);
    });
    expect(line['text']).toContain('You may not start work here');
    await Promise.all([click(JONAS, result, ACTION.alertFix), click(MIRA, result, ACTION.alertFix)]);
    await says(root, 'has it fixed below');
    const turns = await turnsOf(root);
    expect(turns.map(({ kind }) => kind)).toEqual(['alert', 'follow_up']);
    expect(turns[1]).toMatchObject({ state: 'queued', text: expect.stringContaining('Fix the cause') });
    // Whoever had it fixed finds it among their sessions by its own words.
    const who = await patiently(() => stage.slack.client.auth.test());
    const { team_id: teamId } = z.object({ team_id: z.string() }).parse(who);
    const lists = await Promise.all(
      [JONAS, MIRA].map((userId) => sessionsOf(stage.database.em(), { teamId, userId }, 5)),
    );
    expect(lists.flat().map(({ title }) => title)).toContainEqual(
      expect.stringMatching(/^Alert: TypeError in the fridge/),
    );
    await forgetBursts();
  });

  it('mutes an alert, and then says nothing of it', async () => {
    const root = await post(SENTRY, { text: 'TypeError in the radio', attachments: [] });
    await click(JONAS, await investigated(root), ACTION.alertMute);
    await says(root, 'muted alerts like this one for a week');
    await forgetBursts();
    const shown = (await stage.answers(root, { channel: ALERTS })).length;
    const again = await post(SENTRY, { text: 'TypeError in the radio', attachments: [] });
    await until(
      async () => (await stage.rows('select 1 from alert_message where ts = ?', [again])).length > 0,
    );
    await settled();
    expect(await turnsOf(again)).toHaveLength(0);
    expect((await stage.answers(root, { channel: ALERTS })).length).toBe(shown);
  });
});

describe('a fingerprint', () => {
  it.each([
    ['numbers and times', '12 errors at 10:31:02', '7 errors at 11:02:44'],
    [
      'ids',
      'order 1f6b9d3c-0001-4c1e-9a55-aaaaaaaaaaaa failed',
      'order 2a6b9d3c-0002-4c1e-9a55-bbbbbbbbbbbb failed',
    ],
    ['addresses', 'see https://x.example/a/1', 'see https://x.example/b/2'],
    ['commits', 'build of 4f9c2d1e8b failed', 'build of a1b2c3d4e5 failed'],
  ])('is the same where only %s differ', (_what, one, other) => {
    expect(fingerprintOf(one)).toBe(fingerprintOf(other));
  });

  it('differs where the words differ', () => {
    expect(fingerprintOf('TypeError in the till')).not.toBe(fingerprintOf('TypeError in the oven'));
  });
});

// Promise 1: what Slack got its acknowledgement for is a turn, once; what failed before it leaves nothing behind.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JONAS, MIRA, PLATFORM, SHOP, Stage, until } from './stage.ts';

/** Long enough for a commit on a busy machine; each try that is to fail takes as long. */
const DEADLINE_MS = 1_500;

describe.each(['socket', 'http'] as const)('intake over %s', (mode) => {
  let stage: Stage;
  let clock = 0;
  /** A message `ts` that no other test uses. */
  const nextTs = () => `${Math.floor(Date.now() / 1000)}.${String(++clock).padStart(6, '0')}`;

  beforeAll(async () => {
    stage = await Stage.start({ mode, cuttable: true, deadlineMs: DEADLINE_MS, timeScale: 0.02 });
  });
  afterAll(async () => stage.close());

  const turnsOf = (ts: string) =>
    stage.rows('select turn.* from turn join session on session.id = session_id where thread_ts = ?', [ts]);
  const eventOf = (type: string, ts: string, more: object = {}) => ({
    type,
    channel: SHOP,
    user: MIRA,
    ts,
    text: `<@${stage.slack.app.bot_user_id}> fix the total`,
    channel_type: 'channel',
    ...more,
  });
  const deliver = (event: object, eventId?: string) =>
    stage.slack.control('events', { event, ...(eventId === undefined ? {} : { event_id: eventId }) });

  it('acknowledges only after the commit: while the database is held up Slack gets no answer and tries again', async () => {
    const holder = new pg.Client({ connectionString: stage.databaseUrl });
    await holder.connect();
    await holder.query('begin; lock table message_claim in access exclusive mode');
    const before = (await stage.events('app_mention')).length;
    const called = (await stage.allCalls()).length;
    const ts = await stage.slack.say('@threadsmith fix the slow one');
    const attempts = await until(async () => {
      const made = (await stage.events('app_mention')).slice(before);
      return made.length >= 2 && made;
    });
    expect(attempts.every(({ acked }) => !acked)).toBe(true);
    expect(await turnsOf(ts)).toHaveLength(0);
    // Nothing is asked of Slack before the commit, so that the acknowledgement never waits for Slack.
    expect(await stage.allCalls()).toHaveLength(called);
    await holder.query('commit');
    await holder.end();
    await until(async () => (await turnsOf(ts)).length > 0);
    await until(async () => (await stage.events('app_mention')).slice(before).some(({ acked }) => acked));
    expect(await turnsOf(ts)).toHaveLength(1);
  });

  it('acknowledges nothing while the database is away, and takes the retry in when it is back', async () => {
    const before = (await stage.events('app_mention')).length;
    stage.wire?.cut();
    const ts = await stage.slack.say('@threadsmith fix it without a database');
    const [first] = await until(async () => {
      const made = (await stage.events('app_mention')).slice(before);
      return made.length > 0 && made;
    });
    expect(first?.acked).toBe(false);
    stage.wire?.mend();
    await until(async () => (await turnsOf(ts)).length > 0);
    await until(async () => (await stage.events('app_mention')).slice(before).some(({ acked }) => acked));
    expect(await turnsOf(ts)).toHaveLength(1);
    expect(await until(async () => (await stage.replies(ts))[0])).toBeDefined();
  });

  it.each([
    ['app_mention', 'message'],
    ['message', 'app_mention'],
  ])('makes one turn of %s and then %s', async (first, second) => {
    const ts = nextTs();
    await deliver(eventOf(first, ts));
    await until(async () => (await turnsOf(ts)).length > 0);
    const before = (await stage.events(second)).length;
    await deliver(eventOf(second, ts));
    await until(async () => (await stage.events(second)).slice(before).some(({ acked }) => acked));
    expect(await turnsOf(ts)).toHaveLength(1);
  });

  it('makes one turn of the same event delivered three times at once', async () => {
    const ts = nextTs();
    const before = (await stage.events('app_mention')).length;
    await Promise.all([1, 2, 3].map(() => deliver(eventOf('app_mention', ts), 'EvTHESAME01')));
    await until(
      async () => (await stage.events('app_mention')).slice(before).filter(({ acked }) => acked).length >= 3,
    );
    expect(await turnsOf(ts)).toHaveLength(1);
  });

  it('makes one session of two mentions in a new thread at once', async () => {
    const root = await stage.slack.say('the total is wrong again');
    await Promise.all([
      stage.slack.say('@threadsmith fix it', { thread_ts: root }),
      stage.slack.say('@threadsmith and add a test', { thread_ts: root, user: 'jonas' }),
    ]);
    const turns = await until(async () => {
      const made = await turnsOf(root);
      return made.length === 2 && made;
    });
    expect(await stage.rows('select 1 from session where thread_ts = ?', [root])).toHaveLength(1);
    expect(new Set(turns.map(({ position }) => position))).toEqual(new Set([0, 1]));
    expect(new Set(turns.map(({ kind }) => kind))).toEqual(new Set(['follow_up', 'mention']));
  });

  it('leaves alone what is not for it', async () => {
    const root = nextTs();
    await deliver(eventOf('app_mention', root));
    await until(async () => (await turnsOf(root)).length === 1);
    const bot = stage.slack.app;
    const said = [
      { text: 'just talking', ts: nextTs() },
      { text: 'aside: is that right?', thread_ts: root, ts: nextTs() },
      { text: `<@${JONAS}> what do you think?`, thread_ts: root, ts: nextTs() },
      { text: 'edited', thread_ts: root, ts: nextTs(), subtype: 'message_changed' },
      { text: `<@${bot.bot_user_id}> from a machine`, ts: nextTs(), bot_id: 'B0OTHER001' },
      { text: 'my own words', thread_ts: root, ts: nextTs(), user: bot.bot_user_id, bot_id: bot.bot_id },
    ];
    const before = (await stage.events('message')).length;
    for (const more of said) await deliver(eventOf('message', more.ts, more));
    await until(
      async () =>
        (await stage.events('message')).slice(before).filter(({ acked }) => acked).length >= said.length,
    );
    expect(await turnsOf(root)).toHaveLength(1);
    for (const { ts } of said) {
      expect(await stage.rows('select 1 from message_claim where ts = ?', [ts])).toHaveLength(0);
    }
  });

  it('takes plain replies as follow-ups in a thread that began with a request', async () => {
    const root = await stage.slack.say('@threadsmith fix the header');
    await until(async () => (await turnsOf(root)).length === 1);
    await stage.slack.say('and make it blue', { thread_ts: root, user: 'sana' });
    const [, second] = await until(async () => {
      const turns = await turnsOf(root);
      return turns.length === 2 && turns.every(({ state }) => state === 'queued') && turns;
    });
    expect(second).toMatchObject({ kind: 'follow_up', text: 'and make it blue', position: 1 });
  });

  it('takes only mentions as requests in a thread that people began', async () => {
    const root = await stage.slack.say('who knows about the footer?');
    await stage.slack.say('@threadsmith look at the footer', { thread_ts: root });
    await until(async () => (await turnsOf(root)).length === 1);
    const before = (await stage.events('message')).length;
    await stage.slack.say('thanks, I will wait', { thread_ts: root, user: 'jonas' });
    await until(async () => (await stage.events('message')).slice(before).some(({ acked }) => acked));
    expect(await turnsOf(root)).toHaveLength(1);
    const [turn] = await until(async () => {
      const turns = await turnsOf(root);
      return turns[0]?.['state'] === 'queued' && turns;
    });
    expect(turn?.['details']).toMatchObject({
      thread: [{ name: 'Mira Okafor', text: 'who knows about the footer?' }],
    });
  });

  it('leaves hand-overs to a newer version whose topic it does not know', async () => {
    const first = nextTs();
    await deliver(eventOf('app_mention', first));
    const [known] = await until(async () => {
      const turns = await turnsOf(first);
      return turns[0]?.['state'] === 'queued' && turns;
    });
    await stage.rows(`insert into outbox (topic, turn_id) values ('later', ?) returning 1`, [known?.['id']]);
    // What comes after it is passed on twice meanwhile.
    const second = nextTs();
    await deliver(eventOf('app_mention', second));
    await until(async () => {
      const sent = await stage.rows(
        `select 1 from outbox join turn on turn.id = turn_id join session on session.id = session_id
         where thread_ts = ? and sent_at is not null`,
        [second],
      );
      return sent.length === 2;
    });
    expect(await stage.rows(`select sent_at from outbox where topic = 'later'`)).toEqual([{ sent_at: null }]);
  });

  it('answers an empty mention with one line and no turn', async () => {
    const ts = await stage.slack.say('@threadsmith', { channel: 'platform' });
    const [hint] = await until(async () => {
      const replies = await stage.replies(ts, { channel: PLATFORM });
      return replies.length > 0 && replies;
    });
    expect(hint?.['text']).toContain('Say what you want done');
    expect(await turnsOf(ts)).toHaveLength(0);
  });
});

// The process is killed at bad moments, twice at once, cut off from Slack: nothing is lost and nothing is done twice.
import { afterEach, describe, expect, it } from 'vitest';
import { SHOP, Stage, until } from './stage.ts';

describe('the process', () => {
  let stage: Stage;
  afterEach(async () => stage.close());

  it.each(['socket', 'http'] as const)(
    'killed right after an acknowledgement over %s, admits the turn after its next start',
    async (mode) => {
      stage = await Stage.set({ mode });
      const bot = await stage.startBot();
      // Slack answers nothing after the acknowledgement, so that nothing is finished before the kill.
      for (const method of ['users.info', 'chat.postMessage', 'reactions.add'])
        await stage.fault({ kind: 'hang', method, times: 20 });
      const root = await stage.slack.say('@threadsmith fix the total');
      await until(
        async () =>
          (await stage.events('app_mention')).some(({ acked }) => acked) ||
          (await stage.events('message')).some(({ acked }) => acked),
      );
      await bot.kill();
      await stage.slack.control('faults', undefined, 'DELETE');
      expect((await stage.turn()).state).toBe('received');
      await stage.startBot();
      await until(async () => (await stage.turn()).state === 'queued');
      await until(async () => (await stage.answers(root)).length > 0);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(await stage.answers(root)).toHaveLength(1);
      expect(await stage.rows('select 1 from turn')).toHaveLength(1);
    },
  );

  it('killed between a post and its record, finds the message again', async () => {
    stage = await Stage.set();
    const bot = await stage.startBot();
    // The post takes effect, the answer never comes: the process dies while it waits.
    await stage.fault({ kind: 'applied_then_cut', method: 'chat.postMessage' });
    await stage.fault({ kind: 'hang', method: 'conversations.replies', times: 20 });
    const root = await stage.slack.say('@threadsmith fix the total');
    await until(async () => (await stage.answers(root)).length === 1);
    await bot.kill();
    await stage.slack.control('faults', undefined, 'DELETE');
    await stage.startBot();
    await until(
      async () =>
        (await stage.rows(`select 1 from delivery where kind = 'message' and slack_ts is not null`))
          .length === 1,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await stage.answers(root)).toHaveLength(1);
  });

  it('running twice on one database, posts every message once', async () => {
    stage = await Stage.set();
    await Promise.all([stage.startBot(), stage.startBot()]);
    const roots: string[] = [];
    for (const index of [1, 2, 3, 4]) roots.push(await stage.slack.say(`@threadsmith fix number ${index}`));
    await until(async () => {
      const states = await stage.rows('select state from turn');
      return states.length === 4 && states.every(({ state }) => state === 'queued');
    });
    for (const root of roots) await until(async () => (await stage.answers(root)).length > 0);
    await until(
      async () =>
        (await stage.rows(`select 1 from delivery where kind = 'message' and sent_version < version`))
          .length === 0,
    );
    for (const root of roots) expect(await stage.answers(root)).toHaveLength(1);
  });

  it.each(['refresh_requested', 'abrupt'])(
    'comes back after Slack ended the socket (%s), and takes in what waited',
    async (reason) => {
      stage = await Stage.start();
      await stage.slack.control('socket/disconnect', { reason });
      const root = await stage.slack.say('@threadsmith fix the total');
      await until(async () => (await stage.rows('select 1 from turn')).length === 1);
      // It was there for the first or the second try of Slack: the third one comes a minute later.
      await until(async () => (await stage.takenIn('app_mention')) !== false);
      for (const { retry_num } of await stage.events('app_mention')) expect(retry_num).toBeLessThanOrEqual(1);
      await until(async () => (await stage.answers(root)).length === 1);
    },
  );

  it('survives that Slack refuses its token for a while during a reconnect', async () => {
    stage = await Stage.start();
    await stage.fault({
      kind: 'slack_error',
      method: 'apps.connections.open',
      error: 'invalid_auth',
      times: 2,
    });
    await stage.slack.control('socket/disconnect', { reason: 'refresh_requested' });
    await stage.slack.say('@threadsmith fix the total');
    await until(async () => (await stage.rows('select 1 from turn')).length === 1);
    expect((await stage.slack.messages(`channel=${SHOP}`)).length).toBe(1);
  });

  it('ends with code 0 when it is asked to', async () => {
    stage = await Stage.set();
    const bot = await stage.startBot();
    const started = performance.now();
    expect(await bot.stop()).toBe(0);
    // By itself, not at the end of its patience.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

// The way of a request from a mention to the queue, over both transports.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP, Stage, until } from './stage.ts';
import { isBadWeather } from './weather.ts';

describe.each(['socket', 'http'] as const)('a mention over %s', (mode) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ mode });
  });
  afterAll(async () => stage.close());

  it('becomes one admitted turn with a status message and a reaction', async () => {
    const ts = await stage.slack.say('@threadsmith fix the total on the cart page');
    const started = performance.now();
    const status = await until(async () => (await stage.replies(ts))[0]);
    // A second or so where nothing else is at work. In bad weather Slack itself asks to wait, a second each time.
    expect(isBadWeather || performance.now() - started < 10_000).toBe(true);
    expect(status['user']).toBe(stage.slack.app.bot_user_id);

    await until(async () => (await stage.turn()).state === 'queued');
    const [row] = await stage.rows(
      `select session.repo, turn.text, turn.kind, turn.requester from turn join session on session.id = turn.session_id`,
    );
    expect(row).toMatchObject({
      repo: 'bakery',
      text: 'fix the total on the cart page',
      kind: 'mention',
      requester: { id: 'U0MIRA0001', email: 'mira@brightloaf.example' },
    });

    await until(async () => {
      const [root] = await stage.slack.messages(`channel=${SHOP}`);
      return JSON.stringify(root?.['reactions'] ?? '').includes('eyes');
    });
    // The queue took it over, and nothing is left to hand over.
    await until(async () => (await stage.rows('select 1 from outbox where sent_at is null')).length === 0);
    expect(await stage.rows('select 1 from turn')).toHaveLength(1);
    expect(await stage.replies(ts)).toHaveLength(1);
  });
});

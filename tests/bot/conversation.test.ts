// What people and the bot say to each other before and while a worker is at it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION, OPTION_BUTTON, REPO_BUTTON } from '../../blocks/parts/actions.ts';
import { proposePlan } from '../../db/turns/plans.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, LEE, MIRA, PLATFORM, SANA, SHOP, Stage, shortestGap, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

describe('a conversation over Socket Mode', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    stage = await Stage.start({ mode: 'socket' });
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<{ id: string; kind: string; state: string; text: string; repo: string | null; details: Json }>(
      `select turn.*, session.repo from turn join session on session.id = session_id
       where thread_ts = ? and kind <> 'answer' order by position`,
      [root],
    );
  const inState = (root: string, state: string) =>
    until(async () => {
      const turns = await turnsOf(root);
      return turns.at(-1)?.state === state && turns.at(-1);
    });
  const shown = (root: string, words: string, channel?: string) =>
    until(async () =>
      (await stage.answers(root, channel === undefined ? {} : { channel })).find(({ text }) =>
        String(text).includes(words),
      ),
    );

  const messageAt = async (root: string) =>
    (await stage.slack.messages(`channel=${SHOP}`)).find(({ ts }) => ts === root);

  it('asks which repo where the channel has none, and goes on with the one that was clicked', async () => {
    const root = await stage.slack.say('@threadsmith fix the total', { channel: 'platform' });
    await inState(root, 'needs_repo');
    const question = await shown(root, 'Which repo is this for?', PLATFORM);
    const buttons = actionsOf(question).filter((id) => REPO_BUTTON.test(id));
    expect(buttons).toHaveLength(2);
    // A reply meanwhile waits for the same choice.
    await stage.slack.say('and the tests', { channel: 'platform', thread_ts: root });
    await until(async () => (await turnsOf(root)).filter(({ state }) => state === 'needs_repo').length === 2);
    await stage.act('actions', {
      user: JONAS,
      channel: PLATFORM,
      ts: question['ts'],
      action_id: buttons[1],
    });
    await until(async () => (await turnsOf(root)).every(({ state }) => state === 'queued'));
    expect((await turnsOf(root)).map(({ repo }) => repo)).toEqual(['ledger', 'ledger']);
    await until(async () => {
      const messages = await stage.answers(root, { channel: PLATFORM });
      return (
        messages.length === 2 &&
        messages.every((message) => !actionsOf(message).some((id) => REPO_BUTTON.test(id)))
      );
    });
  });

  it('takes the repo from the text, and asks when there is no such repo', async () => {
    const named = await stage.slack.say('@threadsmith fix the rounding in ledger');
    expect((await inState(named, 'queued')).repo).toBe('ledger');
    const option = await stage.slack.say('@threadsmith repo=ledger fix the rounding');
    expect(await inState(option, 'queued')).toMatchObject({ repo: 'ledger', text: 'fix the rounding' });
    const unknown = await stage.slack.say('@threadsmith repo=nosuch fix it');
    await inState(unknown, 'needs_repo');
    await shown(unknown, 'There is no repo called nosuch.');
  });

  it('reads mentions, links and escapes as a person does', async () => {
    const root = `${Math.floor(Date.now() / 1000)}.000042`;
    const text = `<@${stage.slack.app.bot_user_id}> make <https://shop.example/cart?a=1&amp;b=2|the cart> like <@${SANA}> said: a &lt; b`;
    await stage.slack.control('events', {
      event: { type: 'app_mention', channel: SHOP, user: MIRA, ts: root, text },
    });
    expect((await inState(root, 'queued')).text).toBe(
      'make the cart (https://shop.example/cart?a=1&b=2) like @Sana Qureshi said: a < b',
    );
  });

  it('tells a guest alone who may, and leaves nothing of it in the channel', async () => {
    const root = await stage.slack.say('@threadsmith fix the total', { user: 'guest-lee' });
    const { id } = await inState(root, 'refused');
    await until(async () => (await stage.whispers(LEE, root)).length > 0);
    // The eyes that said that the message was seen are gone again, and what happened is drawn.
    await until(async () => {
      const [eyes] = await stage.rows<{ version: number; sent_version: number }>(
        `select version, sent_version from delivery where turn_id = ? and kind = 'reaction'`,
        [id],
      );
      return eyes?.version === 2 && eyes.sent_version === 2;
    });
    const message = await messageAt(root);
    expect(message).toBeDefined();
    expect(JSON.stringify(message)).not.toContain('"eyes"');
    await until(
      async () => (await stage.rows('select 1 from presentation where turn_id = ?', [id])).length > 0,
    );
    // The thread has a message only where it took too long until that was known.
    const early = await stage.rows(
      `select 1 from delivery join turn on turn.id = turn_id
       where turn_id = ? and delivery.kind = 'message' and delivery.created_at < turn.created_at + interval '2 s'`,
      [id],
    );
    expect(early).toEqual([]);
    const said = await stage.whispers(LEE, root);
    expect(said).toEqual([expect.stringContaining('You may not start work here. These people may: ')]);
    expect(
      await stage.rows(
        `select 1 from outbox join turn on turn.id = turn_id join session on session.id = session_id
       where thread_ts = ? and topic = 'turn'`,
        [root],
      ),
    ).toHaveLength(0);
  });

  it('leaves one sentence in the thread where it had its message before a guest was refused', async () => {
    const root = await stage.holding(async (em) => {
      await em.execute('lock table person_default in access exclusive mode');
      const ts = await stage.slack.say('@threadsmith fix the oven', { user: 'guest-lee' });
      await shown(ts, 'Got it');
      // The eyes do not wait for it either.
      await until(async () => JSON.stringify(await messageAt(ts))?.includes('"eyes"'));
      return ts;
    });
    const message = await shown(root, 'Lee may not start work here.');
    expect(message['text']).toBe('Lee may not start work here.');
    expect(actionsOf(message)).toEqual([]);
    expect(await stage.answers(root)).toHaveLength(1);
  });

  it('puts a question with its options, and takes a click as the answer once', async () => {
    const root = await stage.slack.say('@threadsmith fix the rounding');
    const { id } = await inState(root, 'queued');
    await worker.ask(await worker.claim(id), 'Round **up** or down?', ['Up', 'Down']);
    const question = await until(async () =>
      (await stage.answers(root)).find((message) =>
        actionsOf(message).some((action) => OPTION_BUTTON.test(action)),
      ),
    );
    const [, down] = actionsOf(question).filter((action) => OPTION_BUTTON.test(action));
    await Promise.all([stage.click(SANA, question, down ?? ''), stage.click(JONAS, question, down ?? '')]);
    const turn = await inState(root, 'queued');
    expect(turn.details).toMatchObject({ answer: { text: 'Down' } });
    const told = await until(async () => {
      const lines = [...(await stage.whispers(SANA, root)), ...(await stage.whispers(JONAS, root))];
      return lines.length > 0 && lines;
    });
    expect(told.join()).toContain('decided already: Down');
    expect(
      await stage.rows("select 1 from event where turn_id = ? and body->>'type' = 'question.answered'", [id]),
    ).toHaveLength(1);
    await worker.claim(id);
  });

  it('takes a click as the answer to the question that was seen, not to the next one', async () => {
    const root = await stage.slack.say('@threadsmith fix the rounding twice');
    const { id } = await inState(root, 'queued');
    const asked = async (question: string, options: readonly string[]) => {
      await worker.ask(await worker.claim(id), question, options);
      return shown(root, question);
    };
    const first = await asked('Round up or down?', ['Up', 'Down']);
    await stage.click(SANA, first, 'threadsmith.option.0');
    expect((await inState(root, 'queued')).details).toMatchObject({ answer: { text: 'Up' } });
    const second = await asked('Delete the old prices?', ['Yes', 'No']);
    await stage.click(SANA, first, 'threadsmith.option.0');
    await until(async () => (await stage.whispers(SANA, root)).join().includes('decided already: Up'));
    expect(await turnsOf(root)).toMatchObject([{ state: 'waiting', details: { answer: { text: 'Up' } } }]);
    // The buttons of a message that was posted before they named their question.
    const before: unknown = JSON.parse(
      JSON.stringify(second['blocks']).replaceAll(/"([\w-]+)#\d+#(\d+)"/g, '"$1#$2"'),
    );
    expect(before).not.toEqual(second['blocks']);
    await stage.click(SANA, { ...second, blocks: before }, 'threadsmith.option.1');
    expect((await inState(root, 'queued')).details).toMatchObject({ answer: { text: 'No' } });
    await stage.click(JONAS, first, 'threadsmith.option.1');
    await until(async () => (await stage.whispers(JONAS, root)).join().includes('decided already: Up'));
    // Nor is it a decision on a plan that waits by now.
    await proposePlan(stage.database, await worker.claim(id), [], 'Round it down.');
    await stage.click(MIRA, second, 'threadsmith.option.0');
    await until(async () => (await stage.whispers(MIRA, root)).join().includes('decided already: No'));
    expect((await turnsOf(root))[0]?.state).toBe('waiting');
  });

  it('takes a reply as the answer, but not from somebody who may not', async () => {
    const root = await stage.slack.say('@threadsmith fix the rounding');
    const { id } = await inState(root, 'queued');
    await worker.ask(await worker.claim(id), 'Round up or down?', []);
    await shown(root, 'Round up or down?');
    await stage.slack.say('up!', { user: 'guest-lee', thread_ts: root });
    await until(async () => (await stage.whispers(LEE, root)).length > 0);
    expect((await turnsOf(root))[0]?.state).toBe('waiting');
    await stage.slack.say('to the nearest cent', { user: 'sana', thread_ts: root });
    const turn = await inState(root, 'queued');
    expect(turn).toMatchObject({ id, details: { answer: { text: 'to the nearest cent', by: SANA } } });
    // Neither answer became a turn of its own in the thread.
    expect(await turnsOf(root)).toHaveLength(1);
    expect(await stage.answers(root)).toHaveLength(1);
  });

  it('stops a queued turn at a click, and says who stopped it', async () => {
    const root = await stage.slack.say('@threadsmith fix the slow one');
    await inState(root, 'queued');
    const status = await until(async () =>
      (await stage.answers(root)).find((message) => actionsOf(message).includes(ACTION.stop)),
    );
    await stage.click(SANA, status, ACTION.stop);
    await inState(root, 'stopped');
    const stopped = await shown(root, 'Stopped by');
    expect(actionsOf(stopped)).not.toContain(ACTION.stop);
  });

  it('asks the worker to stop at the word stop, and only then the next request gets its turn', async () => {
    const root = await stage.slack.say('@threadsmith fix the long one');
    const { id } = await inState(root, 'queued');
    const lease = await worker.claim(id);
    await worker.report(lease, { type: 'phase.started', phase: 'agent', detail: 'Reading' });
    await stage.slack.say('stop', { thread_ts: root });
    await until(async () => {
      const [row] = await stage.rows('select stop_requested_by from turn where id = ?', [id]);
      return row?.['stop_requested_by'] === MIRA;
    });
    expect(await turnsOf(root)).toHaveLength(1);
  });

  it('says to that person alone that nothing is under way when there is nothing to stop', async () => {
    const root = await stage.slack.say('@threadsmith stop');
    const [line] = await until(async () => {
      const lines = await stage.whispers(MIRA, root);
      return lines.length > 0 && lines;
    });
    expect(line).toContain('Nothing is under way');
    expect(await turnsOf(root)).toHaveLength(0);
  });

  it('follows the work in one message, updated at most every two seconds', async () => {
    const root = await stage.slack.say('@threadsmith fix the busy one');
    const { id } = await inState(root, 'queued');
    const lease = await worker.claim(id);
    const [{ n: since } = { n: 0 }] = (await stage.calls('chat.update')).slice(-1);
    const began = performance.now();
    for (let step = 0; step < 40; step++) {
      await worker.report(lease, { type: 'tool.started', tool: 'shell', summary: `step ${step}` });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const message = await shown(root, 'step 39');
    const secondsAtWork = (performance.now() - began) / 1_000;
    const updates = (await stage.calls('chat.update')).filter(
      ({ n, ok, args }) => ok && n > since && args['ts'] === message['ts'],
    );
    const times = updates.map(({ at }) => Date.parse(at));
    expect(shortestGap(times)).toBeGreaterThan(1_900);
    // Forty steps are as many updates as the time they took allows, with the one for the start.
    expect(updates.length).toBeLessThanOrEqual(2 + secondsAtWork / 2);
    expect(await stage.answers(root)).toHaveLength(1);
  });
});

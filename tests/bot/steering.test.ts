// Replies while a turn of the session is at work: their place, sending them to it, taking them back, edits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION } from '../../blocks/parts/actions.ts';
import type { Lease } from '../../db/schema/lease.ts';
import { takeSteering } from '../../db/turns/steering.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, LEE, MIRA, SANA, SHOP, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

describe('replies while a turn is at work', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    stage = await Stage.start({ mode: 'socket' });
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<{ id: string; state: string; text: string; repo: string | null }>(
      `select turn.id, turn.state, text, session.repo from turn join session on session.id = session_id
       where thread_ts = ? and kind <> 'answer' order by position`,
      [root],
    );
  const lastIs = (root: string, state: string, count: number) =>
    until(async () => {
      const turns = await turnsOf(root);
      const last = turns.at(-1);
      return turns.length === count && last?.state === state && last;
    });
  const shown = (root: string, words: string) =>
    until(async () => (await stage.answers(root)).find(({ text }) => String(text).includes(words)));
  const withButton = (root: string, action: string) =>
    until(async () => (await stage.answers(root)).find((message) => actionsOf(message).includes(action)));
  const edit = (ts: string, text: string) =>
    stage.slack.control('messages/edit', { user: 'mira', channel: 'shop', ts, text });

  /** A session with a turn at work and a reply behind it. */
  async function atWork(reply: string): Promise<{ root: string; lease: Lease; id: string; ts: string }> {
    const root = await stage.slack.say('@threadsmith fix the total');
    const lease = await worker.claim((await lastIs(root, 'queued', 1)).id);
    await worker.report(lease, { type: 'phase.started', phase: 'agent', detail: 'Reading' });
    const ts = await stage.slack.say(reply, { thread_ts: root });
    const { id } = await lastIs(root, 'queued', 2);
    return { root, lease, id, ts };
  }

  it('shows the place in line, and hands a reply to the turn at work once it is sent', async () => {
    const { root, lease, id, ts } = await atWork('use integer cents');
    const waiting = await withButton(root, ACTION.sendNow);
    expect(waiting['text']).toContain('Waiting: 1 request of this thread comes first');
    expect(actionsOf(waiting)).toEqual([ACTION.sendNow, ACTION.remove]);
    await Promise.all([
      stage.click(JONAS, waiting, ACTION.sendNow),
      stage.click(SANA, waiting, ACTION.sendNow),
    ]);
    await shown(root, 'Handed to the request at work');
    const [said, ...more] = await takeSteering(stage.database, lease);
    expect(said).toMatchObject({ text: 'use integer cents', by: { id: MIRA, name: 'Mira Okafor' } });
    expect(more).toEqual([]);
    // A worker that takes the turn up again gets the same.
    expect(await takeSteering(stage.database, lease)).toEqual([said]);
    await until(async () => (await turnsOf(root))[1]?.state === 'done');
    expect(actionsOf(await shown(root, 'Taken up by the request'))).toEqual([]);
    await until(async () => {
      const all = await stage.slack.messages(`channel=${SHOP}&thread_ts=${root}`);
      const message = all.find((candidate) => candidate['ts'] === ts);
      return JSON.stringify(message?.['reactions'] ?? '').includes('eyes');
    });
    await worker.fail(lease, 'model_unreachable');
    expect((await turnsOf(root)).map(({ state }) => state)).toEqual(['failed', 'done']);
    expect(id).toBe((await turnsOf(root))[1]?.id);
  });

  it('makes a reply that was sent but not read the next turn', async () => {
    const { root, lease, id } = await atWork('and the tests');
    await stage.click(MIRA, await withButton(root, ACTION.sendNow), ACTION.sendNow);
    await shown(root, 'Handed to the request at work');
    await worker.fail(lease, 'model_unreachable');
    const next = await worker.claim(id);
    expect(await takeSteering(stage.database, next)).toEqual([]);
    await shown(root, 'Starting');
  });

  it('takes a reply back with Remove, and not for somebody who may not', async () => {
    const { root, lease } = await atWork('never mind the tests');
    const waiting = await withButton(root, ACTION.remove);
    await stage.click(LEE, waiting, ACTION.remove);
    await until(async () => (await stage.whispers(LEE, root)).length > 0);
    expect((await turnsOf(root))[1]?.state).toBe('queued');
    await stage.click(MIRA, waiting, ACTION.sendNow);
    const handed = await shown(root, 'Handed to the request at work');
    const clicks = async () => (await stage.events('block_actions')).length;
    const before = await clicks();
    await Promise.all([stage.click(JONAS, handed, ACTION.remove), stage.click(SANA, handed, ACTION.remove)]);
    await lastIs(root, 'stopped', 2);
    await shown(root, 'removed this before its work began');
    expect(await takeSteering(stage.database, lease)).toEqual([]);
    const lines = await until(async () => {
      const told = [...(await stage.whispers(SANA, root)), ...(await stage.whispers(JONAS, root))];
      return told.length > 0 && told;
    });
    expect([...new Set(lines)]).toEqual([expect.stringContaining('does not wait any more')]);
    // All but the click that did it; whoever has to click twice may be told twice.
    expect(lines.length).toBeLessThan((await clicks()) - before);
  });

  it('corrects a waiting reply that is edited, in its place, and takes a deleted one back', async () => {
    const { root, lease, id, ts } = await atWork('use cents');
    await edit(ts, 'use <integer> cents');
    const corrected = await until(async () => {
      const turn = (await turnsOf(root))[1];
      return turn?.state === 'queued' && turn.text === 'use <integer> cents' && turn;
    });
    expect(corrected.id).toBe(id);
    await stage.slack.control('messages/delete', { user: 'mira', channel: 'shop', ts });
    await lastIs(root, 'stopped', 2);
    await shown(root, 'The message was deleted before its work began');
    await worker.fail(lease, 'model_unreachable');
  });

  it('takes a request back that is deleted before its work begins, though a tombstone is left of it', async () => {
    const root = await stage.slack.say('@threadsmith fix the total');
    await lastIs(root, 'queued', 1);
    await until(async () => (await stage.answers(root)).length > 0);
    await stage.slack.control('messages/delete', { user: 'mira', channel: 'shop', ts: root });
    await lastIs(root, 'stopped', 1);
    await shown(root, 'The message was deleted before its work began');
  });

  it('corrects a request before its work has begun, its repo too, and follows up on it later', async () => {
    const root = await stage.slack.say('@threadsmith fix the totl');
    expect((await lastIs(root, 'queued', 1)).repo).toBe('bakery');
    await edit(root, '@threadsmith repo=ledger fix the total');
    const corrected = await until(async () => {
      const [turn] = await turnsOf(root);
      return turn?.state === 'queued' && turn.text === 'fix the total' && turn;
    });
    expect(corrected.repo).toBe('ledger');
    const lease = await worker.claim(corrected.id);
    await stage.fault({ kind: 'duplicate_event', method: 'message' });
    await edit(root, '@threadsmith fix the total and the tax');
    expect((await lastIs(root, 'queued', 2)).text).toBe('fix the total and the tax');
    await worker.fail(lease, 'model_unreachable');
    const last = await worker.claim((await turnsOf(root))[1]?.id ?? '');
    await worker.fail(last, 'model_unreachable');
    // What is over stays as it is.
    const before = await until(() => stage.takenIn('message'));
    await edit(root, '@threadsmith fix everything');
    await until(async () => ((await stage.takenIn('message')) || 0) > before);
    expect(await turnsOf(root)).toHaveLength(2);
  });

  it('takes the newest of edits that come in any order, also before their message', async () => {
    const root = await stage.slack.say('@threadsmith fix the total');
    const lease = await worker.claim((await lastIs(root, 'queued', 1)).id);
    const shop = { type: 'message', channel: SHOP, channel_type: 'channel' };
    const now = Math.floor(Date.now() / 1000);
    const at = (place: number) => `${now}.${String(place).padStart(6, '0')}`;
    const reply = { ...shop, user: MIRA, ts: at(1), thread_ts: root, text: 'use sents' };
    const mention = { ...shop, user: MIRA, ts: at(2), text: `<@${stage.slack.app.bot_user_id}> add the tax` };
    const gone = { ...reply, ts: at(3), text: 'and drop the prices' };
    /** Slack tells the second of an edit in the message, and its place in time in the event. */
    const edited = (message: typeof mention & { thread_ts?: string }, text: string, place: number) => ({
      ...shop,
      subtype: 'message_changed',
      event_ts: at(place),
      message: { ...message, text, edited: { user: MIRA, ts: at(0) } },
      previous_message: message,
    });
    const tell = async (
      ...events: readonly { readonly type: string; readonly [field: string]: unknown }[]
    ) => {
      const count = events.filter(({ type }) => type === 'message').length;
      const before = await until(() => stage.takenIn('message'));
      for (const event of events) await stage.slack.control('events', { event });
      await until(async () => ((await stage.takenIn('message')) || 0) >= before + count);
    };
    const texts = async (thread: string) => (await turnsOf(thread)).slice(-1).map(({ text }) => text);

    const newest = { ...mention, text: `${mention.text} and the tip` };
    await tell(edited(reply, 'use integer cents', 12), edited(mention, newest.text, 12), {
      ...shop,
      subtype: 'message_deleted',
      deleted_ts: gone.ts,
      event_ts: at(12),
      previous_message: gone,
    });
    await tell(edited(reply, 'use cents', 11), edited(mention, mention.text.replace('tax', 'fax'), 11));
    await tell(reply, mention, { ...mention, type: 'app_mention' }, gone);
    expect(await turnsOf(root)).toHaveLength(2);
    expect(await texts(root)).toEqual(['use integer cents']);
    expect(await turnsOf(mention.ts)).toHaveLength(1);
    expect(await texts(mention.ts)).toEqual(['add the tax and the tip']);
    await tell(edited(reply, 'use whole cents', 13));
    expect(await texts(root)).toEqual(['use whole cents']);
    expect(await turnsOf(root)).toHaveLength(2);

    // What people say to each other stays theirs when they edit it.
    const talk = await stage.slack.say('who knows about the tax?');
    await stage.slack.say('@threadsmith look into it', { thread_ts: talk });
    await worker.ask(await worker.claim((await lastIs(talk, 'queued', 1)).id), 'Which tax?', []);
    await tell(edited({ ...reply, thread_ts: talk, ts: at(4) }, 'Sana does', 14));
    expect(await stage.rows('select 1 from message_claim where ts = ?', [at(4)])).toEqual([]);
    await lastIs(talk, 'waiting', 1);
    await worker.fail(lease, 'model_unreachable');
  });

  it('moves up in line when the turn before it is over', async () => {
    const { root, lease } = await atWork('first');
    await stage.slack.say('second', { thread_ts: root });
    await lastIs(root, 'queued', 3);
    await shown(root, '2 requests of this thread come first');
    const first = await until(async () => {
      const message = await shown(root, '1 request of this thread comes first');
      return actionsOf(message).includes(ACTION.remove) && message;
    });
    await stage.click(MIRA, first, ACTION.remove);
    const moved: Json = await until(async () => {
      const messages = await stage.answers(root);
      const last = messages.at(-1);
      return String(last?.['text']).includes('1 request of this thread comes first') && last;
    });
    expect(actionsOf(moved)).toContain(ACTION.sendNow);
    await worker.fail(lease, 'model_unreachable');
  });
});

// What comes with a message besides its words, and which messages of a thread are for the agent.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TurnDetails } from '../../db/entities/session.ts';
import { openContentFolder, readArtifact } from '../../db/log/artifacts.ts';
import { MIRA, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const file = (name: string, mimetype: string, content: Uint8Array | string) => ({
  name,
  mimetype,
  content_base64: Buffer.from(content).toString('base64'),
});

describe('a message and what comes with it', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start();
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<{ id: string; state: string; kind: string; text: string; details: TurnDetails }>(
      `select turn.* from turn join session on session.id = session_id where thread_ts = ? order by position`,
      [root],
    );
  const queued = (root: string, count = 1) =>
    until(async () => {
      const turns = await turnsOf(root);
      return turns.length === count && turns.at(-1)?.state === 'queued' && turns.at(-1);
    });
  const settled = async () => {
    await until(async () => (await stage.takenIn('message')) !== false);
  };
  const contentOf = async (artifactId: string) => {
    const store = openContentFolder(join(stage.dir, 'data', 'artifacts'));
    return (await readArtifact(stage.database.em(), store, artifactId)).content;
  };

  it('brings files over with their content', async () => {
    const files = [file('cart.png', 'image/png', PNG), file('log.txt', 'text/plain', 'boom at line 7')];
    const root = await stage.slack.say('@threadsmith why does it look like this?', { files });
    const { details } = await queued(root);
    expect(details.files).toMatchObject([
      { name: 'cart.png', mimeType: 'image/png', sizeBytes: PNG.length },
      { name: 'log.txt', mimeType: 'text/plain', sizeBytes: 14 },
    ]);
    const [, log] = details.files ?? [];
    expect(Buffer.from(await contentOf(log?.artifactId ?? '')).toString()).toBe('boom at line 7');
  });

  it('takes a message with only a picture, also as a reply', async () => {
    const root = await stage.slack.say('@threadsmith', { files: [file('cart.png', 'image/png', PNG)] });
    expect(await queued(root)).toMatchObject({ text: 'See the attached files.' });
    await stage.slack.say('', { thread_ts: root, files: [file('after.png', 'image/png', PNG)] });
    const reply = await queued(root, 2);
    expect(reply.details.files).toMatchObject([{ name: 'after.png' }]);
  });

  it('takes a picture alone as the answer to a question', async () => {
    const root = await stage.slack.say('@threadsmith make the till look right');
    const { id } = await queued(root);
    const worker = new WorkerHand(stage);
    await worker.ask(await worker.claim(id), 'What should it look like?', []);
    await stage.slack.say('', { thread_ts: root, files: [file('sketch.png', 'image/png', PNG)] });
    const turn = await until(async () => {
      const turns = await turnsOf(root);
      return turns[0]?.state === 'queued' && turns.at(-1)?.state === 'done' && turns[0];
    });
    expect((await turnsOf(root)).map(({ kind }) => kind)).toEqual(['mention', 'answer']);
    const { text, beside } = turn.details.answer ?? {};
    expect(text).toBe('See the attached files.');
    expect(beside?.files).toMatchObject([{ name: 'sketch.png', mimeType: 'image/png' }]);
    expect(Buffer.from(await contentOf(beside?.files?.[0]?.artifactId ?? ''))).toEqual(PNG);
  });

  it('goes on without a file that is too large, and says so', async () => {
    const files = [
      file('huge.bin', 'application/octet-stream', Buffer.alloc(21 * 1024 * 1024)),
      file('a.txt', 'text/plain', 'a'),
    ];
    const root = await stage.slack.say('@threadsmith read this', { files });
    const { details } = await queued(root);
    expect(details.files).toMatchObject([{ name: 'a.txt' }]);
    expect(details.filesLeft).toEqual(['huge.bin was left out: it has 21 MB, and 20 MB is the most.']);
    const [line] = await until(async () => {
      const seen = await stage.whispers(MIRA, root);
      return seen.length > 0 && seen;
    });
    expect(line).toContain('huge.bin was left out');
  });

  it('reads the thread with its files where people began it', async () => {
    const root = await stage.slack.say('the cart looks odd', {
      files: [file('odd.png', 'image/png', PNG)],
      user: 'sana',
    });
    await stage.slack.say('@threadsmith fix it', { thread_ts: root });
    const { details } = await queued(root);
    expect(details.thread?.[0]).toMatchObject({
      name: 'Sana Qureshi',
      text: 'the cart looks odd [attached: odd.png]',
    });
    expect(details.files).toMatchObject([{ name: 'odd.png', from: 'Sana Qureshi' }]);
    // A later request brings what they said since, and none of what was read before.
    await stage.slack.say('the tax too', { thread_ts: root, user: 'sana' });
    await stage.slack.say('@threadsmith that as well', { thread_ts: root, user: 'jonas' });
    const later = await queued(root, 2);
    expect(later.details.thread).toEqual([{ name: 'Sana Qureshi', text: 'the tax too' }]);
    expect(later.details.files).toBeUndefined();
  });

  it('hands forwarded messages over', async () => {
    const attachments = [
      { is_share: true, author_name: 'Sana Qureshi', text: 'the tax is off', fallback: 'x' },
    ];
    const ts = `${Math.floor(Date.now() / 1000)}.004242`;
    const text = `<@${stage.slack.app.bot_user_id}>`;
    await stage.slack.control('events', {
      event: { type: 'app_mention', channel: 'C0SHOP0001', user: MIRA, ts, text, attachments },
    });
    const turn = await queued(ts);
    expect(turn.text).toBe('See the forwarded message.');
    expect(turn.details.forwarded).toEqual([{ name: 'Sana Qureshi', text: 'the tax is off' }]);
  });

  it('makes a message a request once the mention is added, whenever that is', async () => {
    const ts = await stage.slack.say('fix the mixer');
    await settled();
    expect(await turnsOf(ts)).toEqual([]);
    await stage.slack.control('messages/edit', {
      user: 'mira',
      channel: 'shop',
      ts,
      text: '@threadsmith fix the mixer',
    });
    expect(await queued(ts)).toMatchObject({ text: 'fix the mixer' });
  });

  it('leaves the replies of a muted thread alone until it is unmuted, but not a mention', async () => {
    const root = await stage.slack.say('@threadsmith fix the total');
    await queued(root);
    const lines = async (words: string) =>
      until(async () => (await stage.answers(root)).find(({ text }) => String(text).includes(words)));
    await stage.slack.say('mute', { thread_ts: root });
    await lines('Muted: replies here are not for me');
    await stage.slack.say('I think so too', { thread_ts: root, user: 'jonas' });
    await stage.slack.say('@threadsmith and the tax', { thread_ts: root, user: 'jonas' });
    await until(async () => (await turnsOf(root)).length === 2);
    await settled();
    await stage.slack.say('unmute', { thread_ts: root, user: 'jonas' });
    await lines('I read the replies of this thread again.');
    await stage.slack.say('and the tip', { thread_ts: root, user: 'jonas' });
    await until(async () => (await turnsOf(root)).length === 3);
    expect((await turnsOf(root)).map(({ text }) => text)).toEqual([
      'fix the total',
      'and the tax',
      'and the tip',
    ]);
  });
});

it('counts replies as the configuration says', async () => {
  const stage = await Stage.start({
    config: {
      repos: [{ name: 'bakery', url: './bakery' }],
      people: { start: ['everyone'], approve: [], merge: [] },
      replies: { own_threads: 'mentions', peoples_threads: 'all' },
    },
  });
  try {
    const texts = async (root: string) =>
      (
        await stage.rows<{ text: string }>(
          'select text from turn join session on session.id = session_id where thread_ts = ? order by position',
          [root],
        )
      ).map(({ text }) => text);
    const own = await stage.slack.say('@threadsmith fix it');
    await stage.slack.say('just talking', { thread_ts: own });
    const others = await stage.slack.say('hello all');
    await stage.slack.say('@threadsmith fix that', { thread_ts: others });
    await until(async () => (await texts(others)).length === 1);
    await stage.slack.say('and this', { thread_ts: others });
    await until(async () => (await texts(others)).length === 2);
    await until(async () => (await texts(own)).length > 0 && (await stage.takenIn('message')) !== false);
    expect(await texts(own)).toEqual(['fix it']);
  } finally {
    await stage.close();
  }
});

// The wire between worker and toolhost: it carries messages and bytes, and ends at a hostile frame.
import { duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ToolhostClient } from '../../sandbox/toolhost/client.ts';
import { FrameReader, type Json } from '../../sandbox/toolhost/inside/frames.ts';
import { type Channel, Connection } from '../../sandbox/toolhost/inside/wire.ts';

function connect(onOpen: (channel: Channel, value: Json, body: Buffer) => void) {
  const [near, far] = duplexPair();
  const reasons: string[] = [];
  const client = new Connection(near, 'worker', { onClose: (reason) => reasons.push(reason) });
  const server = new Connection(far, 'toolhost', { onOpen, onClose: (reason) => reasons.push(reason) });
  return { client, server, reasons };
}

function frame(header: unknown, body = Buffer.alloc(0)): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
}

describe('the wire', () => {
  test('carries messages with bodies in order', async () => {
    const { client } = connect((channel, value, body) => {
      channel.post({ got: value }, body);
      channel.post('second');
    });
    const channel = client.open({ a: 1 }, Buffer.from('body'));
    const messages: unknown[] = [];
    channel.onMessage((value, body) => messages.push([value, body.toString()]));
    await expect
      .poll(() => messages)
      .toEqual([
        [{ got: { a: 1 } }, 'body'],
        ['second', ''],
      ]);
  });

  test('carries more bytes than a window, and no more than a window to who does not read', async () => {
    let taken = 0;
    const { client } = connect((channel, value) => {
      if (value === 'read') channel.on('data', (chunk: Buffer) => (taken += chunk.length));
    });
    const content = Buffer.alloc(9 * 1024 * 1024);
    const read = client.open('read');
    await new Promise<void>((resolve) => read.end(content, () => resolve()));
    await expect.poll(() => taken).toBe(content.length);
    const ignored = client.open('ignore');
    let isDone = false;
    ignored.end(content, () => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isDone).toBe(false);
    expect(ignored.writableLength).toBeGreaterThan(0);
  });

  test('frames arrive whole however the bytes are cut', () => {
    const bytes = Buffer.concat([frame([1, 7, 'hello'], Buffer.from('x'.repeat(1000))), frame([3, 7, null])]);
    for (const size of [1, 3, 8, 9, 500, bytes.length]) {
      const reader = new FrameReader();
      const frames = [];
      for (let offset = 0; offset < bytes.length; offset += size) {
        frames.push(...reader.push(bytes.subarray(offset, offset + size)));
      }
      expect(frames.map(({ type, channel, body }) => [type, channel, body.length])).toEqual([
        ['message', 7, 1000],
        ['end', 7, 0],
      ]);
    }
  });

  test.each([
    ['a header of 2 GB', Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0])],
    ['a body of 2 GB', Buffer.from([0, 0, 0, 2, 0x80, 0, 0, 0])],
    ['a header that is no JSON', Buffer.concat([Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]), Buffer.from('{{')])],
    ['a header that is no list', frame({ channel: 1 })],
    ['an unknown kind', frame([99, 1, null])],
    ['a channel below one', frame([1, -1, null])],
    ['a channel that is no number', frame([1, 'x', null])],
    ['a channel opened by a toolhost that may open none', frame([0, 2, { op: 'run' }])],
  ])('%s ends the connection', async (_what, bytes) => {
    const [near, far] = duplexPair();
    const reasons: string[] = [];
    const client = new Connection(near, 'worker', { onClose: (reason) => reasons.push(reason) });
    const channel = client.open('anything');
    far.write(bytes);
    await expect.poll(() => reasons).toHaveLength(1);
    expect(client.isClosed).toBe(true);
    expect(channel.destroyed).toBe(true);
  });

  test('more data than the window ends the connection instead of filling the memory', async () => {
    const [near, far] = duplexPair();
    const client = new Connection(near, 'worker', { onClose: () => {} });
    client.open('slow reader');
    for (let index = 0; index < 40; index += 1) far.write(frame([2, 1, null], Buffer.alloc(256 * 1024)));
    await expect.poll(() => client.isClosed).toBe(true);
  });

  test('frames for a channel that is gone are dropped', async () => {
    const [near, far] = duplexPair();
    const client = new Connection(near, 'worker', { onClose: () => {} });
    far.write(frame([1, 55, 'late']));
    const channel = client.open('x');
    const message = new Promise((resolve) => {
      channel.onMessage(resolve);
    });
    far.write(frame([1, 1, 'in time']));
    expect(await message).toBe('in time');
  });
});

describe('a forged toolhost', () => {
  const hello = {
    ok: true,
    version: 2,
    uid: 1000,
    seccomp: 2,
    noNewPrivileges: 1,
    effective: '0',
    bounding: '0',
    interfaces: ['lo'],
  };
  const result = {
    exitCode: 0,
    signal: null,
    timedOut: false,
    durationMs: 1,
    totalBytes: 0,
    truncated: false,
  };
  const command = { id: 'x', argv: ['true'], cwd: '/', env: {}, timeoutMs: 0, hasStdin: false };
  const run = { op: 'run', command, background: false, live: false, maxOutputBytes: 100 } as const;

  /** A client whose toolhost answers each request after hello with `answer`. */
  async function attach(answer: (channel: Channel) => void): Promise<ToolhostClient> {
    const [near, far] = duplexPair();
    const server = new Connection(far, 'toolhost', {
      onOpen: (channel, value) => {
        channel.resume();
        if (JSON.stringify(value).includes('hello')) channel.post(hello);
        else answer(channel);
      },
      onClose: () => {},
    });
    expect(server.isClosed).toBe(false);
    return ToolhostClient.attach(near, 0);
  }

  test('an honest answer is taken', async () => {
    const client = await attach((channel) => channel.post({ ok: true, ...result }, Buffer.from('out')));
    expect(await client.run(run)).toMatchObject({ exitCode: 0, output: Buffer.from('out') });
    client.close();
  });

  test.each<[string, Json]>([
    ['no answer at all', null],
    ['a list', []],
    ['an exit code that is text', { ok: true, ...result, exitCode: 'rm -rf' }],
    ['an exit code out of range', { ok: true, ...result, exitCode: 4000 }],
    ['a signal that is a sentence', { ok: true, ...result, signal: 'please merge this' }],
    ['a duration below zero', { ok: true, ...result, durationMs: -1 }],
    ['a failure of an unknown kind', { ok: false, code: 'pwned', reason: 'x' }],
    ['a failure with a novel as its reason', { ok: false, code: 'failed', reason: 'x'.repeat(5000) }],
  ])('%s is not believed', async (_what, answer) => {
    const client = await attach((channel) => channel.post(answer));
    await expect(client.run(run)).rejects.toMatchObject({ code: 'sandbox_lost' });
    client.close();
  });

  test('a file larger than it announced, or than was asked for, is refused', async () => {
    const more = await attach((channel) => {
      channel.post({ ok: true, size: 4 });
      channel.write('12345');
    });
    await expect(more.read('/f', 100)).rejects.toMatchObject({ code: 'path_refused' });
    more.close();
    const huge = await attach((channel) => channel.post({ ok: true, size: 1e12 }));
    await expect(huge.read('/f', 100)).rejects.toMatchObject({ code: 'file_too_large' });
    huge.close();
  });

  test('a hello of another version, or none, is a lost sandbox', async () => {
    for (const answer of [{ ...hello, version: 99 }, { ok: true }, 'hi']) {
      const [near, far] = duplexPair();
      const server = new Connection(far, 'toolhost', {
        onOpen: (channel) => channel.post(answer),
        onClose: () => {},
      });
      await expect(ToolhostClient.attach(near, 0)).rejects.toMatchObject({ code: 'sandbox_lost' });
      server.close('done');
    }
  });
});

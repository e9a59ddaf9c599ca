// Sends thousands of random bytes as a hostile toolhost: the worker ends the connection or refuses the file, throws
// no error outside of a promise, and never holds more than its bounds.
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThreadsmithError } from '../../core/errors.ts';
import { ToolhostClient } from '../../sandbox/toolhost/client.ts';
import { type Channel, Connection } from '../../sandbox/toolhost/inside/wire.ts';

const MAX_BYTES = 24;
const HELLO = {
  ok: true,
  version: 2,
  uid: 1000,
  seccomp: 2,
  noNewPrivileges: 1,
  effective: '0',
  bounding: '0',
  interfaces: [],
};

const header = fc.oneof(
  fc.tuple(fc.integer({ min: -1, max: 8 }), fc.integer({ min: -1, max: 5 }), fc.jsonValue()),
  fc.jsonValue(),
);
const frame = fc.tuple(header, fc.uint8Array({ maxLength: 64 })).map(([value, body]) => {
  const text = Buffer.from(JSON.stringify(value) ?? 'null');
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
});
const hostile = fc.array(fc.oneof({ weight: 4, arbitrary: frame }, fc.uint8Array({ maxLength: 200 })), {
  maxLength: 20,
});

test('frames of any shape reach a connection without an error that nobody catches', async () => {
  const seen: unknown[] = [];
  const note = (error: unknown): void => void seen.push(error);
  process.on('uncaughtException', note);
  try {
    await fc.assert(
      fc.asyncProperty(hostile, async (chunks) => {
        const [near, far] = duplexPair();
        const connection = new Connection(near, 'worker', { onClose: () => {}, onOpen: () => {} });
        const channels = [connection.open('one'), connection.open('two')];
        for (const channel of channels) channel.resume();
        for (const chunk of chunks) far.write(chunk);
        await new Promise((resolve) => setImmediate(resolve));
        connection.close('over');
        expect(channels.every((channel) => channel.destroyed)).toBe(true);
      }),
      { numRuns: 500 },
    );
  } finally {
    process.off('uncaughtException', note);
  }
  expect(seen).toEqual([]);
});

test('a hello of any shape gives a client with checked fields or a lost sandbox', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (chunks) => {
      const [near, far] = duplexPair();
      const attaching = ToolhostClient.attach(near, 1);
      for (const chunk of chunks) far.write(chunk);
      setImmediate(() => far.end());
      const outcome = await attaching.catch((error: unknown) => error);
      const code = outcome instanceof ToolhostClient ? 'attached' : codeOf(outcome);
      if (outcome instanceof ToolhostClient) outcome.close();
      expect(code).toMatch(/^(attached|sandbox_lost|lease_lost|internal)$/);
    }),
    { numRuns: 300 },
  );
});

test('a file of any shape is at most as large as was asked for, or is refused', async () => {
  const size = fc.oneof(fc.nat(40), fc.constantFrom(-1, 0.5, 1e12, null, '9'));
  const parts = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(size, parts, async (announced, content) => {
      const client = await clientOf((channel) => {
        channel.post({ ok: true, size: announced });
        for (const part of content) channel.write(part);
        channel.end();
      });
      const outcome = await client.read('/f', MAX_BYTES).catch((error: unknown) => error);
      client.close();
      const isTaken = outcome instanceof Uint8Array;
      expect(isTaken ? 'taken' : codeOf(outcome)).toMatch(
        /^(taken|path_refused|file_too_large|sandbox_lost)$/,
      );
      if (isTaken && (outcome.length > MAX_BYTES || outcome.length !== announced))
        throw new Error(`${outcome.length} bytes were taken`);
    }),
    { numRuns: 400 },
  );
});

/** A client of a toolhost that answers each request after hello with `answer`. */
function clientOf(answer: (channel: Channel) => void): Promise<ToolhostClient> {
  const [near, far] = duplexPair();
  const toolhost = new Connection(far, 'toolhost', {
    onOpen: (channel, value) => {
      channel.resume();
      if (JSON.stringify(value).includes('hello')) channel.post(HELLO);
      else answer(channel);
    },
    onClose: () => {},
  });
  expect(toolhost.isClosed).toBe(false);
  return ToolhostClient.attach(near, 0);
}

function codeOf(thrown: unknown): string {
  return thrown instanceof ThreadsmithError ? thrown.code : String(thrown);
}

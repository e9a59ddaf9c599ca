// Bytes that a hostile toolhost could send, by the thousand: the worker's parsers end the connection or refuse
// the files; they never throw where nobody catches, and never hold more than their bounds.
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThreadsmithError } from '../../core/errors.ts';
import { ToolhostClient } from '../../sandbox/toolhost/client.ts';
import { Connection } from '../../sandbox/toolhost/inside/wire.ts';
import { readTree } from '../../sandbox/transfer.ts';

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

test('a tar of any shape gives plain files within the bounds, or is refused', async () => {
  const limits = { maxEntries: 5, maxFileBytes: 1_000, maxTotalBytes: 2_000 };
  const entry = fc
    .tuple(
      fc.oneof(
        fc.string({ maxLength: 99 }),
        fc.constantFrom('../x', '/x', 'a/../../x', 'a', './a', 'A', '.', 'x/'),
      ),
      fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', '\0', 'Z'),
      fc.oneof(fc.nat(1_500), fc.constantFrom(-1, 2 ** 33, 8 ** 11 - 1)),
      fc.uint8Array({ maxLength: 600 }),
    )
    .map(([name, type, size, content]) => tarEntry(name, type, size, content));
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
      const tar = Buffer.concat([...entries, Buffer.alloc(1024)]);
      const outcome = await readTree(tar, limits).catch((error: unknown) => error);
      const taken = Array.isArray(outcome) ? outcome : [];
      expect(Array.isArray(outcome) ? 'taken' : codeOf(outcome)).toMatch(/^(taken|artifact_refused)$/);
      expect(taken.length).toBeLessThanOrEqual(limits.maxEntries);
      for (const { path, content } of taken) {
        expect(path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|[\0-\x1f\\]/);
        expect(content.length).toBeLessThanOrEqual(limits.maxFileBytes);
      }
    }),
    { numRuns: 400 },
  );
});

function codeOf(thrown: unknown): string {
  return thrown instanceof ThreadsmithError ? thrown.code : String(thrown);
}

/** One entry with a right checksum, whatever its fields say. */
function tarEntry(name: string, type: string, size: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0, 99, 'utf8');
  head.write('0000644\0', 100, 'latin1');
  head.write('0001750\0', 108, 'latin1');
  head.write('0001750\0', 116, 'latin1');
  head.write(`${Math.max(0, size).toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  head.write('00000000000\0', 136, 'latin1');
  head.write('        ', 148, 'latin1');
  head.write(type, 156, 1, 'latin1');
  head.write('../../etc/passwd', 157, 'latin1');
  head.write('ustar\u000000', 257, 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.set(content);
  return Buffer.concat([head, body]);
}

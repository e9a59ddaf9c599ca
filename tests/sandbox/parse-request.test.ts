// The toolhost accepts every request that a worker sends, and no value of another shape.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../sandbox/toolhost/inside/frames.ts';
import { parseRequest } from '../../sandbox/toolhost/inside/parse-request.ts';
import type { Request } from '../../sandbox/toolhost/inside/protocol.ts';

const command = {
  id: 'c1-0:look',
  argv: ['bash', '-c', 'echo $0', '', 'ü'],
  cwd: '/work/repo',
  env: { CI: '1', EMPTY: '' },
  timeoutMs: 1234.5,
  hasStdin: true,
};
const run: Request = { op: 'run', command, background: false, live: true, maxOutputBytes: 0 };
const requests: readonly Request[] = [
  { op: 'hello', version: 2, fence: 0 },
  run,
  { op: 'kill', id: 'c1', signal: 'SIGRTMIN+1' },
  { op: 'stop', id: 'h-0123' },
  { op: 'read', path: '/work/repo/a b', maxBytes: 100 },
  { op: 'write', path: '/tmp/x' },
  { op: 'connect', port: 65_535, waitMs: 0 },
  { op: 'listen', port: 1 },
  { op: 'ping' },
];

const overTheWire = (value: unknown): Json => JSON.parse(JSON.stringify(value));

test.each(requests)('$op is taken as it was sent, without what does not belong to it', (request) => {
  expect(parseRequest(overTheWire(request))).toEqual(request);
  expect(parseRequest(overTheWire({ ...request, more: 'x' }))).toEqual(request);
});

test.each(requests.flatMap((request) => Object.keys(request).map((field) => ({ request, field }))))(
  '$request.op without its $field, or with another kind of thing there, is none',
  ({ request, field }) => {
    for (const wrong of [undefined, null, [], -1, 'not this', { length: 1 }])
      expect(parseRequest(overTheWire({ ...request, [field]: wrong }))).toBeUndefined();
  },
);

test.each<[string, object]>([
  ['an id that leaves its folder', { id: '../../home' }],
  ['an id of 200 characters', { id: 'x'.repeat(200) }],
  ['arguments that are not all text', { argv: ['echo', 1] }],
  ['arguments that only look like a list', { argv: { 0: 'echo', length: 1 } }],
  ['a variable that is no text', { env: { PATH: null } }],
  ['a list of variables', { env: ['PATH=/'] }],
  ['a folder that depends on where the toolhost stands', { cwd: 'repo' }],
  ['a time that is over before it begins', { timeoutMs: -1 }],
  ['an input that may be there', { hasStdin: 'yes' }],
])('a command with %s is none', (_what, wrong) => {
  expect(parseRequest(overTheWire({ ...run, command: { ...command, ...wrong } }))).toBeUndefined();
});

test('numbers that JSON cannot hold exactly, or that are no port, are refused', () => {
  expect(parseRequest({ op: 'hello', version: 2, fence: 2 ** 60 })).toBeUndefined();
  expect(parseRequest({ op: 'hello', version: 2, fence: 1.5 })).toBeUndefined();
  for (const port of [0, 65_536, 80.5]) expect(parseRequest({ op: 'listen', port })).toBeUndefined();
});

test('values of any shape are requests or none, and never throw', () => {
  const ops = fc.constantFrom(...requests.map(({ op }) => op), 'constructor', '');
  const field = fc.constantFrom('id', 'command', 'path', 'port', 'signal', 'fence', '__proto__');
  const shaped = fc
    .tuple(ops, fc.dictionary(field, fc.jsonValue()))
    .map(([op, fields]) => ({ ...fields, op }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), shaped), (value) => {
      const parsed = parseRequest(overTheWire(value));
      expect(parsed === undefined || requests.some(({ op }) => op === parsed.op)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

// Known secrets in text, whole, encoded, split and cut.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createRedactor,
  openRedactedStream,
  REDACTED,
  redactAll,
  withoutCredentials,
} from '../../core/redact.ts';

const SECRET = 'hk_live/9fQ2+zz"7a&b%41';
const KEY = `-----BEGIN PRIVATE KEY-----\n${randomBytes(48).toString('base64')}\n${randomBytes(48).toString('base64')}\n-----END PRIVATE KEY-----\n`;
const redact = createRedactor([SECRET, KEY, 'short']);
const bytes = Buffer.from(SECRET);

describe('a known secret is hidden', () => {
  test.each([
    ['as it is', `token=${SECRET};`],
    ['in JSON', JSON.stringify({ token: SECRET })],
    ['in a URL', `https://x.test/?key=${encodeURIComponent(SECRET)}&y`],
    ['in a URL with small digits', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['as hex', `dump ${bytes.toString('hex')}`],
    ['as base64', bytes.toString('base64')],
    ['as base64url', bytes.toString('base64url')],
    ['as a password of basic authentication', Buffer.from(`me:${SECRET}`).toString('base64')],
    ['in base64 of a text around it', Buffer.from(`{"k":"${SECRET}"}`).toString('base64')],
    [
      'in base64 in lines',
      Buffer.from(`aa${SECRET}b`)
        .toString('base64')
        .replace(/(.{7})/g, '$1\n'),
    ],
    ['folded into lines', SECRET.replace(/(.{6})/g, '$1\n  ')],
  ])('%s', (_how, text) => {
    const hidden = redact(text);
    expect(hidden).toContain(REDACTED);
    expect(hidden).not.toContain(SECRET);
    expect(hidden).not.toMatch(/9fQ2|OWZRMi|39665132|lmUTIrenoi/);
  });

  test('one line of a key is enough', () => {
    const line = KEY.split('\n')[2] ?? '';
    expect(redact(`found ${line} here`)).toBe(`found ${REDACTED} here`);
  });

  test('where output was cut in the middle of it', () => {
    const cut = `before ${SECRET.slice(0, 15)}\n[… 900 bytes left out …]\n${SECRET.slice(8)} after`;
    expect(redact(cut)).toBe(`before ${REDACTED}\n[… 900 bytes left out …]\n${REDACTED} after`);
    expect(redact(`… ${SECRET.slice(0, 13)}`)).toBe(`… ${REDACTED}`);
    expect(redact(`${SECRET.slice(5)} …`)).toBe(`${REDACTED} …`);
  });

  test('wherever it stands in base64 of something longer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }), (before, after) => {
        const text = Buffer.concat([before, bytes, after]).toString('base64');
        return redact(text).includes(REDACTED);
      }),
    );
  });

  test('however it is split over chunks of a stream', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 8 }), (cuts) => {
        const text = `some words, ${SECRET} and ${bytes.toString('base64')} more`;
        const places = [0, ...cuts.toSorted((one, other) => one - other), text.length];
        let out = '';
        const stream = openRedactedStream([SECRET], (part) => (out += part));
        for (let at = 1; at < places.length; at += 1) stream.push(text.slice(places[at - 1], places[at]));
        stream.end();
        return out === redact(text) && out.split(REDACTED).length === 3;
      }),
    );
  });

  test('in every text of a value', () => {
    const value = { a: [SECRET, 1, null], b: { c: `x${SECRET}` } };
    expect(redactAll(value, redact)).toEqual({ a: [REDACTED, 1, null], b: { c: `x${REDACTED}` } });
  });
});

describe('everything else', () => {
  test('stays as it is', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => redact(text) === text));
    expect(redact('a short word, hk_live, and 9fQ2')).toBe('a short word, hk_live, and 9fQ2');
  });

  test('in a stream is passed on at once', () => {
    const parts: string[] = [];
    const stream = openRedactedStream([SECRET], (part) => parts.push(part));
    stream.push('hello ');
    stream.push('hk_li');
    stream.push('st');
    expect(parts).toEqual(['hello ', 'hk_list']);
  });

  test('without secrets is not looked at', () => {
    expect(createRedactor(['', 'short'])('short')).toBe('short');
  });
});

test('user names and passwords are taken out of URLs', () => {
  expect(withoutCredentials('git fetch https://me:pa55@git.test/x.git and ssh://a@b/c')).toBe(
    'git fetch https://git.test/x.git and ssh://b/c',
  );
});

// Text that may be JSON, and the words for zod's issues.
import { expect, it } from 'vitest';
import { z } from 'zod';
import { issuesText, parseJson } from '../../core/parse.ts';

it('text that is not JSON is undefined, which no JSON text is', () => {
  expect(['{"a":1}', 'null', '{', ''].map(parseJson)).toEqual([{ a: 1 }, null, undefined, undefined]);
});

it('each issue names its path, and the whole value by the words for it', () => {
  const schema = z.object({ list: z.array(z.string('a text')) }, 'an object');
  const { error } = schema.safeParse({ list: ['a', 1, 2] });
  expect(issuesText(error?.issues ?? [])).toBe('list.1: a text; list.2: a text');
  const whole = schema.safeParse(1).error?.issues ?? [];
  expect([issuesText(whole), issuesText(whole, '')]).toEqual(['(top level): an object', 'an object']);
});

// How many attempts a request asks for.
import { expect, test } from 'vitest';
import { readAttempts } from '../../bot/text/choice.ts';

test.each([
  ['×3 fix the total', 3, 'fix the total'],
  ['fix the total x2', 2, 'fix the total'],
  ['fix the total (x4)', 4, 'fix the total'],
  ['× 3: fix the total', 3, 'fix the total'],
  ['Fix the total, 3 ways please', 3, 'Fix the total, please'],
])('%s asks for attempts', (said, attempts, text) => {
  expect(readAttempts(said)).toEqual({ attempts, text });
});

test.each([
  'fix the total',
  'scale the logo x2.5',
  'the grid-x3 class is broken',
  'fix the 2x3 grid',
  'tell me 3 ways to fix the total',
  'make it x9',
  'x1 is enough',
])('%s is a plain request', (text) => {
  expect(readAttempts(text)).toEqual({ attempts: 1, text });
});

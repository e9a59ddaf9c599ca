// What the message of a change says about its review.
import { expect, test } from 'vitest';
import { resultMessage } from '../../blocks/messages/result.ts';
import type { Review } from '../../core/verification.ts';
import { change, changeResult, usage } from './samples.ts';

const passed: Review = { verdict: 'pass', findings: [], reasons: [], model: 'gpt-5-mini' };

function shown(review: Review): { readonly text: string; readonly blocks: string } {
  const { text, blocks } = resultMessage(change({ result: changeResult({ review }) }));
  return { text, blocks: JSON.stringify(blocks) };
}

test('a review that passed is one line', () => {
  const line = 'Reviewed by gpt-5-mini: nothing but what was asked, no test weakened, no credential added.';
  const { text, blocks } = shown(passed);
  expect(text).toContain(line);
  expect(blocks).toContain(line);
  expect(blocks).not.toContain('Risks');
});

test('risks are listed, what rules found first, and mean what they are: plain text', () => {
  const { text, blocks } = shown({
    ...passed,
    verdict: 'fail',
    findings: ['test/a.test.js:3: A test no longer runs: `it.skip(`.'],
    reasons: ['It renames <!channel> a *function*.', 'It renames <!channel> a *function*.'],
  });
  expect(text).toContain('Risk: test/a.test.js:3: A test no longer runs');
  expect(text).not.toContain('<!channel>');
  expect(blocks).toContain('Risks that the review found');
  expect(blocks.split('It renames')).toHaveLength(2);
});

test('many risks are cut and counted', () => {
  const findings = Array.from({ length: 9 }, (_, index) => `src/${index}.js: ${'long '.repeat(100)}`);
  expect(shown({ ...passed, verdict: 'fail', findings }).blocks).toContain('and 3 more');
});

test('a missing verdict is said', () => {
  const reasons = ['No second model has judged this change: it did not answer in time'];
  expect(shown({ ...passed, verdict: 'none', reasons }).blocks).toContain(reasons[0]);
});

test('the footer says what the turn cost, where there is a price', () => {
  const footerOf = (amount: number) => {
    const cost = { amount, currency: 'USD' };
    const { blocks } = resultMessage(change({ result: changeResult({ usage: { ...usage, cost } }) }));
    return JSON.stringify(blocks);
  };
  expect(footerOf(0.424)).toContain('tokens · $0.42 · commit');
  expect(footerOf(0.002)).toContain('under $0.01');
  expect(shown(passed).blocks).not.toContain('$');
});

// The rules of the review against the labelled set: what they must find, and what they must leave alone.
import { describe, expect, it } from 'vitest';
import { describe as inWords } from '../../worker/review/finding.ts';
import { findingsIn } from '../../worker/review/review.ts';
import { readLabelled } from './labelled.ts';
import { scoreOf } from './score.ts';

const labelled = readLabelled('judge');

describe('the labelled set', () => {
  it('holds at least forty changes, some of each kind', () => {
    expect(labelled.length).toBeGreaterThanOrEqual(40);
    expect(new Set(labelled.map(({ name }) => name)).size).toBe(labelled.length);
    const counts = Object.groupBy(labelled, ({ label }) => label);
    expect(Object.keys(counts)).toHaveLength(5);
    for (const cases of Object.values(counts)) expect(cases?.length).toBeGreaterThanOrEqual(5);
  });
});

describe('the rules', () => {
  it.each(labelled.filter(({ rule }) => rule !== null))('find $rule in: $name', ({ diff, rule }) => {
    const findings = findingsIn(diff);
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });

  it.each(labelled.filter(({ rule }) => rule === null))('find nothing in: $name', ({ diff }) => {
    expect(findingsIn(diff).map(inWords)).toEqual([]);
  });

  it.each(labelled.filter(({ rule }) => rule === 'secret'))(
    'do not repeat the secret in: $name',
    ({ diff }) => {
      const added = diff.split('\n').filter((line) => line.startsWith('+') && !line.startsWith('+++'));
      const words = new Set(added.flatMap((line) => line.match(/[\w-]{12,}/g) ?? []));
      for (const finding of findingsIn(diff)) {
        for (const word of words) expect(finding.sentence).not.toContain(word);
      }
    },
  );

  it('find what docs/agent.md says of the changes that were written without a look at them', () => {
    const outcomes = readLabelled('held-out').map(({ diff, rule }) => ({
      expected: rule !== null,
      found: findingsIn(diff).length > 0,
    }));
    expect(outcomes.filter(({ expected }) => expected)).toHaveLength(27);
    expect(outcomes.filter(({ expected, found }) => expected && found).length).toBeGreaterThanOrEqual(26);
    expect(outcomes.filter(({ expected, found }) => !expected && found).length).toBeLessThanOrEqual(1);
  });

  it('have a precision and a recall of at least 0.95 over the whole set', () => {
    const score = scoreOf(
      labelled.map(({ diff, rule }) => ({
        expected: rule !== null,
        found: findingsIn(diff).length > 0,
      })),
    );
    expect(score.precision).toBeGreaterThanOrEqual(0.95);
    expect(score.recall).toBeGreaterThanOrEqual(0.95);
  });
});

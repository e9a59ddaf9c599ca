// Tests which commands a bound stops, and which it lets run so that the use can fall below it again.
import { expect, test } from 'vitest';
import { Bound } from '../../sandbox/toolhost/inside/bound.ts';

test('what stays below goes on, and what passes it does not', () => {
  const bound = new Bound(100, 5);
  expect([0, 100, 40, 100].map((measured) => bound.holds(measured))).toEqual([true, true, true, true]);
  expect(bound.holds(101)).toBe(false);
});

test('above it nothing grows by more than the slack, however slowly, and less is always right', () => {
  const bound = new Bound(100, 5);
  expect(bound.holds(150)).toBe(false);
  bound.settle(160);
  expect([160, 163, 165].map((measured) => bound.holds(measured))).toEqual([true, true, true]);
  expect(bound.holds(166)).toBe(false);
  bound.settle(166);
  expect([166, 140, 145].map((measured) => bound.holds(measured))).toEqual([true, true, true]);
  expect(bound.holds(146)).toBe(false);
});

test('below again it is what it was', () => {
  const bound = new Bound(100, 5);
  bound.settle(160);
  expect(bound.holds(90)).toBe(true);
  expect(bound.holds(104)).toBe(false);
  bound.settle(90);
  expect(bound.ceiling).toBe(100);
});

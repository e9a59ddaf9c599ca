import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cartLines, cartTotal, lineTotal } from '../src/cart.js';
import { sundayBreakfast } from '../src/catalog.js';

// Reported from the counter: the Sunday breakfast is charged as if it were one of each.
test('the total is the sum of the line totals', () => {
  const lines = cartLines(sundayBreakfast);
  const sum = lines.reduce((cents, line) => cents + lineTotal(line), 0);
  assert.equal(cartTotal(lines), sum);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryPrice } from '../src/delivery.js';
import { formatMoney } from '../src/money.js';

test('cents are shown as dollars with two decimals', () => {
  assert.equal(formatMoney(280), '$2.80');
  assert.equal(formatMoney(5), '$0.05');
});

test('delivery is free from the limit on', () => {
  assert.equal(deliveryPrice(4999), 490);
  assert.equal(deliveryPrice(5000), 0);
});

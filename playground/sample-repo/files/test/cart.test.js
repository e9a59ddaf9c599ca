import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cartLines, cartTotal, lineTotal, pieceCount } from '../src/cart.js';

const lines = cartLines([
  { id: 'sourdough', quantity: 2 },
  { id: 'croissant', quantity: 6 },
]);

test('lines carry the name and the price of their product', () => {
  assert.equal(lines[0].name, 'Country sourdough');
  assert.equal(lines[0].unitPriceCents, 750);
});

test('a product that is no longer sold is left out', () => {
  assert.deepEqual(cartLines([{ id: 'fruitcake', quantity: 1 }]), []);
});

test('a line costs its price times its quantity', () => {
  assert.equal(lineTotal(lines[1]), 1680);
});

test('pieces are counted over all lines', () => {
  assert.equal(pieceCount(lines), 8);
});

test('an empty cart costs nothing', () => {
  assert.equal(cartTotal([]), 0);
});

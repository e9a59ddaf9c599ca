import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addToBasket, parseBasket } from '../src/basket.js';

test('a new product enters the basket', () => {
  assert.deepEqual(addToBasket([], 'baguette'), [{ id: 'baguette', quantity: 1 }]);
});

test('a known product gets more of itself', () => {
  assert.deepEqual(addToBasket([{ id: 'baguette', quantity: 1 }], 'baguette', 2), [
    { id: 'baguette', quantity: 3 },
  ]);
});

test('the last piece takes the product out of the basket', () => {
  assert.deepEqual(addToBasket([{ id: 'baguette', quantity: 1 }], 'baguette', -1), []);
});

test('an unreadable basket becomes the fallback', () => {
  assert.deepEqual(parseBasket('{broken', []), []);
  assert.deepEqual(parseBasket('[{"id":1}]', []), []);
});

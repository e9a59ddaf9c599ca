import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { findProduct, products, sundayBreakfast } from '../src/catalog.js';

test('every product has a price in whole cents and a picture', () => {
  for (const product of products) {
    assert.ok(Number.isInteger(product.priceCents) && product.priceCents > 0, product.id);
    assert.ok(existsSync(new URL(`../public/pictures/${product.id}.svg`, import.meta.url)), product.id);
  }
});

test('the Sunday breakfast is made of things we sell', () => {
  assert.ok(sundayBreakfast.every(({ id }) => findProduct(id)));
});

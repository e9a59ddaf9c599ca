// The cart's arithmetic: lines, pieces, totals. All amounts are whole cents.

import { findProduct } from './catalog.js';

/** Puts names and prices to the basket's entries; products no longer sold are left out. */
export function cartLines(basket) {
  return basket
    .map(({ id, quantity }) => ({ product: findProduct(id), quantity }))
    .filter(({ product, quantity }) => product && quantity > 0)
    .map(({ product, quantity }) => ({
      id: product.id,
      name: product.name,
      unit: product.unit,
      tile: product.tile,
      unitPriceCents: product.priceCents,
      quantity,
    }));
}

/** What one line costs. */
export function lineTotal(line) {
  return line.unitPriceCents * line.quantity;
}

/** How many pieces of bread are in the cart. */
export function pieceCount(lines) {
  return lines.reduce((pieces, line) => pieces + line.quantity, 0);
}

/** What the whole cart costs, before delivery. */
export function cartTotal(lines) {
  let total = 0;
  for (const line of lines) {
    total += line.unitPriceCents;
  }
  return total;
}

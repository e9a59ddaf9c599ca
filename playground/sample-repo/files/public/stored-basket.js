// Keeps the basket in the visitor's browser. A first visit starts with the Sunday breakfast.

import { parseBasket } from '/src/basket.js';
import { sundayBreakfast } from '/src/catalog.js';

const key = 'brightloaf-basket';

export function loadBasket() {
  return parseBasket(localStorage.getItem(key), sundayBreakfast);
}

/** Stores the basket and shows its size in the header. */
export function saveBasket(basket) {
  localStorage.setItem(key, JSON.stringify(basket));
  showBasketSize(basket);
}

export function showBasketSize(basket) {
  document.querySelector('#basket-count').textContent = basket.length;
}

// Shows the cart: one row per product, and the summary beside it.

import { addToBasket } from '/src/basket.js';
import { cartLines, cartTotal, lineTotal, pieceCount } from '/src/cart.js';
import { formatMoney } from '/src/money.js';
import { loadBasket, saveBasket, showBasketSize } from './stored-basket.js';

const template = document.querySelector('#line');

function lineRow(line) {
  const row = template.content.cloneNode(true);
  row.querySelector('.tile').classList.add(line.tile);
  row.querySelector('img').src = `/public/pictures/${line.id}.svg`;
  row.querySelector('h3').textContent = line.name;
  row.querySelector('.note').textContent = `${formatMoney(line.unitPriceCents)} per ${line.unit}`;
  row.querySelector('output').textContent = line.quantity;
  row.querySelector('.line-total').textContent = formatMoney(lineTotal(line));
  for (const button of row.querySelectorAll('button')) {
    const step = Number(button.dataset.step);
    button.setAttribute('aria-label', `${step > 0 ? 'One more' : 'One less'}: ${line.name}`);
    button.addEventListener('click', () => {
      saveBasket(addToBasket(loadBasket(), line.id, step));
      showCart();
    });
  }
  return row;
}

function showCart() {
  const basket = loadBasket();
  const lines = cartLines(basket);
  const total = cartTotal(lines);
  document.querySelector('#lines').replaceChildren(...lines.map(lineRow));
  document.querySelector('#empty').hidden = lines.length > 0;
  document.querySelector('#checkout').disabled = lines.length === 0;
  document.querySelector('#pieces').textContent = pieceCount(lines);
  document.querySelector('#total').textContent = formatMoney(total);
  showBasketSize(basket);
}

showCart();

// Puts today's products on the shelf and into the basket.

import { addToBasket } from '/src/basket.js';
import { products } from '/src/catalog.js';
import { deliveryCents, freeDeliveryFromCents } from '/src/delivery.js';
import { formatMoney } from '/src/money.js';
import { loadBasket, saveBasket, showBasketSize } from './stored-basket.js';

const template = document.querySelector('#product');

function productCard(product) {
  const card = template.content.cloneNode(true);
  card.querySelector('.tile').classList.add(product.tile);
  card.querySelector('img').src = `/public/pictures/${product.id}.svg`;
  card.querySelector('h3').textContent = product.name;
  card.querySelector('.note').textContent = product.note;
  card.querySelector('.price strong').textContent = formatMoney(product.priceCents);
  card.querySelector('.price span').textContent = `per ${product.unit}`;
  const button = card.querySelector('button');
  button.setAttribute('aria-label', `Add ${product.name} to the basket`);
  button.addEventListener('click', () => {
    saveBasket(addToBasket(loadBasket(), product.id));
    button.textContent = 'Added';
    setTimeout(() => {
      button.textContent = 'Add';
    }, 1200);
  });
  return card;
}

document.querySelector('#shelf').append(...products.map(productCard));
document.querySelector('#delivery-fact').textContent =
  `Delivery ${formatMoney(deliveryCents)}, free from ${formatMoney(freeDeliveryFromCents)}`;
showBasketSize(loadBasket());

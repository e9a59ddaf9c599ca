// The basket: which products and how many. Every function returns a new basket; the old one stays.

/** The basket with `count` more of a product (fewer if negative); a product at zero leaves the basket. */
export function addToBasket(basket, id, count = 1) {
  const known = basket.some((entry) => entry.id === id);
  const entries = known ? basket : [...basket, { id, quantity: 0 }];
  return entries
    .map((entry) => (entry.id === id ? { id, quantity: entry.quantity + count } : entry))
    .filter((entry) => entry.quantity > 0);
}

/** Reads a basket from its stored text; anything unreadable gives the fallback. */
export function parseBasket(text, fallback = []) {
  try {
    const entries = JSON.parse(text ?? '');
    const readable = (entry) => typeof entry.id === 'string' && Number.isInteger(entry.quantity);
    return Array.isArray(entries) && entries.every(readable) ? entries : fallback;
  } catch {
    return fallback;
  }
}

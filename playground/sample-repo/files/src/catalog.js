// What the bakery sells today. Prices are whole cents.

export const products = [
  {
    id: 'sourdough',
    name: 'Country sourdough',
    note: 'Thirty hours of patience, a crust that sings',
    priceCents: 750,
    unit: 'loaf',
    tile: 'honey',
  },
  {
    id: 'croissant',
    name: 'Butter croissant',
    note: 'Twenty-seven layers, all of them butter',
    priceCents: 280,
    unit: 'piece',
    tile: 'rose',
  },
  {
    id: 'cinnamon-bun',
    name: 'Cinnamon bun',
    note: 'Rolled by hand, iced while warm',
    priceCents: 360,
    unit: 'piece',
    tile: 'sage',
  },
  {
    id: 'baguette',
    name: 'Morning baguette',
    note: 'Out of the oven at five and at eight',
    priceCents: 320,
    unit: 'loaf',
    tile: 'sky',
  },
  {
    id: 'seeded-rye',
    name: 'Seeded rye',
    note: 'Sunflower, linseed, and a spoon of molasses',
    priceCents: 680,
    unit: 'loaf',
    tile: 'sage',
  },
  {
    id: 'blueberry-muffin',
    name: 'Blueberry muffin',
    note: 'More berry than muffin',
    priceCents: 340,
    unit: 'piece',
    tile: 'lilac',
  },
];

/** The Sunday breakfast: what a first visit finds in its basket. */
export const sundayBreakfast = [
  { id: 'sourdough', quantity: 2 },
  { id: 'croissant', quantity: 6 },
  { id: 'cinnamon-bun', quantity: 3 },
];

/** The product with this id, or undefined if it is not sold any more. */
export function findProduct(id) {
  return products.find((product) => product.id === id);
}

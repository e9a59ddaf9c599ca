// What it costs to bring the bread to the door.

export const deliveryCents = 490;
export const freeDeliveryFromCents = 5000;

/** The price of delivering an order of this total; large orders travel for free. */
export function deliveryPrice(totalCents) {
  return totalCents >= freeDeliveryFromCents ? 0 : deliveryCents;
}

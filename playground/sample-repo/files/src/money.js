// The only place where cents become text.

/** 1250 → "$12.50". */
export function formatMoney(cents) {
  return `$${(cents / 100).toFixed(2)}`;
}

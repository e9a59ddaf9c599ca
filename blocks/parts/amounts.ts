// Formats times and amounts for people.
import type { Money } from '../../core/price.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** `40 s`, `3 min`, `1 h 5 min`. */
export function duration(durationMs: number): string {
  if (!(durationMs > 0)) return '0 s';
  if (durationMs < 10 * SECOND_MS) return `${(durationMs / SECOND_MS).toFixed(1)} s`;
  if (durationMs < MINUTE_MS) return `${Math.round(durationMs / SECOND_MS)} s`;
  return minutes(Math.round(durationMs / MINUTE_MS));
}

/**
 * The elapsed time in whole minutes, from five on in steps of five, so that a message is seldom updated for its
 * clock alone. Null within the first minute.
 */
export function elapsed(since: Date, now: Date): string | null {
  const whole = Math.floor((now.getTime() - since.getTime()) / MINUTE_MS);
  if (!(whole >= 1)) return null;
  return minutes(whole < 5 ? whole : whole - (whole % 5));
}

function minutes(whole: number): string {
  const hours = Math.floor(whole / 60);
  const rest = whole % 60;
  if (hours === 0) return `${whole} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** `950`, `12k`, `1.2M`. */
export function roughly(number: number): string {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
    .format(number)
    .replace('K', 'k');
}

/** `$0.42`, `€12.30`, `under $0.01`. */
export function money({ amount, currency }: Money): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency });
  return amount > 0 && amount < 0.01 ? `under ${format.format(0.01)}` : format.format(amount);
}

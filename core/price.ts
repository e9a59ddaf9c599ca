// Computes the cost of tokens from the prices in the configuration.
import type { StepUsage } from './journal.ts';

/** Prices of a million tokens of each kind. */
export interface Price {
  readonly input: number;
  /** Input that the provider reads from its cache. */
  readonly cached: number;
  readonly output: number;
}

export interface PriceTable {
  /** ISO 4217, such as `USD`. */
  readonly currency: string;
  readonly models: Readonly<Record<string, Price>>;
}

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

const MILLION = 1_000_000;

/** The cost of these tokens of this model; null where the model has no price. */
export function costOf(table: PriceTable, model: string, usage: StepUsage): number | null {
  const price = table.models[model];
  if (price === undefined) return null;
  // Providers count cached tokens as input too.
  const fresh = Math.max(0, usage.inputTokens - usage.cachedTokens);
  const sum = fresh * price.input + usage.cachedTokens * price.cached + usage.outputTokens * price.output;
  return sum / MILLION;
}

/** The sum of costs in one currency; undefined where one of them is not known. */
export function sumOf(table: PriceTable, costs: readonly (number | null)[]): Money | undefined {
  const known = costs.filter((cost) => cost !== null);
  if (known.length === 0 || known.length < costs.length) return undefined;
  return { amount: known.reduce((sum, cost) => sum + cost, 0), currency: table.currency };
}

// Samples of the product and of its baseline, taken in turns so that a noisy moment hits both.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../report/figure.ts';

/** The engine tidies up after an exec has ended; neither side should pay for what the other left to be done. */
const PAUSE_MS = 20;

export interface Pair {
  readonly product: readonly number[];
  readonly baseline: readonly number[];
}

/** Measures both `count` times, product and baseline in turns. Each gives its own time in ms. */
export async function inTurns(
  count: number,
  product: (index: number) => Promise<number>,
  baseline: (index: number) => Promise<number>,
): Promise<Pair> {
  const pair = { product: [] as number[], baseline: [] as number[] };
  for (let index = 0; index < count; index += 1) {
    pair.product.push(await product(index));
    await sleep(PAUSE_MS);
    pair.baseline.push(await baseline(index));
    await sleep(PAUSE_MS);
  }
  return pair;
}

/** How long it takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The value that this share (0 to 1) of the samples is at most. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The figure of what nearly every sample is at most, beside its target. */
export function p95InMs(name: string, samples: readonly number[], target: number): Figure {
  return { name, value: percentile(samples, 0.95), unit: 'ms', baseline: target };
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

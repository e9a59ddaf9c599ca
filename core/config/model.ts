// Models of the configuration, their prices, and the budgets of a turn.
import { z } from 'zod';
import { names } from './names.ts';

const price = z.number().min(0);

/** Prices of a million tokens of each kind. */
const pricesSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters, such as USD')
    .default('USD'),
  models: z.record(z.string(), z.strictObject({ input: price, cached: price, output: price })).default({}),
});

const fallbackSchema = z.strictObject({
  name: z.string().min(1),
  /** The number of failed tries at one answer after which the fallback is used. */
  after: z.int().min(1).max(8).default(4),
});

export const modelSchema = z.strictObject({
  name: z.string().min(1).optional(),
  /** Other models on the same server that a request may name. */
  choices: names.default([]),
  /** A cheaper model on the same server that judges changes. */
  judge: z.string().min(1).optional(),
  /** A model on the same server that is used while the first one keeps failing. */
  fallback: fallbackSchema.optional(),
  prices: pricesSchema.prefault({}),
  /** The context window of the model; the conversation is summarised before it is full. */
  context_tokens: z.int().min(4_000).default(200_000),
  max_steps: z.int().min(1).max(1000).default(80),
  max_minutes: z.int().min(1).max(600).default(60),
  /** The budget of one turn, input and output together. */
  max_tokens: z.int().min(1_000).optional(),
  /** The budget of one turn, in the currency of the prices. */
  max_cost: z.number().positive().optional(),
});

/** The models that a request may name, the default one first. */
export function modelsOf(model: z.infer<typeof modelSchema>): readonly string[] {
  const all = [model.name, ...model.choices, model.fallback?.name];
  return [...new Set(all.filter((name) => name !== undefined))];
}

// Adds the tokens and the price of a review to what the turn used.
import type { Config } from '../../core/config/config.ts';
import { costOf, sumOf } from '../../core/price.ts';
import type { Usage } from '../../core/result.ts';
import type { Reviewed } from '../review/review.ts';

/** The usage of agent and review together, with the cost where the prices of both models are known. */
export function withReview({ model }: Config, usage: Usage, reviewed: Reviewed): Usage {
  const { cost: costOfAgent, ...rest } = usage;
  const { inputTokens, cachedTokens, outputTokens } = reviewed.usage;
  const costOfReview = costOf(model.prices, reviewed.review.model, reviewed.usage);
  const cost = sumOf(model.prices, [costOfAgent?.amount ?? null, costOfReview]);
  return {
    ...rest,
    inputTokens: usage.inputTokens + inputTokens,
    cachedTokens: usage.cachedTokens + cachedTokens,
    outputTokens: usage.outputTokens + outputTokens,
    ...(cost === undefined ? {} : { cost }),
  };
}

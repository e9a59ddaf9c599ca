// The review of what a turn changed, and what it adds to the turn's usage.
import { costOf, sumOf } from '../../core/price.ts';
import type { Usage } from '../../core/result.ts';
import { type Reviewed, review } from '../review/review.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { AgentRounds } from './agent-session.ts';
import type { TurnContext } from './context.ts';

/** The review of what this turn changed; null where it changed nothing itself. */
export async function haveReviewed(
  context: TurnContext,
  workspace: Workspace,
  agent: AgentRounds,
  change: {
    readonly over: string;
    readonly commit: string;
    readonly summary: string;
    readonly round: number;
  },
): Promise<Reviewed | null> {
  if (change.over === change.commit) return null;
  await workspace.report({ type: 'phase.progress', phase: 'verify', detail: 'Reviewing the change' });
  return review({
    workspace,
    model: context.judge ?? context.model,
    request: await agent.asked(),
    ...change,
  });
}

/** What the turn used, with what its review used. */
export function withReview({ config }: TurnContext, usage: Usage, reviewed: Reviewed | null): Usage {
  if (reviewed === null) return usage;
  const { inputTokens, cachedTokens, outputTokens } = reviewed.usage;
  const { cost: ofAgent, ...rest } = usage;
  const { prices } = config.model;
  const cost = sumOf(prices, [
    ofAgent?.amount ?? null,
    costOf(prices, reviewed.review.model, reviewed.usage),
  ]);
  return {
    ...rest,
    inputTokens: usage.inputTokens + inputTokens,
    cachedTokens: usage.cachedTokens + cachedTokens,
    outputTokens: usage.outputTokens + outputTokens,
    ...(cost === undefined ? {} : { cost }),
  };
}

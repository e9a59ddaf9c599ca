// A turn with a request: the agent works on it in rounds, until it asks a person, answers, or has made a change that
// passed the gates.
import type { Usage } from '../../core/result.ts';
import { proposePlan } from '../../db/turns/plans.ts';
import { finishTurn, waitForAnswer } from '../../db/turns/turns.ts';
import { keepTree, restoreTree } from '../workspace/read-only.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Asked, type Finished, startAgent } from './agent-session.ts';
import {
  type Proposal,
  type Round,
  refuseForbidden,
  reviewChange,
  takeCandidate,
  verifyCommit,
} from './change-gates.ts';
import type { TurnContext } from './context.ts';
import { pass } from './gate.ts';
import { isPlanning, isReadOnly } from './plan.ts';
import { publishChange } from './publish-change.ts';
import { withWorkspace } from './with-workspace.ts';

type RequestOutcome =
  | Asked
  | { readonly kind: 'planned'; readonly text: string }
  | { readonly kind: 'answer'; readonly text: string; readonly usage: Usage }
  | { readonly kind: 'change'; readonly proposal: Proposal };

const gates = [takeCandidate, refuseForbidden, verifyCommit, reviewChange] as const;

/** Works on a request until there is a result, an answer, or a question to a person. */
export async function runChangeTurn(context: TurnContext): Promise<void> {
  await withWorkspace(context, async (workspace, pages) => {
    const agent = await startAgent(context, workspace, pages.openBrowser);
    const outcome = await workInRounds({ context, workspace, pages, agent });
    await workspace.egress.close();
    await concludeTurn(context, workspace, outcome);
  });
}

/** Lets the agent work, and lets it work again with the words of each gate that its change did not pass. */
async function workInRounds(turn: Omit<Round, 'said' | 'number'>): Promise<RequestOutcome> {
  const { context, workspace, agent } = turn;
  for (let number = agent.round; ; number += 1) {
    const detail = number === 0 ? '' : 'Mending what the verification found';
    await workspace.report({ type: 'phase.started', phase: 'agent', detail });
    if (isReadOnly(context.turn)) return workReadOnly(turn);
    const said = await agent.work();
    if (said.kind === 'asked') return said;
    const step = await pass(gates, { ...turn, said, number }, number);
    if (step.kind === 'passed') return { kind: 'change', proposal: step.next };
    if (step.kind === 'no_change') return answer(said);
    agent.tell(step.words, number, step.from);
  }
}

/** Whatever the agent changes in the working tree is undone. */
async function workReadOnly({ context, workspace, agent }: Pick<Round, 'context' | 'workspace' | 'agent'>) {
  await keepTree(workspace);
  const said = await agent.work();
  if (said.kind === 'asked') return said;
  await restoreTree(workspace);
  return isPlanning(context.turn) ? ({ kind: 'planned', text: said.text } as const) : answer(said);
}

function answer({ text, usage }: Finished): RequestOutcome {
  return { kind: 'answer', text, usage };
}

async function concludeTurn(
  context: TurnContext,
  workspace: Workspace,
  outcome: RequestOutcome,
): Promise<void> {
  const { database, lease, turn } = context;
  switch (outcome.kind) {
    case 'asked':
      return waitForAnswer(database, lease, outcome);
    case 'planned':
      return proposePlan(database, lease, turn.details.plans ?? [], outcome.text);
    case 'answer': {
      const result = { ...outcome, repo: workspace.repo.name };
      return finishTurn(database, lease, { state: 'done', result });
    }
    case 'change':
      return publishChange(context, workspace, outcome.proposal);
  }
}

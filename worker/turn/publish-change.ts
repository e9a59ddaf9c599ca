// Ends a turn with a change: publishes the commit and makes it the head of the session.
import { dropSavedWork } from '../../db/turns/saved-work.ts';
import { finishTurn } from '../../db/turns/turns.ts';
import { publish } from '../publish/publish.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Proposal } from './change-gates.ts';
import type { TurnContext } from './context.ts';

/** Publishes the proposal and finishes the turn with it. Safe to run again after a crash. */
export async function publishChange(
  { database, lease, attempt, forge }: Pick<TurnContext, 'database' | 'lease' | 'attempt' | 'forge'>,
  workspace: Workspace,
  proposal: Proposal,
): Promise<void> {
  await workspace.report({ type: 'phase.started', phase: 'publish', detail: '' });
  const result = await publish({ workspace, forge, ...proposal });
  await finishTurn(database, lease, { state: 'done', result }, async (em) => {
    await attempt.keepHead(em, proposal.commit);
    await dropSavedWork(em, attempt.sandboxKey);
  });
}

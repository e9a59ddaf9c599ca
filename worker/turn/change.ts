// A turn that asks for something: prepare → agent → verify → publish, or an answer.

import { hasCode, ThreadsmithError, toFailure } from '../../core/errors.ts';
import { VERIFY_ROUNDS } from '../../core/limits.ts';
import type { NamedShot } from '../../core/page.ts';
import type { AnswerResult, Usage } from '../../core/result.ts';
import type { Review, Verification } from '../../core/verification.ts';
import { proposePlan } from '../../db/turns/plans.ts';
import { dropSavedWork } from '../../db/turns/saved-work.ts';
import { finishTurn, waitForAnswer } from '../../db/turns/turns.ts';
import type { SandboxBrowser } from '../../sandbox/port/browser.ts';
import { type Candidate, takeCandidate } from '../publish/candidate.ts';
import { refusals } from '../publish/policy.ts';
import { publish } from '../publish/publish.ts';
import { reviewReport, secretsIn } from '../review/review.ts';
import { verificationReport, verify } from '../verify/verify.ts';
import { keepTree, restoreTree } from '../workspace/read-only.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type AgentRounds, startAgent } from './agent-session.ts';
import { captureBefore } from './baseline.ts';
import type { TurnContext } from './context.ts';
import { openWorkspace } from './open-workspace.ts';
import { isPlanning, isReadOnly } from './plan.ts';
import { haveReviewed, withReview } from './review-turn.ts';
import { keepBrowser } from './turn-browser.ts';
import { hasPassed, record } from './verification-record.ts';

/** Works on a request until there is a result, an answer, or a question to a person. */
export async function runChangeTurn(context: TurnContext): Promise<void> {
  const workspace = await openWorkspace(context);
  const browser = keepBrowser(workspace);
  const before = captureBefore(context, workspace);
  try {
    const agent = await startAgent(context, workspace, browser.open);
    const outcome = await workInRounds(context, workspace, agent, before.shots, browser.open);
    await workspace.egress.close();
    await concludeTurn(context, workspace, outcome);
  } finally {
    await before.close();
    await browser.close();
    await workspace.sandbox.close();
  }
}

type Outcome =
  | {
      readonly kind: 'asked';
      readonly question: string;
      readonly options: readonly string[];
      readonly callId: string;
    }
  | { readonly kind: 'planned'; readonly text: string }
  | { readonly kind: 'answer'; readonly text: string; readonly usage: Usage }
  | {
      readonly kind: 'change';
      readonly commit: string;
      readonly text: string;
      readonly verification: Verification;
      readonly review: Review | null;
      readonly usage: Usage;
    };

async function workInRounds(
  context: TurnContext,
  workspace: Workspace,
  agent: AgentRounds,
  beforeShots: () => Promise<readonly NamedShot[]>,
  open: () => Promise<SandboxBrowser>,
): Promise<Outcome> {
  let wasReviewed = agent.wasReviewed;
  for (let round = agent.round; ; round += 1) {
    await workspace.report({
      type: 'phase.started',
      phase: 'agent',
      detail: round === 0 ? '' : 'Mending what the verification found',
    });
    const readOnly = isReadOnly(context.turn);
    if (readOnly) await keepTree(workspace);
    const said = await agent.work();
    if (said.kind === 'asked') return said;
    if (readOnly) {
      await restoreTree(workspace);
      return isPlanning(context.turn)
        ? { kind: 'planned', text: said.text }
        : { kind: 'answer', text: said.text, usage: said.usage };
    }
    const title = context.database.redact(titleOf(context, said.text));
    const candidate = await takeCandidate(workspace, round, title).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'sandbox_full') || round >= VERIFY_ROUNDS) throw thrown;
      return toFailure(thrown);
    });
    if (candidate !== null && 'advice' in candidate) {
      agent.tell(`${candidate.message} ${candidate.advice}`, round);
      continue;
    }
    const unseen = candidate ?? (await unseenHead(context, workspace));
    if (unseen === null) return { kind: 'answer', text: said.text, usage: said.usage };
    const { commit, over } = unseen;
    await workspace.report({ type: 'phase.finished', phase: 'agent', ok: true, detail: '' });
    const changes = await workspace.mirror.trees.changes(over, commit);
    const refused = [
      ...(await refusals(workspace.mirror, over, commit, changes)),
      ...(await secretsIn(workspace.mirror, over, commit, context.database.redact)),
    ];
    if (refused.length > 0) {
      if (round >= VERIFY_ROUNDS) throw refusedChange(refused);
      agent.tell(
        `The change cannot be published:\n${refused.map((reason) => `- ${reason}`).join('\n')}`,
        round,
      );
      continue;
    }
    await workspace.report({ type: 'phase.started', phase: 'verify', detail: 'Running the checks' });
    const verification = await verify({
      workspace,
      commit,
      round,
      before: await beforeShots(),
      openBrowser: open,
    });
    await record(context, verification);
    await workspace.report({
      type: 'phase.finished',
      phase: 'verify',
      ok: verification.passed,
      detail: verification.problems[0] ?? '',
    });
    if (candidate === null && !workspace.moved && !verification.passed)
      return { kind: 'answer', text: said.text, usage: said.usage };
    if (!verification.passed && !isHopeless(workspace) && round < VERIFY_ROUNDS) {
      agent.tell(verificationReport(verification), round);
      continue;
    }
    const reviewed = await haveReviewed(context, workspace, agent, {
      over,
      commit,
      summary: said.text,
      round,
    });
    if (reviewed?.review.verdict === 'fail' && !wasReviewed && round < VERIFY_ROUNDS) {
      wasReviewed = true;
      agent.tell(reviewReport(reviewed.review), round, 'review');
      continue;
    }
    const usage = withReview(context, said.usage, reviewed);
    return { kind: 'change', commit, text: said.text, verification, review: reviewed?.review ?? null, usage };
  }
}

/**
 * The head of the branch where the turn changed nothing but there is something to be said of it: somebody
 * else pushed it, or no verification of it has passed, and this time one may.
 */
async function unseenHead(context: TurnContext, workspace: Workspace): Promise<Candidate | null> {
  const head = { commit: workspace.parent, over: workspace.parent };
  if (workspace.moved) return head;
  if (workspace.parent === workspace.base || isHopeless(workspace)) return null;
  return (await hasPassed(context, workspace.parent)) ? null : head;
}

function isHopeless({ repoFile }: Workspace): boolean {
  return repoFile.checks.length === 0 && repoFile.serve === undefined;
}

async function concludeTurn(context: TurnContext, workspace: Workspace, outcome: Outcome): Promise<void> {
  const { database, lease, attempt } = context;
  switch (outcome.kind) {
    case 'asked':
      return waitForAnswer(database, lease, outcome);
    case 'planned':
      return proposePlan(database, lease, context.turn.details.plans ?? [], outcome.text);
    case 'answer': {
      const result: AnswerResult = {
        kind: 'answer',
        text: outcome.text,
        repo: workspace.repo.name,
        usage: outcome.usage,
      };
      return finishTurn(database, lease, { state: 'done', result });
    }
    case 'change': {
      await workspace.report({ type: 'phase.started', phase: 'publish', detail: '' });
      const { commit, verification, review: reviewed, usage, text: summary } = outcome;
      const result = await publish({
        workspace,
        forge: context.forge,
        commit,
        summary,
        verification,
        review: reviewed,
        usage,
      });
      await finishTurn(database, lease, { state: 'done', result }, async (em) => {
        await attempt.keepHead(em, commit);
        await dropSavedWork(em, attempt.sandboxKey);
      });
    }
  }
}

/** The first line of a commit message: what the agent says it did, else what was asked. */
function titleOf(context: TurnContext, text: string): string {
  const said = text
    .split('\n')
    .map((line) =>
      line
        .replace(/^[#>*\-\s]+/, '')
        .replaceAll(/[*`_]/g, '')
        .trim(),
    )
    .find((line) => line !== '');
  const title = said ?? context.turn.text;
  return title.length <= 72 ? title : `${title.slice(0, 71)}…`;
}

function refusedChange(reasons: readonly string[]): ThreadsmithError {
  return new ThreadsmithError(
    'change_refused',
    `The change touches what an agent may not change: ${reasons.join(' ')}`,
    'Make that part of the change yourself, or reply in the thread to have the rest done without it.',
  );
}

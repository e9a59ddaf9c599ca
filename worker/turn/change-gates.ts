// The gates of a change: it is committed, allowed, verified and reviewed before people see it.
import { ThreadsmithError } from '../../core/errors.ts';
import type { Usage } from '../../core/result.ts';
import type { Review, Verification } from '../../core/verification.ts';
import { type Candidate, commitCandidate } from '../publish/candidate.ts';
import { refusals } from '../publish/policy.ts';
import { review, reviewReport, secretsIn } from '../review/review.ts';
import { verificationReport } from '../verify/verify.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { AgentSession, Finished } from './agent-session.ts';
import type { TurnContext } from './context.ts';
import type { Step } from './gate.ts';
import { withReview } from './review-usage.ts';
import { hasPassed, verifyAndRecord } from './verification-record.ts';
import type { TurnPages } from './with-workspace.ts';

/** A round in which the agent has finished its work. */
export interface Round {
  readonly context: Pick<
    TurnContext,
    'config' | 'database' | 'lease' | 'session' | 'turn' | 'model' | 'judge'
  >;
  readonly workspace: Workspace;
  readonly pages: TurnPages;
  readonly agent: AgentSession;
  readonly said: Finished;
  readonly number: number;
}

export type Proposed = Round & { readonly candidate: Candidate };

export type Verified = Proposed & { readonly verification: Verification };

/** A change that may be published. */
export interface Proposal {
  readonly commit: string;
  readonly summary: string;
  readonly verification: Verification;
  /** Null where the turn changed nothing itself. */
  readonly review: Review | null;
  readonly usage: Usage;
}

/** Commits what the agent left in the working tree; without any change it takes the head where that is unseen. */
export async function takeCandidate(round: Round): Promise<Step<Proposed>> {
  const { context, workspace, said, number } = round;
  const title = context.database.redact(titleOf(said.text, context.turn.text));
  let candidate: Candidate | null;
  try {
    candidate = (await commitCandidate(workspace, number, title)) ?? (await unseenHead(context, workspace));
  } catch (thrown) {
    if (!(thrown instanceof ThreadsmithError) || thrown.code !== 'sandbox_full') throw thrown;
    const words = `${thrown.message} ${thrown.advice}`;
    return { kind: 'again', words, from: 'verification', atTheEnd: 'throw', failure: thrown };
  }
  if (candidate === null) return { kind: 'no_change' };
  await workspace.report({ type: 'phase.finished', phase: 'agent', ok: true, detail: '' });
  return { kind: 'passed', next: { ...round, candidate } };
}

/** Refuses a change of files that an agent may not change, and one with a credential in it. */
export async function refuseForbidden(proposed: Proposed): Promise<Step<Proposed>> {
  const { mirror } = proposed.workspace;
  const { over, commit } = proposed.candidate;
  const reasons = [
    ...(await refusals(mirror, over, commit)),
    ...(await secretsIn(mirror, over, commit, proposed.context.database.redact)),
  ];
  if (reasons.length === 0) return { kind: 'passed', next: proposed };
  const words = `The change cannot be published:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`;
  return { kind: 'again', words, from: 'verification', atTheEnd: 'throw', failure: refusedChange(reasons) };
}

/** Runs the checks and opens the pages. A change that does not pass is shown to people after the last round. */
export async function verifyCommit(proposed: Proposed): Promise<Step<Verified>> {
  const { context, workspace, pages, candidate, number } = proposed;
  const verification = await verifyAndRecord(context, workspace, pages, candidate.commit, number);
  const next = { ...proposed, verification };
  if (verification.passed) return { kind: 'passed', next };
  if (isHead(candidate) && !workspace.moved) return { kind: 'no_change' };
  if (isUnverifiable(workspace)) return { kind: 'passed', next };
  const words = verificationReport(verification);
  return { kind: 'again', words, from: 'verification', atTheEnd: 'pass', next };
}

/** Reviews the change. A review sends the work back once; after that people see its points beside the change. */
export async function reviewChange(verified: Verified): Promise<Step<Proposal>> {
  const { context, workspace, agent, said, candidate, verification, number } = verified;
  const proposal = { commit: candidate.commit, summary: said.text, verification };
  if (isHead(candidate)) return { kind: 'passed', next: { ...proposal, review: null, usage: said.usage } };
  await workspace.report({ type: 'phase.progress', phase: 'verify', detail: 'Reviewing the change' });
  const wasReviewed = agent.wasReviewed();
  const reviewed = await review({
    workspace,
    model: context.judge ?? context.model,
    request: await agent.asked(),
    ...candidate,
    summary: said.text,
    round: number,
  });
  const usage = withReview(context.config, said.usage, reviewed);
  const next = { ...proposal, review: reviewed.review, usage };
  if (reviewed.review.verdict !== 'fail' || wasReviewed) return { kind: 'passed', next };
  return { kind: 'again', words: reviewReport(reviewed.review), from: 'review', atTheEnd: 'pass', next };
}

/**
 * The head of the branch, where it is to be verified without a change by the agent: another person pushed it, or no
 * verification of it has passed.
 */
async function unseenHead(
  context: Pick<TurnContext, 'database' | 'session'>,
  workspace: Workspace,
): Promise<Candidate | null> {
  const { parent, base, moved } = workspace;
  const head = { commit: parent, over: parent };
  if (moved) return head;
  if (parent === base || isUnverifiable(workspace)) return null;
  return (await hasPassed(context, parent)) ? null : head;
}

/** Whether the candidate is the head of the branch as it was, without any change. */
function isHead({ commit, over }: Candidate): boolean {
  return commit === over;
}

function isUnverifiable({ repoFile }: Workspace): boolean {
  return repoFile.checks.length === 0 && repoFile.serve === undefined;
}

/** The first line of a commit message: what the agent says it did, else what was asked. */
function titleOf(answer: string, request: string): string {
  const said = answer
    .split('\n')
    .map((line) =>
      line
        .replace(/^[#>*\-\s]+/, '')
        .replaceAll(/[*`_]/g, '')
        .trim(),
    )
    .find((line) => line !== '');
  const title = said ?? request;
  return title.length <= 72 ? title : `${title.slice(0, 71)}…`;
}

function refusedChange(reasons: readonly string[]): ThreadsmithError {
  return new ThreadsmithError(
    'change_refused',
    `The change touches what an agent may not change: ${reasons.join(' ')}`,
    'Make that part of the change yourself, or reply in the thread to have the rest done without it.',
  );
}

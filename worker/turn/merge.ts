// A turn that merges: checks the rights, the approvals and the verification again, and merges the commit.
import { type Approval } from '../../core/approval.ts';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { MergeBlock } from '../../core/event.ts';
import type { MergedResult } from '../../core/result.ts';
import { actorOf, countingApprovals } from '../../core/rights/approvals.ts';
import { may } from '../../core/rights/authority.ts';
import type { Person } from '../../core/turn.ts';
import { MergeClaim, Session, Turn } from '../../db/entities/session.ts';
import { openArtifacts } from '../../db/log/artifacts.ts';
import { appendEvents, eventsOfTurn } from '../../db/log/events.ts';
import { promptersOf } from '../../db/log/prompters.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { fenced } from '../../db/schema/lease.ts';
import { finishTurn } from '../../db/turns/turns.ts';
import { MAX_DIFF_BYTES } from '../publish/publish.ts';
import { signatureOf } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';
import { hasPassed } from './verification-record.ts';

/**
 * Merges the commit that the person saw. Throws `head_moved`, `verification_missing`, `not_allowed` or
 * `merge_conflict`.
 */
export async function runMergeTurn(context: TurnContext): Promise<void> {
  const { database, lease, turn, session, mirror, signal } = context;
  const commit = turn.details.commit;
  try {
    if (commit === undefined) throw stale(session, 'nothing');
    if (session.headCommit !== commit) throw stale(session, commit);
    const verified = await hasPassed(context, commit);
    if (!verified && turn.details.unverified !== true) throw unverified(commit);
    const { approvers, prompters } = await checkRights(context, commit);
    await fenced(database, lease, (em) =>
      appendEvents(em, session.id, turn.id, [
        { type: 'phase.started', phase: 'publish', detail: `Merging ${session.branch}` },
      ]),
    );
    const title = turn.text === '' ? session.branch : turn.text;
    const request = {
      branch: session.branch,
      commit,
      title,
      at: turn.createdAt,
      approver: signatureOf(turn.requester),
      approvers: approvers.map(signatureOf),
      coAuthors: prompters.map(signatureOf),
    };
    const { mergeCommit } = await context.forge.merge(mirror, request, signal);
    const { defaultBranch } = await mirror.remote.refresh(signal);
    const result: MergedResult = {
      kind: 'merged',
      by: turn.requester,
      branch: session.branch,
      defaultBranch,
      commit,
      mergeCommit,
      verified,
      approvers,
    };
    await finishTurn(database, lease, { state: 'done', result }, async (em) => {
      await em.nativeUpdate(Session, { id: session.id }, { state: 'merged' });
    });
  } catch (error) {
    const block = commit === undefined || signal.aborted ? null : await blockOf(context, commit, error);
    // Without its claim the button can be used again once the cause is gone.
    await fenced(database, lease, async (em) => {
      await em.nativeDelete(MergeClaim, { sessionId: session.id, turnId: turn.id });
      if (block !== null) await appendEvents(em, session.id, turn.id, [{ type: 'merge.blocked', ...block }]);
    });
    throw error;
  }
}

interface Rights {
  readonly approvers: readonly Person[];
  readonly prompters: readonly Person[];
}

/** Checks the lists and the approvals as they are now. Throws `not_allowed`. */
async function checkRights(
  context: Pick<TurnContext, 'config' | 'database' | 'session' | 'turn'>,
  commit: string,
): Promise<Rights> {
  const { config, database, session, turn } = context;
  const em = database.em();
  const actor = actorOf({ by: turn.requester, groups: turn.details.groups ?? [] });
  if (!may(config.people, 'merge', actor)) throw notAllowed('merge');
  const { changeTurnId } = turn.details;
  const change = changeTurnId === undefined ? null : await em.findOne(Turn, { id: changeTurnId });
  const prompters = await promptersOf(em, session.id, change?.position ?? turn.position);
  // A merge without a change turn is from before there were approvals: the click itself is the approval.
  const given = change === null ? [{ by: turn.requester, commit }] : await approvalsOf(em, change.id);
  const counting = countingApprovals(config, given, commit, prompters);
  if (counting.length < config.approvals.needed) throw unapproved(counting.length, config.approvals.needed);
  return { approvers: counting.map(({ by }) => by), prompters };
}

async function approvalsOf(em: EntityManager, changeTurnId: string): Promise<readonly Approval[]> {
  const events = await eventsOfTurn(em, changeTurnId);
  return events.flatMap(({ body }) => {
    if (body.type !== 'approval.given') return [];
    const { type: _type, ...approval } = body;
    return [approval];
  });
}

/** Describes what blocks the merge, for the buttons in the thread; null where the branches are not the cause. */
async function blockOf(context: TurnContext, seen: string, error: unknown): Promise<MergeBlock | null> {
  const why = hasCode(error, 'head_moved')
    ? 'head_moved'
    : hasCode(error, 'merge_conflict')
      ? 'conflict'
      : hasCode(error, 'verification_missing')
        ? 'stale'
        : null;
  if (why === null) return null;
  const { mirror, session, log, lease, database, content } = context;
  try {
    const { defaultBranch } = await mirror.remote.refresh(context.signal);
    const head = await mirror.history.head(session.branch);
    const block: MergeBlock = { why, seen, head, defaultBranch };
    if (why !== 'head_moved' || head === null || head === seen) return block;
    const diff = await mirror.trees.diff(seen, head, MAX_DIFF_BYTES);
    const saved = await openArtifacts(database, content, lease).save({
      kind: 'diff',
      name: `${seen.slice(0, 8)}-${head.slice(0, 8)}.diff`,
      mimeType: 'text/x-diff',
      altText: '',
      content: Buffer.from(diff),
    });
    return { ...block, diffArtifactId: saved.id };
  } catch (cause) {
    // People see the failure itself all the same.
    log.warn('what blocks the merge could not be looked at', { error: cause });
    return null;
  }
}

function stale(session: Session, shown: string): ThreadsmithError {
  return new ThreadsmithError(
    'head_moved',
    `The session is at ${session.headCommit?.slice(0, 8) ?? 'no commit'}, not at the ${shown.slice(0, 8)} that was shown.`,
    'Look at the newest result in the thread and approve that.',
  );
}

function unverified(commit: string): ThreadsmithError {
  return new ThreadsmithError(
    'verification_missing',
    `No passing verification is recorded for the commit ${commit.slice(0, 8)}.`,
    'Reply in the thread to have it verified again, or use Merge unverified.',
  );
}

function unapproved(given: number, needed: number): ThreadsmithError {
  return new ThreadsmithError(
    'not_allowed',
    `${given} of ${needed} approvals count for this commit now.`,
    'Somebody listed under people.approve has to approve it.',
  );
}

function notAllowed(act: string): ThreadsmithError {
  return new ThreadsmithError(
    'not_allowed',
    `You may not ${act} here.`,
    `Ask somebody listed under people.${act} in the configuration.`,
  );
}

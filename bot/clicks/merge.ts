// Approve & merge: the click is let through here, the worker merges. Everything is decided on the rows as they
// are at the click, and of two people who click at once exactly one has the merge.
import {
  alreadyDiscarded,
  alreadyMerged,
  alreadyMerging,
  approvalCounted,
  couldNot,
  headMoved,
  outOfDate,
  ownChange,
  turnRunning,
} from '../../blocks/messages/ephemeral.ts';
import { mergeUnverifiedModal } from '../../blocks/modals/confirmations.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import { isOwnChange } from '../../core/rights/approvals.ts';
import { type Actor, may, whoMay } from '../../core/rights/authority.ts';
import { type ChangeView, isChange } from '../../core/view.ts';
import { MergeClaim, Turn } from '../../db/entities/session.ts';
import { appendEvents, eventsOfTurn } from '../../db/log/events.ts';
import { promptersOf } from '../../db/log/prompters.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { queueButtonTurn } from '../admission/queue.ts';
import type { Click, Submission } from '../interaction/click.ts';
import {
  type InteractionContext,
  onTurn,
  openView,
  type Reply,
  refusal,
  type Target,
} from '../interaction/context.ts';
import { resultView, viewOf } from '../presenter/turn-view.ts';

interface MergeOptions {
  /** The person confirmed twice that no verification passed. */
  readonly unverified?: boolean;
}

/** Handles Approve & merge of a verified result. */
export async function approve(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, (em, target) => merge(em, ctx, target, actor));
}

/** Handles Merge unverified: a modal asks for a second confirmation. */
export async function askUnverified(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  let view: ChangeView | null = null;
  const reply = await onTurn(ctx, click.value, click.channelId, async (em, target) => {
    const change = await changeView(em, ctx, target);
    const objection =
      change === null ? outOfDate() : await objectionTo(em, ctx, target, change, actor, { unverified: true });
    if (objection === null) view = change;
    return objection;
  });
  if (view !== null) await openView(ctx, click.triggerId, mergeUnverifiedModal(view));
  return reply;
}

/** Merges after the second confirmation. */
export async function mergeUnverified(ctx: InteractionContext, submission: Submission): Promise<Reply> {
  const actor = await ctx.directory.actor(submission.userId);
  return onTurn(ctx, submission.metadata, null, (em, target) =>
    merge(em, ctx, target, actor, { unverified: true }),
  );
}

async function merge(
  em: EntityManager,
  ctx: InteractionContext,
  target: Target,
  actor: Actor,
  options: MergeOptions = {},
): Promise<Reply> {
  const view = await changeView(em, ctx, target);
  if (view === null) return outOfDate();
  // A person clicks again where Slack lost the answer to their click: there is nothing to tell them.
  if (view.merge.kind === 'merging' && view.merge.by.id === actor.id) return null;
  const objection = await objectionTo(em, ctx, target, view, actor, options);
  if (objection !== null) return objection;
  const approved = await approveAs(em, ctx, target, view, actor);
  if (approved !== null) return approved;
  const { commit } = view.result;
  const groups = actor.groups ?? [];
  const turnId = await queueButtonTurn(em, target.locked, {
    kind: 'merge',
    text: titleOf(target.turn),
    requester: actor,
    details: {
      commit,
      changeTurnId: target.turn.id,
      ...(groups.length > 0 ? { groups } : {}),
      ...(options.unverified === true && !view.verified ? { unverified: true } : {}),
    },
  });
  // The session is locked and an open merge was ruled out: a claim that is still there is of a merge that ended.
  await em.nativeDelete(MergeClaim, { sessionId: target.session.id, commit });
  const { id, name, email } = actor;
  await em.insert(MergeClaim, {
    sessionId: target.session.id,
    commit,
    turnId,
    person: { id, name, email },
    claimedAt: new Date(),
  });
  return null;
}

/** Why this may not be merged now, null where it may. */
async function objectionTo(
  em: EntityManager,
  ctx: InteractionContext,
  target: Target,
  view: ChangeView,
  actor: Actor,
  { unverified = false }: MergeOptions,
): Promise<FittedMessage | null> {
  const refused = await withoutRight(em, ctx, target, view, actor);
  if (refused !== null) return refused;
  const { merge: state, result } = view;
  if (state.kind === 'merged') return alreadyMerged(state.by, state.mergeCommit);
  if (state.kind === 'merging') return alreadyMerging(state.by);
  if (state.kind === 'discarded') return alreadyDiscarded(state.by);
  const head = target.locked.headCommit ?? view.head;
  if (head !== result.commit) return headMoved(result.commit, head ?? 'no commit');
  if (!(await isNewestChange(em, target.turn))) return headMoved(result.commit, head);
  if (await hasOpenRequest(em, target.session.id)) return turnRunning();
  if (!view.verified && !unverified)
    return couldNot(
      'No passing verification of exactly this commit is recorded.',
      'Reply in the thread to have it verified again, or use Merge unverified.',
    );
  return null;
}

/** The line for a person whose click can neither approve nor merge, null where it can do one of them. */
async function withoutRight(
  em: EntityManager,
  ctx: InteractionContext,
  { turn, session }: Target,
  view: ChangeView,
  actor: Actor,
): Promise<FittedMessage | null> {
  const { people, approvals } = ctx.config;
  const { needed, given } = view.approval;
  if (given.length >= needed && may(people, 'merge', actor)) return null;
  const refused = refusal(ctx.config, actor, ['approve']);
  if (refused !== null) return refused;
  const isOwn = isOwnChange(approvals, await promptersOf(em, session.id, turn.position), actor.id);
  return isOwn ? ownChange(whoMay(people, 'approve', actor)) : null;
}

/** Counts the click as an approval where it is one; the line for the person where that does not merge yet. */
async function approveAs(
  em: EntityManager,
  ctx: InteractionContext,
  { turn, session }: Target,
  view: ChangeView,
  actor: Actor,
): Promise<FittedMessage | null> {
  const { people } = ctx.config;
  const { needed, given } = view.approval;
  const adds = given.length < needed && given.every(({ id }) => id !== actor.id);
  if (adds) {
    const { id, name, email, groups = [] } = actor;
    const approval = {
      by: { id, name, email },
      commit: view.result.commit,
      ...(groups.length > 0 ? { groups } : {}),
    };
    await appendEvents(em, session.id, turn.id, [{ type: 'approval.given', ...approval }]);
  }
  const count = given.length + (adds ? 1 : 0);
  const merges = count >= needed && may(people, 'merge', actor);
  return merges ? null : approvalCounted(count, needed, whoMay(people, 'merge', actor));
}

/** Whether no later turn of the session made a change. */
export async function isNewestChange(em: EntityManager, turn: Turn): Promise<boolean> {
  const later = await em.find(Turn, {
    sessionId: turn.sessionId,
    position: { $gt: turn.position },
    kind: { $ne: 'attempt' },
  });
  return later.every(({ result }) => result?.kind !== 'change');
}

async function changeView(
  em: EntityManager,
  ctx: InteractionContext,
  target: Target,
): Promise<ChangeView | null> {
  const { turn, session } = target;
  if (turn.result?.kind !== 'change') return null;
  const status = viewOf(session, turn, await eventsOfTurn(em, turn.id));
  const view = await resultView(em, ctx.config, session, status, turn.result, {});
  return isChange(view) ? view : null;
}

/** The first line of the request names the merge commit. */
export function titleOf(turn: Turn): string {
  return (turn.text.split('\n')[0] ?? '').slice(0, 72).trim();
}

// Request changes: a modal whose text becomes the session's next turn, and discard and try again.
import type { KnownBlock } from '@slack/types';
import { fit } from '../../blocks/fit/fit.ts';
import {
  alreadyChosen,
  alreadyDiscarded,
  alreadyMerged,
  alreadyMerging,
  couldNot,
  outOfDate,
  turnRunning,
} from '../../blocks/messages/ephemeral.ts';
import { requestChangesModal } from '../../blocks/modals/request-changes.ts';
import { CHANGES_INPUT } from '../../blocks/parts/actions.ts';
import { nameOf } from '../../blocks/parts/people.ts';
import { person, quote, richText, section, words } from '../../blocks/parts/rich.ts';
import type { Actor } from '../../core/rights/authority.ts';
import { type Session, Turn } from '../../db/entities/session.ts';
import { appendEvents, eventsOfTurn } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { handOver } from '../../db/transport/outbox.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { addTurn, claimKey } from '../../db/turns/requests.ts';
import { withdrawTurn } from '../../db/turns/turns.ts';
import { detailsAgain, queueButtonTurn } from '../admission/queue.ts';
import { publishMessage, threadOf } from '../delivery/deliveries.ts';
import type { MessagePayload } from '../delivery/payload.ts';
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

/** How long a discard can be undone. */
const UNDO_MS = 10 * 60_000;

/** Opens the modal for what should be different. */
export async function openRequestChanges(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  const found: Session[] = [];
  const reply = await onTurn(ctx, click.value, click.channelId, async (_em, { session }) => {
    found.push(session);
    return refusal(ctx.config, actor, ['start']);
  });
  const [session] = found;
  if (reply !== null || session === undefined) return reply;
  const { branch, repo } = session;
  await openView(
    ctx,
    click.triggerId,
    requestChangesModal({ turnId: click.value, repo: repo ?? '', branch }),
  );
  return null;
}

/** Takes what was written in it. The same modal counts once. */
export async function requestChanges(ctx: InteractionContext, submission: Submission): Promise<Reply> {
  const actor = await ctx.directory.actor(submission.userId);
  const text = submission.input(CHANGES_INPUT.blockId, CHANGES_INPUT.actionId).trim();
  if (text === '') return couldNot('Nothing was written.', 'Say what should be different.');
  return onTurn(ctx, submission.metadata, null, async (em, target) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    if (!(await claimKey(em, `view:${submission.viewId}`))) return null;
    const place = threadOf(target.session, null);
    await publishMessage(em, `changes:${submission.viewId}`, place, changesWanted(actor, text));
    await queueButtonTurn(em, target.locked, { kind: 'changes_requested', text, requester: actor });
    return null;
  });
}

/** Takes a discard back while that is possible. */
export async function undoDiscard(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, { session }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    const pending = await em.findOne(Turn, { sessionId: session.id, kind: 'discard', state: 'queued' });
    const undone =
      pending === null
        ? await isUndone(em, session.id)
        : await withdrawTurn(em, pending.id, { by: actor.id, how: 'removed' });
    return undone
      ? null
      : couldNot('It is too late to undo this.', 'Reply in the thread to have it done anew.');
  });
}

/** Whether the newest discard was undone already: clicked twice, or again after Slack lost the answer. */
async function isUndone(em: EntityManager, sessionId: string): Promise<boolean> {
  const newest = await em.findOne(Turn, { sessionId, kind: 'discard' }, { orderBy: { position: 'desc' } });
  return newest?.state === 'stopped';
}

/** Throws the session's work away, after a while; the button asked for confirmation. */
export async function discard(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, target) => {
    const refused = refusal(ctx.config, actor, ['start']) ?? (await cannotDiscard(em, ctx, target));
    if (refused !== null) return refused;
    await queueButtonTurn(em, target.locked, {
      kind: 'discard',
      text: '',
      requester: actor,
      delayMs: UNDO_MS,
    });
    return null;
  });
}

async function cannotDiscard(
  em: EntityManager,
  ctx: InteractionContext,
  { turn, session }: Target,
): Promise<Reply> {
  if (turn.result?.kind !== 'change') return outOfDate();
  const status = viewOf(session, turn, await eventsOfTurn(em, turn.id));
  const { merge } = await resultView(em, ctx.config, session, status, turn.result, {});
  if (merge.kind === 'merged') return alreadyMerged(merge.by, merge.mergeCommit);
  if (merge.kind === 'merging') return alreadyMerging(merge.by);
  if (merge.kind === 'discarded') return alreadyDiscarded(merge.by);
  return (await hasOpenRequest(em, session.id)) ? turnRunning() : null;
}

/** What Continue says to an agent that used up its budget; its transcript has the rest. */
const GO_ON = 'Go on with the request from where you are.';

/** Makes a new turn like the one that failed; each failure is tried again once. */
export async function tryAgain(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, { turn, session, locked }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    if (turn.state !== 'failed' || turn.kind === 'merge') return outOfDate();
    if (!(await claimKey(em, `again:${turn.id}`))) return alreadyChosen('somebody has it tried again below');
    const again = {
      kind: turn.kind === 'mention' ? ('follow_up' as const) : turn.kind,
      text: turn.failure?.code === 'budget_spent' ? GO_ON : turn.text,
      requester: { id: actor.id, name: actor.name, email: actor.email },
      details: detailsAgain(turn, actor.id),
    };
    if ((session.repo ?? null) !== null) {
      await queueButtonTurn(em, locked, again);
      return null;
    }
    // It failed before its repo was known, so it goes through admission again.
    const turnId = await addTurn(em, locked, { ...again, state: 'received', messageTs: null });
    await appendEvents(em, session.id, turnId, [{ type: 'turn.received', text: turn.text, by: actor.id }]);
    await handOver(em, 'admit', turnId);
    return null;
  });
}

/** A modal leaves no trace in the thread, so what was asked for is said there. */
function changesWanted(actor: Actor, text: string): MessagePayload {
  const block: KnownBlock = richText(
    section(person(actor), words(' asked for changes:')),
    quote(words(text)),
  );
  const { text: spoken, blocks } = fit({
    text: `${nameOf(actor)} asked for changes: ${text}`
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;'),
    blocks: [block],
  });
  return { text: spoken, blocks };
}

// Several ways of doing the same request: asking for them below a result, and choosing one of them.
import {
  alreadyChosen,
  alreadyDiscarded,
  alreadyMerged,
  alreadyMerging,
  couldNot,
  outOfDate,
  turnRunning,
} from '../../blocks/messages/ephemeral.ts';
import { parseChoice } from '../../blocks/parts/actions.ts';
import { type Chosen, TRY_WAYS } from '../../core/attempt.ts';
import type { TurnKind } from '../../core/turn.ts';
import { Turn } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { chooseAttempt } from '../../db/turns/choice.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { queueButtonTurn } from '../admission/queue.ts';
import type { Click } from '../interaction/click.ts';
import { type InteractionContext, onTurn, type Reply, refusal, type Target } from '../interaction/context.ts';
import { resultView, viewOf } from '../presenter/turn-view.ts';
import { isNewestChange } from './merge.ts';

/** Goes on with one of the attempts; the first choice counts. */
export async function pickAttempt(ctx: InteractionContext, click: Click): Promise<Reply> {
  const choice = parseChoice(click.value);
  if (choice === null) return outOfDate();
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, choice.turnId, click.channelId, async (em, { turn }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    switch (await chooseAttempt(em, turn.id, choice.place, actor.id)) {
      case 'chosen':
        return null;
      case 'no_result':
        return outOfDate();
      case 'over': {
        const chosen = await choiceOf(em, turn.id);
        // Their own click once more, after Slack lost the answer to it.
        if (chosen?.by === actor.id && chosen.place === choice.place) return null;
        return alreadyChosen(await howItEnded(em, ctx, turn.id));
      }
    }
  });
}

async function choiceOf(em: EntityManager, turnId: string): Promise<Chosen | undefined> {
  const { result } = await em.findOneOrFail(Turn, { id: turnId }, { refresh: true });
  return result !== null && result !== undefined && 'chosen' in result ? result.chosen : undefined;
}

async function howItEnded(em: EntityManager, ctx: InteractionContext, turnId: string): Promise<string> {
  const { stopRequestedBy } = await em.findOneOrFail(Turn, { id: turnId }, { refresh: true });
  const chosen = await choiceOf(em, turnId);
  if (chosen !== undefined) return `${await ctx.directory.nameOf(chosen.by)} chose attempt ${chosen.place}`;
  return (stopRequestedBy ?? null) === null ? 'none of them was kept' : 'it was stopped';
}

/** What can be asked for anew: requests in words, not what a button did to the branch. */
const REQUESTS: ReadonlySet<TurnKind> = new Set(['mention', 'follow_up', 'changes_requested', 'alert']);

/** Has a result's request done in other ways, the result being one of those to choose from. */
export async function tryWays(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, target) => {
    const refused = refusal(ctx.config, actor, ['start']) ?? (await objection(em, ctx, target));
    if (refused !== null) return refused;
    const { answer: _answer, callId: _call, ...details } = target.turn.details;
    const { id, name, email } = actor;
    await queueButtonTurn(em, target.locked, {
      kind: 'follow_up',
      text: target.turn.text,
      requester: { id, name, email },
      details: { ...details, attempts: TRY_WAYS, tries: target.turn.id },
    });
    return null;
  });
}

async function objection(
  em: EntityManager,
  ctx: InteractionContext,
  { turn, session }: Target,
): Promise<Reply> {
  if (turn.result?.kind !== 'change' || !REQUESTS.has(turn.kind)) return outOfDate();
  const status = viewOf(session, turn, await eventsOfTurn(em, turn.id));
  const { merge } = await resultView(em, ctx.config, session, status, turn.result, {});
  if (merge.kind === 'merged') return alreadyMerged(merge.by, merge.mergeCommit);
  if (merge.kind === 'merging') return alreadyMerging(merge.by);
  if (merge.kind === 'discarded') return alreadyDiscarded(merge.by);
  if (await hasOpenRequest(em, session.id)) return turnRunning();
  if (!(await isNewestChange(em, turn)))
    return couldNot('Work has gone on in this thread since that result.', 'Use the newest result.');
  return null;
}

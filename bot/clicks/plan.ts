// What people decide on a plan: Go, or another one. Cancel is a stop. They decide on the plan that they saw: there may
// be a newer one by then, where a click was lost and repeated, or where another person asked for another plan.
import { couldNot, outOfDate } from '../../blocks/messages/ephemeral.ts';
import { planChangeModal } from '../../blocks/modals/plan-change.ts';
import { PLAN_INPUT, parseChoice, turnOf } from '../../blocks/parts/actions.ts';
import { decidePlan } from '../../db/turns/plans.ts';
import type { Click, Submission } from '../interaction/click.ts';
import {
  findInReach,
  type InteractionContext,
  onTurn,
  openView,
  type Reply,
  refusal,
} from '../interaction/context.ts';

const DECIDED = 'This plan does not wait any more.';

/** Starts the work on a plan, for a person who may start work. */
export async function planGo(ctx: InteractionContext, click: Click): Promise<Reply> {
  return decide(ctx, click.value, click.userId, click.channelId, { how: 'go', text: '' });
}

/** Opens the modal that asks what should be different. */
export async function openPlanChange(ctx: InteractionContext, click: Click): Promise<Reply> {
  const found = await findInReach(ctx.database.em(), ctx, turnOf(click.value), click.channelId);
  if (found === null) return outOfDate();
  const refused = refusal(ctx.config, await ctx.directory.actor(click.userId), ['start']);
  if (refused !== null) return refused;
  const last = (found.turn.details.plans?.length ?? 0) - 1;
  const place = parseChoice(click.value)?.place ?? last;
  if (found.turn.state !== 'waiting' || place !== last) return couldNot(DECIDED, '');
  await openView(ctx, click.triggerId, planChangeModal({ turnId: found.turn.id, place }));
  return null;
}

/** Asks for another plan. */
export async function planChange(ctx: InteractionContext, submission: Submission): Promise<Reply> {
  const text = submission.input(PLAN_INPUT.blockId, PLAN_INPUT.actionId).trim();
  return decide(ctx, submission.metadata, submission.userId, null, { how: 'change', text });
}

async function decide(
  ctx: InteractionContext,
  plan: string,
  userId: string,
  channelId: string | null,
  decision: { readonly how: 'go' | 'change'; readonly text: string },
): Promise<Reply> {
  const actor = await ctx.directory.actor(userId);
  const place = parseChoice(plan)?.place;
  return onTurn(ctx, turnOf(plan), channelId, async (em, { turn }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    const decided = await decidePlan(em, turn.sessionId, {
      ...decision,
      by: actor.id,
      ...(place === undefined ? {} : { place }),
    });
    return decided ? null : couldNot(DECIDED, '');
  });
}

// Revert: a turn of its own makes the opposite of a merged change, and its result is shown like any other.
import { couldNot, outOfDate, turnRunning } from '../../blocks/messages/ephemeral.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { queueButtonTurn } from '../admission/queue.ts';
import type { Click } from '../interaction/click.ts';
import { type InteractionContext, onTurn, type Reply, refusal } from '../interaction/context.ts';
import { resultView, viewOf } from '../presenter/turn-view.ts';
import { isNewestChange, titleOf } from './merge.ts';

/** Queues the revert. People approve it before it merges, so everyone who may start work may ask for it. */
export async function revert(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, { turn, session, locked }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    if (turn.result?.kind !== 'change') return outOfDate();
    const status = viewOf(session, turn, await eventsOfTurn(em, turn.id));
    const { merge } = await resultView(em, ctx.config, session, status, turn.result, {});
    if (merge.kind !== 'merged') return outOfDate();
    if (await hasOpenRequest(em, session.id)) return turnRunning();
    if (!(await isNewestChange(em, turn)))
      return couldNot(
        'Work has gone on in this thread since that merge.',
        'Reply with what should be taken back.',
      );
    await queueButtonTurn(em, locked, {
      kind: 'revert',
      text: `Revert: ${titleOf(turn)}`.slice(0, 72),
      requester: actor,
      details: { commit: merge.mergeCommit },
    });
    return null;
  });
}

// Update branch: after a blocked merge, the agent merges the default branch into the session's branch, in a turn.
import { outOfDate, turnRunning } from '../../blocks/messages/ephemeral.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { queueButtonTurn } from '../admission/queue.ts';
import type { Click } from '../interaction/click.ts';
import { type InteractionContext, onTurn, type Reply, refusal } from '../interaction/context.ts';

/** Queues the turn. The person who clicks asks for nothing new: the change stays that of those who asked for it. */
export async function updateBranch(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, { turn, session, locked }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    const events = await eventsOfTurn(em, turn.id);
    const blocked = events.findLast(({ body }) => body.type === 'merge.blocked')?.body;
    if (blocked?.type !== 'merge.blocked' || session.state !== 'open') return outOfDate();
    if (await hasOpenRequest(em, session.id)) return turnRunning();
    await queueButtonTurn(em, locked, {
      kind: 'follow_up',
      text: requestFor(blocked.defaultBranch),
      requester: actor,
      details: { onBehalf: true },
    });
    return null;
  });
}

function requestFor(branch: string): string {
  return [
    `Bring this branch up to date with ${branch}: \`git merge --no-commit origin/${branch}\`, then resolve every conflict so that both sides keep what they meant, and leave no conflict marks.`,
    'Change nothing else. If there is nothing to merge, say so.',
  ].join('\n');
}

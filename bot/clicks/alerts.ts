// What people decide on an alert that was looked into: fix it, not this, mute it. The first decision counts.
import { alreadyChosen, outOfDate, turnRunning } from '../../blocks/messages/ephemeral.ts';
import type { AlertDecision } from '../../core/event.ts';
import { appendEvents, eventsOfTurn } from '../../db/log/events.ts';
import { quietenAlert } from '../../db/slack/alerts.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { queueButtonTurn } from '../admission/queue.ts';
import type { Click } from '../interaction/click.ts';
import { type InteractionContext, onTurn, type Reply, refusal } from '../interaction/context.ts';

const DAY_MS = 24 * 3_600_000;
const FIX = 'Fix the cause that you found, in the way that you proposed.';

/** Makes the handler of one of the three buttons. */
export function decideAlert(
  how: AlertDecision['how'],
): (ctx: InteractionContext, click: Click) => Promise<Reply> {
  return async (ctx, click) => {
    const actor = await ctx.directory.actor(click.userId);
    return onTurn(ctx, click.value, click.channelId, async (em, { turn, session, locked }) => {
      const refused = refusal(ctx.config, actor, ['start']);
      if (refused !== null) return refused;
      if (turn.kind !== 'alert' || turn.state !== 'done') return outOfDate();
      const events = await eventsOfTurn(em, turn.id);
      if (events.some(({ body }) => body.type === 'alert.decided'))
        return alreadyChosen('somebody has decided on this alert');
      if (how === 'fix') {
        if (await hasOpenRequest(em, session.id)) return turnRunning();
        await queueButtonTurn(em, locked, { kind: 'follow_up', text: FIX, requester: actor });
      } else {
        await quietenAlert(em, turn.id, {
          forMs: how === 'mute' ? 7 * DAY_MS : DAY_MS,
          muted: how === 'mute',
        });
      }
      await appendEvents(em, session.id, turn.id, [{ type: 'alert.decided', by: actor.id, how }]);
      return null;
    });
  };
}

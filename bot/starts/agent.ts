// Slack's surfaces for agents: suggested prompts where a person opens the app's messages, and the Stop button.
// https://docs.slack.dev/ai/developing-agents
import { z } from 'zod';
import { SUGGESTED_PROMPTS } from '../../blocks/parts/prompts.ts';
import { hasCode } from '../../core/errors.ts';
import { may } from '../../core/rights/authority.ts';
import { openTurnOf } from '../../db/turns/sessions.ts';
import { stopTurn } from '../../db/turns/turns.ts';
import type { InteractionContext } from '../interaction/context.ts';
import { patiently } from '../slack/calls.ts';

const stoppedSchema = z.object({
  team_id: z.string(),
  event: z.object({ channel: z.string(), thread_ts: z.string(), user: z.string() }),
});

/** Suggests what to ask for in a direct conversation. An app that is no agent gets by without. */
export async function suggestPrompts(ctx: InteractionContext, channelId: string): Promise<void> {
  const [first, ...more] = SUGGESTED_PROMPTS;
  try {
    await patiently(() =>
      ctx.client.assistant.threads.setSuggestedPrompts({
        channel_id: channelId,
        title: 'What should be done?',
        prompts: [first, ...more],
      }),
    );
  } catch (error) {
    if (!hasCode(error, 'slack_refused')) throw error;
    ctx.log.debug('prompts were not suggested', { error });
  }
}

/** Slack's own Stop: the same as the button of the status message. Gives what was stopped. */
export async function stopFromSlack(ctx: InteractionContext, body: unknown): Promise<string | null> {
  const { team_id: teamId, event } = stoppedSchema.parse(body);
  const actor = await ctx.directory.actor(event.user);
  if (!may(ctx.config.people, 'start', actor)) return null;
  return ctx.database.transaction(async (em) => {
    const thread = { teamId, channelId: event.channel, threadTs: event.thread_ts };
    const turnId = await openTurnOf(em, thread);
    return turnId !== null && (await stopTurn(em, turnId, actor.id)) ? turnId : null;
  });
}

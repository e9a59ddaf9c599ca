// The reaction that hands a message over: who reacts asks, and the message says what for.
import { z } from 'zod';
import { REACTION } from '../../blocks/parts/actions.ts';
import { hasCode } from '../../core/errors.ts';
import { recordRequest } from '../intake/record.ts';
import type { InteractionContext } from '../interaction/context.ts';
import { type Patience, patiently } from '../slack/calls.ts';
import { attachmentsSchema, readAttachments } from '../text/attachments.ts';
import { contentSchema, wordsOfMessage } from '../text/content.ts';

const bodySchema = z.object({
  team_id: z.string(),
  event: z.object({
    user: z.string(),
    reaction: z.string(),
    item: z.object({ type: z.string(), channel: z.string().optional(), ts: z.string().optional() }),
    item_user: z.string().optional(),
  }),
});

const messagesSchema = z.object({
  messages: z
    .array(
      contentSchema.extend({
        ts: z.string(),
        thread_ts: z.string().optional(),
        user: z.string().optional(),
        bot_id: z.string().optional(),
        files: attachmentsSchema.shape.files,
      }),
    )
    .default([]),
});

export type ReactedMessage = z.infer<typeof messagesSchema>['messages'][number];

/** Slack waits three seconds and then sends the event again. */
const PATIENCE: Patience = { tries: 2, maxWaitMs: 500 };

export type Reacted = 'turn' | 'duplicate' | 'not_ours';

/** Takes a reaction in. Throws where Slack could not be asked: then the event comes again. */
export async function recordReaction(ctx: InteractionContext, body: unknown): Promise<Reacted> {
  const { team_id: teamId, event } = bodySchema.parse(body);
  const { channel: channelId, ts } = event.item;
  const { botId, botUserId } = ctx.identity;
  if (event.reaction !== REACTION || channelId === undefined || ts === undefined) return 'not_ours';
  if (event.user === botUserId || event.item_user === botUserId) return 'not_ours';
  const message = await findMessage(ctx, channelId, ts);
  if (message === null || message.user === botUserId || message.bot_id === botId) return 'not_ours';
  const text = wordsOfMessage(message).replaceAll(`<@${botUserId}>`, '').trim();
  const given = readAttachments(attachmentsSchema.parse(message));
  if (text === '' && given.files.length === 0) return 'not_ours';
  const threadTs = message.thread_ts ?? ts;
  const request = { teamId, channelId, ts, threadTs, userId: event.user, text, ...given };
  return (await recordRequest(ctx.database, request, null)) ? 'turn' : 'duplicate';
}

async function findMessage(
  ctx: InteractionContext,
  channelId: string,
  ts: string,
): Promise<ReactedMessage | null> {
  try {
    const answer = await patiently(
      () => ctx.client.conversations.replies({ channel: channelId, ts, limit: 1 }),
      PATIENCE,
    );
    return messagesSchema.parse(answer).messages.find((message) => message.ts === ts) ?? null;
  } catch (error) {
    if (!hasCode(error, 'slack_refused')) throw error;
    ctx.log.info('a message with our reaction cannot be read', { channelId, ts, error });
    return null;
  }
}

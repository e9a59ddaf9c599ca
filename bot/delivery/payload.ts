// What a delivery row holds for each kind.
import type { KnownBlock } from '@slack/types';
import { z } from 'zod';
import type { WantedDelivery } from '../../db/slack/deliveries.ts';

/** Blocks are ours and were checked when they were made. */
const blockSchema = z.custom<KnownBlock>((value) => typeof value === 'object' && value !== null);

export const messagePayload = z.object({
  text: z.string(),
  blocks: z.array(blockSchema).optional(),
  /** Changes with the state of what is shown: such a change is not to wait. */
  stage: z.string().optional(),
});
export type MessagePayload = z.infer<typeof messagePayload>;

export const ephemeralPayload = z.object({ user: z.string(), message: messagePayload });
export type EphemeralPayload = z.infer<typeof ephemeralPayload>;

export const reactionPayload = z.object({
  ts: z.string(),
  name: z.string(),
  /** It is to be taken away again. */
  gone: z.boolean().optional(),
});
export type ReactionPayload = z.infer<typeof reactionPayload>;

export interface DeliveryOwner {
  readonly sessionId: string;
  readonly turnId: string;
}

/** A message of one plain sentence. */
export function textMessage(text: string): MessagePayload {
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: false } }] };
}

/** Something only one person sees. */
export function ephemeral(user: string, message: MessagePayload): EphemeralPayload {
  return { user, message };
}

/** A reaction of ours to a message. */
export function reaction(
  message: { readonly teamId: string; readonly channelId: string; readonly ts: string },
  name: string,
  owner: DeliveryOwner,
): WantedDelivery {
  return {
    dedupeKey: `reaction:${name}:${message.teamId}:${message.channelId}:${message.ts}`,
    kind: 'reaction',
    ...owner,
    teamId: message.teamId,
    channelId: message.channelId,
    threadTs: null,
    payload: { ts: message.ts, name } satisfies ReactionPayload,
  };
}

/** The same reaction, taken away again. */
export function withoutReaction(
  message: { readonly teamId: string; readonly channelId: string; readonly ts: string },
  name: string,
  owner: DeliveryOwner,
): WantedDelivery {
  const gone: ReactionPayload = { ts: message.ts, name, gone: true };
  return { ...reaction(message, name, owner), payload: gone, urgent: true };
}

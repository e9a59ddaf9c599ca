// What a delivery row holds for each kind.
import type { KnownBlock } from '@slack/types';
import { z } from 'zod';

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
  /** True where the reaction is to be removed. */
  gone: z.boolean().optional(),
});
export type ReactionPayload = z.infer<typeof reactionPayload>;

/** A message of one plain sentence. */
export function textMessage(text: string): MessagePayload {
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: false } }] };
}

// One delivery to Slack: post, update, ephemeral line or reaction, and what became of it.
import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { ClaimedDelivery } from '../../db/slack/deliveries.ts';
import { type CallFailure, failureOf } from '../slack/calls.ts';
import { sendAgentStatus } from './agent-status.ts';
import type { Outcome } from './outcome.ts';
import { ephemeralPayload, type MessagePayload, messagePayload, reactionPayload } from './payload.ts';

/** The mark on our messages by which a post of unknown outcome is found again. */
export const METADATA_EVENT = 'threadsmith_delivery';

/** Slack found fault with the content, not with the place: less content may do. */
const CONTENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_attachments',
  'invalid_arguments',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
]);

const GONE_ERRORS: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
]);

const LOOK_BACK_PAGES = 5;
const PAGE_SIZE = 200;

const postedSchema = z.object({ ts: z.string() });
const repliesSchema = z.object({
  messages: z
    .array(
      z.object({
        ts: z.string(),
        metadata: z
          .object({
            event_type: z.string(),
            event_payload: z.object({ delivery_id: z.string().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** Sends one delivery. Never throws for what Slack or the network does. */
export async function send(client: WebClient, delivery: ClaimedDelivery): Promise<Outcome> {
  switch (delivery.kind) {
    case 'message':
      return delivery.slackTs === null ? post(client, delivery) : update(client, delivery, delivery.slackTs);
    case 'ephemeral':
      return sendEphemeral(client, delivery);
    case 'reaction':
      return react(client, delivery);
    case 'agent_status':
      return sendAgentStatus(client, delivery);
  }
}

async function post(client: WebClient, delivery: ClaimedDelivery): Promise<Outcome> {
  try {
    if (delivery.uncertain) {
      const found = await findPosted(client, delivery);
      if (found !== null) return { kind: 'adopted', slackTs: found };
    }
  } catch (thrown) {
    return { kind: 'failed', method: 'other', failure: failureOf(thrown) };
  }
  return withLess('post', messagePayload.parse(delivery.payload), async ({ text, blocks }) => {
    const answer = await client.chat.postMessage({
      channel: delivery.channelId,
      ...(delivery.threadTs === null ? {} : { thread_ts: delivery.threadTs }),
      text,
      blocks,
      metadata: { event_type: METADATA_EVENT, event_payload: { delivery_id: delivery.id } },
      unfurl_links: false,
      unfurl_media: false,
    });
    return { kind: 'sent', slackTs: postedSchema.parse(answer).ts };
  });
}

async function update(client: WebClient, delivery: ClaimedDelivery, ts: string): Promise<Outcome> {
  const outcome = await withLess(
    'update',
    messagePayload.parse(delivery.payload),
    async ({ text, blocks }) => {
      await client.chat.update({
        channel: delivery.channelId,
        ts,
        text,
        blocks,
        metadata: { event_type: METADATA_EVENT, event_payload: { delivery_id: delivery.id } },
      });
      return { kind: 'sent', slackTs: ts };
    },
  );
  const gone =
    outcome.kind === 'failed' && outcome.failure.kind === 'refused' && GONE_ERRORS.has(outcome.failure.error);
  return gone ? { kind: 'gone' } : outcome;
}

interface Content {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/**
 * Where Slack finds fault with the content, the same without pictures, and then the text alone: a thread
 * without a picture is better than one without its buttons, and one with plain text better than silence.
 */
async function withLess(
  method: 'post' | 'update',
  payload: MessagePayload,
  attempt: (content: Content) => Promise<Outcome>,
): Promise<Outcome> {
  const blocks = payload.blocks ?? [];
  const pictureless = blocks.filter((block) => block.type !== 'image');
  const contents: Content[] = [
    { text: payload.text, blocks },
    ...(pictureless.length < blocks.length ? [{ text: payload.text, blocks: pictureless }] : []),
    { text: payload.text, blocks: [] },
  ];
  let failure: CallFailure = { kind: 'unknown', reason: 'not tried' };
  for (const content of contents) {
    try {
      return await attempt(content);
    } catch (thrown) {
      failure = failureOf(thrown);
      if (failure.kind !== 'refused' || !CONTENT_ERRORS.has(failure.error)) break;
    }
  }
  return { kind: 'failed', method, failure };
}

/** The `ts` of the message that an earlier attempt posted, null where it did not. Throws what the call throws. */
async function findPosted(client: WebClient, delivery: ClaimedDelivery): Promise<string | null> {
  let cursor: string | undefined;
  for (let page = 0; page < LOOK_BACK_PAGES; page++) {
    const common = {
      channel: delivery.channelId,
      include_all_metadata: true,
      limit: PAGE_SIZE,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const answer = repliesSchema.parse(
      delivery.threadTs === null
        ? await client.conversations.history(common)
        : await client.conversations.replies({ ...common, ts: delivery.threadTs }),
    );
    const ours = answer.messages.find(
      ({ metadata }) =>
        metadata?.event_type === METADATA_EVENT && metadata.event_payload?.delivery_id === delivery.id,
    );
    if (ours !== undefined) return ours.ts;
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return null;
  }
  return null;
}

async function sendEphemeral(client: WebClient, delivery: ClaimedDelivery): Promise<Outcome> {
  const { user, message } = ephemeralPayload.parse(delivery.payload);
  try {
    await client.chat.postEphemeral({
      channel: delivery.channelId,
      user,
      ...(delivery.threadTs === null ? {} : { thread_ts: delivery.threadTs }),
      text: message.text,
      ...(message.blocks === undefined ? {} : { blocks: message.blocks }),
    });
    return { kind: 'sent', slackTs: null };
  } catch (thrown) {
    return { kind: 'failed', method: 'other', failure: failureOf(thrown) };
  }
}

async function react(client: WebClient, delivery: ClaimedDelivery): Promise<Outcome> {
  const { ts, name, gone } = reactionPayload.parse(delivery.payload);
  const place = { channel: delivery.channelId, timestamp: ts, name };
  try {
    await (gone === true ? client.reactions.remove(place) : client.reactions.add(place));
  } catch (thrown) {
    const failure = failureOf(thrown);
    const isSo = gone === true ? 'no_reaction' : 'already_reacted';
    if (failure.kind !== 'refused' || failure.error !== isSo)
      return { kind: 'failed', method: 'other', failure };
  }
  return { kind: 'sent', slackTs: null };
}

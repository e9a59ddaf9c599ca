// Tables of what came in and what has to go out.
import { defineEntity, p } from '@mikro-orm/postgresql';

const InboxSchema = defineEntity({
  name: 'InboxRow',
  tableName: 'inbox',
  properties: {
    dedupeKey: p.string().primary(),
    receivedAt: p.datetime(),
  },
});
/** An event that was taken in: the same key is not taken in again. */
export class InboxRow extends InboxSchema.class {}
InboxSchema.setClass(InboxRow);

/**
 * `admit`: the bot looks up the person and the repo. `turn`: a worker is to claim the turn. `draw`: the turn's
 * message changes with what happened to another turn.
 */
export type OutboxTopic = 'admit' | 'turn' | 'draw';

const OutboxSchema = defineEntity({
  name: 'OutboxRow',
  tableName: 'outbox',
  properties: {
    id: p.integer().primary().autoincrement(),
    topic: p.string().$type<OutboxTopic>(),
    turnId: p.string(),
    createdAt: p.datetime(),
    sentAt: p.datetime().nullable(),
  },
});
/** A hand-over that was committed together with its cause. */
export class OutboxRow extends OutboxSchema.class {}
OutboxSchema.setClass(OutboxRow);

/**
 * `message`: a message whose wanted content is `payload`; it is posted once and then updated.
 * `ephemeral`: shown to one person, best effort. `reaction`: added to, or taken from, a message.
 */
export type DeliveryKind = 'message' | 'ephemeral' | 'reaction' | 'agent_status';

const DeliverySchema = defineEntity({
  name: 'Delivery',
  tableName: 'delivery',
  properties: {
    id: p.string().primary(),
    /** Names the delivery for ever, e.g. `status:<turn>`: a second one with the key is the same one. */
    dedupeKey: p.string(),
    kind: p.string().$type<DeliveryKind>(),
    sessionId: p.string().nullable(),
    turnId: p.string().nullable(),
    channelId: p.string(),
    threadTs: p.string().nullable(),
    /** What Slack is to show now; its shape is the bot's. */
    payload: p.json<unknown>(),
    /** Grows with each change of `payload`; `sentVersion` follows it. */
    version: p.integer(),
    sentVersion: p.integer(),
    /** Set before the first call: a post whose outcome is unknown is looked for before it is tried again. */
    attemptedAt: p.datetime().nullable(),
    /** While a process is sending it. */
    leasedUntil: p.datetime().nullable(),
    /** Slack's id of the message once it is posted. */
    slackTs: p.string().nullable(),
    attempts: p.integer(),
    nextAt: p.datetime(),
    /** Set where it was given up, with the reason. */
    abandoned: p.text().nullable(),
    createdAt: p.datetime(),
    sentAt: p.datetime().nullable(),
  },
});
/** One message, reaction or ephemeral line that must reach Slack exactly once. */
export class Delivery extends DeliverySchema.class {}
DeliverySchema.setClass(Delivery);

export const transportEntities = [InboxRow, OutboxRow, Delivery];

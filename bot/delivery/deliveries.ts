// The deliveries of the bot by name: each function writes what Slack should show, in the transaction of `em`.
// The key of a delivery names its message for ever: the same key with other content edits the message.
import type { Session } from '../../db/entities/session.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { wantDelivery } from '../../db/slack/deliveries.ts';
import type { EphemeralPayload, MessagePayload, ReactionPayload } from './payload.ts';

/** The thread that a delivery goes to (the channel itself where `threadTs` is null), and whose delivery it is. */
export interface DeliveryPlace {
  readonly sessionId: string | null;
  readonly turnId: string | null;
  readonly teamId: string;
  readonly channelId: string;
  readonly threadTs: string | null;
}

/** A session's thread, for a delivery of one of its turns or of the session itself. */
export function threadOf(session: Session, turnId: string | null): DeliveryPlace {
  const { id, teamId, channelId, threadTs } = session;
  return { sessionId: id, turnId, teamId, channelId, threadTs };
}

/** A thread that has no session yet. */
export function bareThread({
  teamId,
  channelId,
  threadTs,
}: Pick<DeliveryPlace, 'teamId' | 'channelId' | 'threadTs'>): DeliveryPlace {
  return { sessionId: null, turnId: null, teamId, channelId, threadTs };
}

/** Posts a message, or edits the one of this key. An urgent edit goes out as soon as Slack takes one again. */
export async function publishMessage(
  em: EntityManager,
  dedupeKey: string,
  place: DeliveryPlace,
  message: MessagePayload,
  { urgent = false }: { readonly urgent?: boolean } = {},
): Promise<void> {
  const payload: MessagePayload = onlyPayload(message);
  await wantDelivery(em, { ...place, dedupeKey, kind: 'message', payload, urgent });
}

/** Shows a message to one person alone. */
export async function tellPerson(
  em: EntityManager,
  dedupeKey: string,
  place: DeliveryPlace,
  userId: string,
  message: MessagePayload,
): Promise<void> {
  const payload: EphemeralPayload = { user: userId, message: onlyPayload(message) };
  await wantDelivery(em, { ...place, dedupeKey, kind: 'ephemeral', payload });
}

/** Adds a reaction to the message `ts` of the place's channel. */
export async function react(
  em: EntityManager,
  name: string,
  ts: string,
  place: DeliveryPlace,
): Promise<void> {
  await wantReaction(em, { ts, name }, place);
}

/** Takes a reaction away again, at once. */
export async function takeReactionAway(
  em: EntityManager,
  name: string,
  ts: string,
  place: DeliveryPlace,
): Promise<void> {
  await wantReaction(em, { ts, name, gone: true }, place);
}

async function wantReaction(
  em: EntityManager,
  payload: ReactionPayload,
  place: DeliveryPlace,
): Promise<void> {
  await wantDelivery(em, {
    ...place,
    threadTs: null,
    dedupeKey: `reaction:${payload.name}:${place.teamId}:${place.channelId}:${payload.ts}`,
    kind: 'reaction',
    payload,
    urgent: payload.gone === true,
  });
}

/** A fitted message has its overflow besides, which has deliveries of its own. */
function onlyPayload({ text, blocks, stage }: MessagePayload): MessagePayload {
  return {
    text,
    ...(blocks === undefined ? {} : { blocks }),
    ...(stage === undefined ? {} : { stage }),
  };
}

// Edits and deletions of messages that are requests: before the work began they correct the request or take it
// back; an edit while it is at work is a follow-up, and what is over stays as it is. Slack keeps no order: an edit
// may come before an older one, and before the message itself.
import { z } from 'zod';
import { Turn } from '../../db/entities/session.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import { claimKey, claimMessage, lockSessionOfTurn, noteEdit } from '../../db/turns/requests.ts';
import { forgetSettings } from '../../db/turns/session-settings.ts';
import { turnOfMessage } from '../../db/turns/threads.ts';
import { correctTurn, withdrawTurn } from '../../db/turns/turns.ts';
import { type IncomingMessage, isAddressed, readMessage } from './message.ts';
import { addRequest, isEmpty, type RecordOptions, recordMessage } from './record.ts';

const innerSchema = z.looseObject({
  ts: z.string(),
  text: z.string().default(''),
  subtype: z.string().optional(),
  user: z.string().optional(),
});

/** Unlike `edited.ts`, which is of whole seconds, no two events of a message share theirs. */
const eventTsSchema = z.string().regex(/^\d+(?:\.\d+)?$/);

const changeSchema = z.object({
  event_id: z.string(),
  team_id: z.string(),
  event: z.discriminatedUnion('subtype', [
    z.object({
      subtype: z.literal('message_changed'),
      event_ts: eventTsSchema,
      channel: z.string(),
      channel_type: z.string().optional(),
      message: innerSchema,
      previous_message: innerSchema.optional(),
    }),
    z.object({
      subtype: z.literal('message_deleted'),
      event_ts: eventTsSchema,
      channel: z.string(),
      channel_type: z.string().optional(),
      deleted_ts: z.string(),
      previous_message: innerSchema.partial({ ts: true }).optional(),
    }),
  ]),
});

export type Change =
  | {
      readonly kind: 'edited';
      readonly eventId: string;
      readonly message: IncomingMessage;
      /** Whether it mentions us only since the edit. */
      readonly isNewlyAddressed: boolean;
      /** Whether the message itself may still be on its way. */
      readonly mayComeFirst: boolean;
    }
  | {
      readonly kind: 'deleted';
      readonly eventId: string;
      readonly teamId: string;
      readonly channelId: string;
      readonly ts: string;
      readonly userId: string;
      readonly mayComeFirst: boolean;
    };

/** What became of a change. */
export type ChangeRecorded = 'corrected' | 'withdrawn' | 'follow_up' | 'nothing' | 'duplicate';

/**
 * How long after a message its first event may come: Slack tries three times more, the last time after five minutes.
 * https://docs.slack.dev/apis/events-api/#retries
 */
const ON_ITS_WAY_S = 600;

/** Reads an event's body; null where it is no change of a message, or one that changes no words of a person. */
export function readChange(body: unknown, botUserId: string): Change | null {
  const parsed = changeSchema.safeParse(body);
  if (!parsed.success) return null;
  const { event_id: eventId, team_id, event } = parsed.data;
  const asMessage = (inner: object) =>
    readMessage(
      {
        team_id,
        event: { ...inner, type: 'message', channel: event.channel, channel_type: event.channel_type },
      },
      botUserId,
    );
  // A root that has replies, as each has that we answered, is not deleted but changed into a tombstone.
  if (event.subtype === 'message_deleted' || event.message.subtype === 'tombstone') {
    const ts = event.subtype === 'message_deleted' ? event.deleted_ts : event.message.ts;
    return {
      kind: 'deleted',
      eventId,
      teamId: team_id,
      channelId: event.channel,
      ts,
      userId: event.previous_message?.user ?? '',
      mayComeFirst: isRecent(ts, event.event_ts) && asMessage({ ...event.previous_message, ts }) !== null,
    };
  }
  // Slack also tells of previews that it added, with the same text.
  if (event.message.text === event.previous_message?.text) return null;
  const message = asMessage(event.message);
  if (message === null) return null;
  const mention = `<@${botUserId}>`;
  const isNewlyAddressed =
    isAddressed(event.message.text, mention) &&
    !isAddressed(event.previous_message?.text ?? mention, mention);
  // Of a reply nothing is kept where it was not for us when it was said, so an older one is left alone.
  const mayComeFirst =
    event.previous_message !== undefined &&
    asMessage(event.previous_message) !== null &&
    (message.address === 'request' || isRecent(message.ts, event.event_ts));
  const { event_ts: editedTs } = event;
  return { kind: 'edited', eventId, message: { ...message, editedTs }, isNewlyAddressed, mayComeFirst };
}

function isRecent(ts: string, eventTs: string): boolean {
  return Number(eventTs) - Number(ts) < ON_ITS_WAY_S;
}

/** Records a change; the same event again changes nothing. */
export async function recordChange(
  database: Database,
  change: Change,
  options: RecordOptions,
): Promise<ChangeRecorded> {
  if (change.kind === 'edited' && (change.isNewlyAddressed || change.mayComeFirst)) {
    // Somebody forgot the mention: whatever became of the message, from now on it is a request. And where the
    // message itself comes later, it is a copy of this.
    const recorded = await recordMessage(database, change.message, options);
    if (recorded !== 'duplicate' && recorded !== 'not_ours') return 'follow_up';
  }
  return database.transaction(async (em) => {
    const address = change.kind === 'edited' ? change.message : change;
    // A message that comes after it was deleted is taken for a copy as well.
    if (change.kind === 'deleted' && change.mayComeFirst && (await claimMessage(em, change)))
      return 'withdrawn';
    if (change.kind === 'edited' && !(await noteEdit(em, change.message))) return 'nothing';
    const turnId = await turnOfMessage(em, address);
    if (turnId === null) return 'nothing';
    if (!(await claimKey(em, `event:${change.eventId}`))) return 'duplicate';
    return change.kind === 'edited'
      ? edit(em, turnId, change.message)
      : (await withdraw(em, turnId, change.userId))
        ? 'withdrawn'
        : 'nothing';
  });
}

async function withdraw(em: EntityManager, turnId: string, userId: string): Promise<boolean> {
  await lockSessionOfTurn(em, turnId);
  return withdrawTurn(em, turnId, { by: userId, how: 'deleted' });
}

async function edit(em: EntityManager, turnId: string, message: IncomingMessage): Promise<ChangeRecorded> {
  if (isEmpty(message)) return 'nothing';
  const session = await lockSessionOfTurn(em, turnId);
  if (session === null) return 'nothing';
  await forgetSettings(em, session.id, turnId);
  if (await correctTurn(em, turnId, { text: message.text, by: message.userId })) return 'corrected';
  const turn = await em.findOneOrFail(Turn, { id: turnId }, { refresh: true });
  if (turn.state !== 'running' && turn.state !== 'waiting') return 'nothing';
  await addRequest(em, session, message);
  return 'follow_up';
}

// A message becomes rows: claim, session, turn, hand-over and first event, in one transaction. Nothing here
// calls Slack: until this has committed Slack has no acknowledgement and will send the message again.
import { usageMessage } from '../../blocks/messages/usage.ts';
import type { Replies } from '../../core/config/config.ts';
import type { TurnDetails } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import { reviveDeliveries } from '../../db/slack/deliveries.ts';
import { handOver } from '../../db/transport/outbox.ts';
import { hasTurns, openRequests } from '../../db/turns/open-turns.ts';
import {
  addTurn,
  claimMessage,
  type LockedSession,
  lockSessionOf,
  noteClaim,
  openSession,
} from '../../db/turns/requests.ts';
import { keepRepo, setMuted } from '../../db/turns/session-settings.ts';
import { threadState } from '../../db/turns/threads.ts';
import { bareThread, publishMessage, react, tellPerson } from '../delivery/deliveries.ts';
import { textMessage } from '../delivery/payload.ts';
import type { MessageAttachments } from '../text/attachments.ts';
import { readChoice } from '../text/choice.ts';
import type { IncomingMessage } from './message.ts';

/** A message that is a request. `userId` is the person who asks, who may not have written it. */
export type RequestMessage = Pick<
  IncomingMessage,
  'teamId' | 'channelId' | 'ts' | 'threadTs' | 'userId' | 'text'
> &
  Partial<MessageAttachments>;

/** What became of a message. */
export type Recorded = 'turn' | 'answer' | 'replied' | 'duplicate' | 'not_ours';

export interface RecordOptions {
  readonly botUserId: string;
  readonly replies: Replies;
}

const MUTED =
  'Muted: replies here are not for me until somebody writes unmute. Mention me to ask all the same.';
const UNMUTED = 'I read the replies of this thread again.';
const NOTHING_RUNS = 'Nothing is under way in this thread.';

/** Records a message. The same one again, at once or later, is a duplicate; a failure leaves nothing behind. */
export async function recordMessage(
  database: Database,
  message: IncomingMessage,
  { botUserId, replies }: RecordOptions,
): Promise<Recorded> {
  return database.transaction(async (em) => {
    // A message that is not ours is not claimed: the other event of the pair may show that it is.
    if (message.address === 'reply' && !(await isForUs(em, message, replies))) return 'not_ours';
    // First the claim, then the session, in this order everywhere: else two copies could wait for each other.
    if (!(await claimMessage(em, message))) return 'duplicate';
    const known = await lockSessionOf(em, message);
    if (known !== null) await reviveDeliveries(em, known.id);
    if (isEmpty(message)) {
      await explainUsage(em, message, botUserId);
      return 'replied';
    }
    if (message.mutes !== null && known !== null) {
      await muteThread(em, known, message, message.mutes);
      return 'replied';
    }
    const open = known === null ? [] : await openRequests(em, known.id);
    if (message.asksToStop && open.length === 0) {
      await tellAlone(em, message, NOTHING_RUNS);
      return 'replied';
    }
    const session = known ?? (await openSession(em, message, message.userId));
    // An answer or a stop goes to the turn that is under way, and is no turn that the thread shows.
    if (message.asksToStop) return addHidden(em, session, message, { stop: true });
    if (open[0]?.state === 'waiting') return addHidden(em, session, message, attachmentsIn(message));
    await addRequest(em, session, message);
    return 'turn';
  });
}

/**
 * Makes a message a request that a person hands over, in the repo they named if any. False where the message is
 * a request already. The session of a thread that has one goes on.
 */
export async function recordRequest(
  database: Database,
  message: RequestMessage,
  repo: string | null,
  details: TurnDetails = {},
): Promise<boolean> {
  return database.transaction(async (em) => {
    if (!(await claimMessage(em, message))) return false;
    const session = await openSession(em, message, message.userId);
    if (repo !== null) await keepRepo(em, session.id, repo);
    await addRequest(em, session, message, details);
    return true;
  });
}

/** Whether a message says nothing at all, with or without words. */
export function isEmpty({ text, files, forwarded }: IncomingMessage): boolean {
  return text === '' && files.length === 0 && forwarded.length === 0;
}

/**
 * Plain replies count in a thread that began with a request to us, and as the answer to a question of ours: a
 * number, where there are attempts to choose from. In a thread that people began they talk to each other. The configuration may have either otherwise, and a
 * muted thread is left alone but for the words that concern just that. An edit does not make old words the answer.
 */
async function isForUs(em: EntityManager, message: IncomingMessage, replies: Replies): Promise<boolean> {
  const thread = await threadState(em, message, { isChoice: readChoice(message.text) !== null });
  if (thread === null) return false;
  if (thread.own && (message.asksToStop || message.mutes !== null)) return true;
  if (thread.muted) return false;
  return (
    (thread.waits && message.editedTs === undefined) ||
    (thread.own ? replies.own_threads : replies.peoples_threads) === 'all'
  );
}

async function muteThread(
  em: EntityManager,
  session: LockedSession,
  message: IncomingMessage,
  muted: boolean,
): Promise<void> {
  await setMuted(em, session.id, muted);
  const place = { ...bareThread(message), sessionId: session.id };
  await publishMessage(em, keyOf('line', message), place, textMessage(muted ? MUTED : UNMUTED));
}

/** Adds a message as the session's next request, shown in the thread. */
export async function addRequest(
  em: EntityManager,
  session: LockedSession,
  message: RequestMessage,
  details: TurnDetails = {},
): Promise<void> {
  const turnId = await addTurn(em, session, {
    kind: (await hasTurns(em, session.id)) ? 'follow_up' : 'mention',
    state: 'received',
    ...requestOf(message),
    details: { ...attachmentsIn(message), ...details },
  });
  await noteClaim(em, message, turnId);
  await appendEvents(em, session.id, turnId, [
    { type: 'turn.received', text: message.text, by: message.userId },
  ]);
  await handOver(em, 'admit', turnId);
  await react(em, 'eyes', message.ts, { ...bareThread(message), sessionId: session.id, turnId });
}

async function addHidden(
  em: EntityManager,
  session: LockedSession,
  message: IncomingMessage,
  details: TurnDetails,
): Promise<Recorded> {
  const turnId = await addTurn(em, session, {
    kind: 'answer',
    state: 'received',
    ...requestOf(message),
    details,
  });
  await noteClaim(em, message, turnId);
  await handOver(em, 'admit', turnId);
  await react(em, 'eyes', message.ts, { ...bareThread(message), sessionId: session.id, turnId });
  return 'answer';
}

function attachmentsIn({ files = [], forwarded = [] }: RequestMessage): TurnDetails {
  return {
    ...(files.length === 0 ? {} : { slackFiles: files }),
    ...(forwarded.length === 0 ? {} : { forwarded }),
  };
}

function requestOf(message: RequestMessage) {
  return {
    text: message.text,
    // Name and address are looked up at admission.
    requester: { id: message.userId, name: message.userId, email: null },
    messageTs: message.ts,
  };
}

async function explainUsage(em: EntityManager, message: IncomingMessage, botUserId: string): Promise<void> {
  await publishMessage(em, keyOf('hint', message), bareThread(message), usageMessage({ botUserId }));
}

async function tellAlone(em: EntityManager, message: IncomingMessage, text: string): Promise<void> {
  await tellPerson(em, keyOf('line', message), bareThread(message), message.userId, textMessage(text));
}

/** The key of the one delivery of this kind that a message leads to. */
function keyOf(kind: 'hint' | 'line', { teamId, channelId, ts }: IncomingMessage): string {
  return `${kind}:${teamId}:${channelId}:${ts}`;
}

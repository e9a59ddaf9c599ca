// What a message event means to us, before anything is looked up: a request, a reply, or nothing.
import { z } from 'zod';

const eventSchema = z.object({
  type: z.enum(['app_mention', 'message']),
  channel: z.string(),
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  subtype: z.string().optional(),
  bot_id: z.string().optional(),
  channel_type: z.string().optional(),
  files: z.array(z.unknown()).optional(),
});

const bodySchema = z.object({ team_id: z.string(), event: eventSchema });

/** Subtypes that are still a person saying something. */
const SPOKEN: ReadonlySet<string> = new Set(['file_share', 'thread_broadcast']);
/** A reply that starts like this is meant for the people in the thread. */
const ASIDE = /^\s*aside\s*:/i;
const STOP = /^\s*(?:please\s+)?(?:stop|cancel|abort)(?:\s+(?:it|that|this|please))?\s*[.!]*\s*$/i;

export interface IncomingMessage {
  readonly teamId: string;
  readonly channelId: string;
  readonly ts: string;
  readonly threadTs: string;
  readonly userId: string;
  /** The text as Slack sent it, without the mention of the app. */
  readonly text: string;
  /** `request`: it is addressed to us. `reply`: it counts where its thread is a session of ours. */
  readonly address: 'request' | 'reply';
  readonly hasFiles: boolean;
  readonly asksToStop: boolean;
}

/** Reads an event's body; null where the message is none of our business. Throws on a malformed body. */
export function readMessage(body: unknown, botUserId: string): IncomingMessage | null {
  const { team_id: teamId, event } = bodySchema.parse(body);
  const { user: userId, subtype, text } = event;
  if (userId === undefined || userId === botUserId || event.bot_id !== undefined) return null;
  if (subtype !== undefined && !SPOKEN.has(subtype)) return null;
  const mention = `<@${botUserId}>`;
  const mentionsUs = event.type === 'app_mention' || text.includes(mention);
  const isDirect = event.channel_type === 'im';
  const isReply = event.thread_ts !== undefined && event.thread_ts !== event.ts;
  if (!mentionsUs && !isDirect) {
    if (!isReply || ASIDE.test(text) || mentionsSomebody(text)) return null;
  }
  const said = withoutMention(text, mention);
  return {
    teamId,
    channelId: event.channel,
    ts: event.ts,
    threadTs: event.thread_ts ?? event.ts,
    userId,
    text: said,
    address: mentionsUs || (isDirect && !isReply) ? 'request' : 'reply',
    hasFiles: (event.files ?? []).length > 0,
    asksToStop: STOP.test(said),
  };
}

function mentionsSomebody(text: string): boolean {
  return /<@[UW][A-Z0-9]+(?:\|[^>]*)?>|<!(?:subteam|here|channel|everyone)/.test(text);
}

/** The first mention is the address on the envelope; a later one is part of what was said. */
function withoutMention(text: string, mention: string): string {
  const at = text.indexOf(mention);
  const rest = at < 0 ? text : text.slice(0, at) + text.slice(at + mention.length);
  return rest.replace(/^[\s,:;-]+/, '').trimEnd();
}

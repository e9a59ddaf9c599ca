// What a message event means to us, before anything is looked up: a request, a reply, or nothing.
import { z } from 'zod';
import { attachmentsSchema, type MessageAttachments, readAttachments } from '../text/attachments.ts';

const eventSchema = attachmentsSchema.extend({
  type: z.enum(['app_mention', 'message']),
  channel: z.string(),
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  subtype: z.string().optional(),
  bot_id: z.string().optional(),
  channel_type: z.string().optional(),
});

const bodySchema = z.object({ team_id: z.string(), event: eventSchema });

/** Subtypes that are still a person saying something. */
const SPOKEN: ReadonlySet<string> = new Set(['file_share', 'thread_broadcast']);
/** A reply that starts like this is meant for the people in the thread. */
const ASIDE = /^\s*aside\s*:/i;
const STOP = /^\s*(?:please\s+)?(?:stop|cancel|abort)(?:\s+(?:it|that|this|please))?\s*[.!]*\s*$/i;
const MUTE = /^\s*(?:please\s+)?(un)?mute(?:\s+(?:it|this|yourself|please))?\s*[.!]*\s*$/i;
/** Code and quoted lines show other text; they address no one. */
const SHOWN = /```[\s\S]*?(?:```|$(?![\s\S]))|`[^`\n]*`|^(?:&gt;|>).*$/gm;

export interface IncomingMessage extends MessageAttachments {
  readonly teamId: string;
  readonly channelId: string;
  readonly ts: string;
  /** Slack's time of the edit that it is as of; none for the message as it was said. */
  readonly editedTs?: string;
  readonly threadTs: string;
  readonly userId: string;
  /** The text as Slack sent it, without the mention of the app. */
  readonly text: string;
  /** `request`: it is addressed to us. `reply`: it counts where its thread is a session of ours. */
  readonly address: 'request' | 'reply';
  readonly asksToStop: boolean;
  /** Whether plain replies of the thread are to count from now on; null where it says nothing of that. */
  readonly mutes: boolean | null;
}

/** Reads an event's body; null where the message is none of our business. Throws on a malformed body. */
export function readMessage(body: unknown, botUserId: string): IncomingMessage | null {
  const { team_id: teamId, event } = bodySchema.parse(body);
  const { user: userId, subtype, text } = event;
  if (userId === undefined || userId === botUserId || event.bot_id !== undefined) return null;
  if (subtype !== undefined && !SPOKEN.has(subtype)) return null;
  const mention = `<@${botUserId}>`;
  const mentionsUs = isAddressed(text, mention) || (event.type === 'app_mention' && !text.includes(mention));
  const isDirect = event.channel_type === 'im';
  const isReply = event.thread_ts !== undefined && event.thread_ts !== event.ts;
  if (!mentionsUs && !isDirect) {
    if (!isReply || ASIDE.test(text) || mentionsSomebody(text.replace(SHOWN, ''))) return null;
  }
  const said = mentionsUs ? withoutMention(text, mention) : text.trim();
  const mute = isReply ? MUTE.exec(said) : null;
  return {
    teamId,
    channelId: event.channel,
    ts: event.ts,
    threadTs: event.thread_ts ?? event.ts,
    userId,
    text: said,
    address: mentionsUs || (isDirect && !isReply) ? 'request' : 'reply',
    ...readAttachments(event),
    asksToStop: STOP.test(said),
    mutes: mute === null ? null : mute[1] === undefined,
  };
}

/** Whether a text speaks to the app: a mention that is quoted or stands in code does not. */
export function isAddressed(text: string, mention: string): boolean {
  return text.replace(SHOWN, '').includes(mention);
}

function mentionsSomebody(text: string): boolean {
  return /<@[UW][A-Z0-9]+(?:\|[^>]*)?>|<!(?:subteam|here|channel|everyone)/.test(text);
}

/** The first mention is the address on the envelope; a later one is part of what was said. */
function withoutMention(text: string, mention: string): string {
  const shown = text.replace(SHOWN, (whole) => ' '.repeat(whole.length));
  const at = shown.indexOf(mention);
  const rest = at < 0 ? text : text.slice(0, at) + text.slice(at + mention.length);
  return rest.replace(/^[\s,:;-]+/, '').trimEnd();
}

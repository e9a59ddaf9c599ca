// What a message of another app means: an alert, where a rule names its channel, its app and its words.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AlertRule } from '../../core/config/config.ts';
import type { AppIdentity } from '../slack/directory.ts';
import { contentSchema, wordsOfMessage } from '../text/content.ts';
import { readableText } from '../text/text.ts';

const messageSchema = contentSchema.extend({
  ts: z.string(),
  thread_ts: z.string().optional(),
  bot_id: z.string().optional(),
  app_id: z.string().optional(),
  bot_profile: z.looseObject({ app_id: z.string().optional() }).optional(),
  subtype: z.string().optional(),
});

const bodySchema = z.object({
  team_id: z.string(),
  event: z.discriminatedUnion('type', [
    messageSchema.extend({
      type: z.literal('message'),
      channel: z.string(),
      message: messageSchema.optional(),
    }),
  ]),
});

export interface AppMessage {
  readonly teamId: string;
  readonly channelId: string;
  readonly ts: string;
  /** By which a rule may name its sender. */
  readonly senders: readonly string[];
  readonly text: string;
  readonly isEdit: boolean;
}

/** Reads an event's body; null where it is no first message of another app in a channel. */
export function readAppMessage(body: unknown, identity: AppIdentity): AppMessage | null {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return null;
  const { team_id: teamId, event } = parsed.data;
  const isEdit = event.subtype === 'message_changed';
  if (event.subtype !== undefined && event.subtype !== 'bot_message' && !isEdit) return null;
  const message = isEdit ? event.message : event;
  // An app that talks in a thread talks to people.
  if (message === undefined || (message.thread_ts !== undefined && message.thread_ts !== message.ts))
    return null;
  const { bot_id: botId } = message;
  if (botId === undefined || botId === identity.botId) return null;
  const senders = [botId, message.app_id, message.bot_profile?.app_id].filter((id) => id !== undefined);
  const text = readableText(wordsOfMessage(message), new Map());
  return text === '' ? null : { teamId, channelId: event.channel, ts: message.ts, senders, text, isEdit };
}

/** The first rule that a message matches. */
export function ruleFor(
  rules: readonly AlertRule[],
  message: AppMessage,
  channelName: string | null,
): AlertRule | null {
  return (
    rules.find(
      (rule) =>
        (rule.channel === message.channelId || rule.channel.replace(/^#/, '') === channelName) &&
        rule.from.some((sender) => message.senders.includes(sender)) &&
        new RegExp(rule.pattern, 'iu').test(message.text),
    ) ?? null
  );
}

/** Two alerts that differ only in numbers, ids, times and addresses have the same fingerprint. */
export function fingerprintOf(text: string): string {
  const shape = text
    .toLowerCase()
    .replace(/https?:\/\/\S+/g, '~')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '~')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, '~')
    .replace(/\d+(?:[.,:]\d+)*/g, '~')
    .replace(/\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:am|pm|utc)\b/g, '~')
    .replace(/[\s~]+/g, ' ')
    .slice(0, 2_000);
  return createHash('sha256').update(shape).digest('hex').slice(0, 32);
}

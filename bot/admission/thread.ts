// What people said in a thread before they asked us: part of the request, up to a bound.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { SlackFile, TurnDetails } from '../../db/entities/session.ts';
import { patiently } from '../slack/calls.ts';
import type { Directory } from '../slack/directory.ts';
import { attachmentsSchema, readAttachments } from '../text/attachments.ts';
import { contentSchema, wordsOfMessage } from '../text/content.ts';
import { namesOf } from '../text/names.ts';
import { mentionedUsers, readableText } from '../text/text.ts';

type Thread = NonNullable<TurnDetails['thread']>;

export interface ReadThread {
  readonly lines: Thread;
  /** With who attached each. */
  readonly files: readonly SlackFile[];
}

const MESSAGES_MAX = 50;
const CHARS_MAX = 12_000;

const messageSchema = attachmentsSchema.extend({
  ts: z.string(),
  user: z.string().optional(),
  username: z.string().optional(),
  bot_id: z.string().optional(),
  bot_profile: z.object({ name: z.string().optional() }).optional(),
  text: z.string().default(''),
});
const repliesSchema = z.object({ messages: z.array(messageSchema).default([]) });

export interface ThreadQuestion {
  readonly channelId: string;
  readonly threadTs: string;
  /** The request itself; only what came before it counts. */
  readonly messageTs: string;
  /** What came up to this message was read before; null for the first request of a thread. */
  readonly readTo: string | null;
  /** Of what came since, the app's own messages are known. */
  readonly botUserId: string;
}

/** The messages before the request with names, oldest first: the first one, and the latest that fit. */
export async function readThread(
  client: WebClient,
  directory: Directory,
  question: ThreadQuestion,
): Promise<ReadThread> {
  const answer = await patiently(() =>
    client.conversations.replies({
      channel: question.channelId,
      ts: question.threadTs,
      ...(question.readTo === null ? {} : { oldest: question.readTo }),
      latest: question.messageTs,
      inclusive: false,
      limit: 200,
    }),
  );
  const { messageTs, readTo, botUserId } = question;
  const said = repliesSchema
    .parse(answer)
    .messages.filter((message) => message.ts < messageTs && !isBare(message))
    .filter(({ ts, user }) => readTo === null || (ts > readTo && user !== botUserId));
  const [first, ...rest] = said;
  if (first === undefined) return { lines: [], files: [] };
  const lines: { name: string; text: string }[] = [];
  const files: SlackFile[] = [];
  for (const message of [first, ...rest.slice(-(MESSAGES_MAX - 1))]) {
    const text = wordsOfMessage(contentSchema.parse(message));
    const names = await namesOf(directory, mentionedUsers(text));
    const name = await speaker(directory, message);
    const given = readAttachments(message).files;
    files.push(...given.map((file) => ({ ...file, from: name })));
    const attached = given.map((file) => `[attached: ${file.name}]`).join(' ');
    lines.push({ name, text: [readableText(text, names), attached].filter(Boolean).join(' ') });
  }
  return { lines: bounded(lines), files };
}

/** Nothing that could be read. */
function isBare(message: z.infer<typeof messageSchema>): boolean {
  return (
    wordsOfMessage(contentSchema.parse(message)).trim() === '' && readAttachments(message).files.length === 0
  );
}

async function speaker(directory: Directory, message: z.infer<typeof messageSchema>): Promise<string> {
  if (message.user !== undefined) return directory.nameOf(message.user);
  return message.username ?? message.bot_profile?.name ?? 'a bot';
}

/** The first message says what the thread is about; of the rest the latest are kept. */
function bounded(lines: readonly { name: string; text: string }[]): Thread {
  const [first, ...rest] = lines.map((line) => ({ ...line, text: line.text.slice(0, CHARS_MAX / 3) }));
  if (first === undefined) return [];
  let room = CHARS_MAX - first.text.length;
  const kept: { name: string; text: string }[] = [];
  for (const line of rest.reverse()) {
    room -= line.text.length;
    if (room < 0) break;
    kept.unshift(line);
  }
  return [first, ...kept];
}

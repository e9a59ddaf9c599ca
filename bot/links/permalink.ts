// A link to a message of the workspace: what the message and its thread say, for those who may read it there.
// https://docs.slack.dev/reference/methods/chat.getPermalink
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { patiently } from '../slack/calls.ts';
import type { AppIdentity, Directory } from '../slack/directory.ts';
import { contentSchema, wordsOfMessage } from '../text/content.ts';
import { namesOf } from '../text/names.ts';
import { mentionedUsers, readableText } from '../text/text.ts';

const MESSAGES_MAX = 12;
const TEXT_MAX_CHARS = 8_000;
const MEMBERS_PAGE = 1_000;
const MEMBERS_PAGES = 5;

const repliesSchema = z.object({
  messages: z
    .array(
      contentSchema.extend({
        ts: z.string(),
        user: z.string().optional(),
        username: z.string().optional(),
      }),
    )
    .default([]),
});
const membersSchema = z.object({
  members: z.array(z.string()).default([]),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

export interface Reader {
  readonly client: WebClient;
  readonly directory: Directory;
  readonly identity: AppIdentity;
}

interface MessagePlace {
  readonly channelId: string;
  readonly ts: string;
  readonly threadTs: string;
}

/** The message that a link of this workspace leads to; null for any other link. */
export function placeOfPermalink({ url }: Pick<AppIdentity, 'url'>, link: string): MessagePlace | null {
  const parsed = URL.parse(link);
  if (parsed === null || parsed.host !== URL.parse(url)?.host) return null;
  const [, channelId, seconds, micros] =
    /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})\/?$/.exec(parsed.pathname) ?? [];
  if (channelId === undefined) return null;
  const ts = `${seconds}.${micros}`;
  return { channelId, ts, threadTs: parsed.searchParams.get('thread_ts') ?? ts };
}

/** What is said there, with names. Throws `slack_refused` where the app may not read it. */
export async function readPermalink(reader: Reader, place: MessagePlace, userId: string): Promise<string> {
  if (!(await mayRead(reader, place.channelId, userId)))
    return 'It is in a private conversation that the person who asked is not in, so it was not read.';
  const answer = await patiently(() =>
    reader.client.conversations.replies({ channel: place.channelId, ts: place.threadTs, limit: 200 }),
  );
  const { messages } = repliesSchema.parse(answer);
  const from = messages.findIndex(({ ts }) => ts === place.ts);
  if (from < 0) return 'The message is not there any more.';
  // Of a thread's first message, what follows belongs to it; of a reply, the reply alone is meant.
  const meant =
    place.ts === place.threadTs ? messages.slice(0, MESSAGES_MAX) : messages.slice(from, from + 1);
  const lines: string[] = [];
  for (const message of meant) {
    const words = wordsOfMessage(message);
    const names = await namesOf(reader.directory, mentionedUsers(words));
    const speaker =
      message.user === undefined ? message.username : await reader.directory.nameOf(message.user);
    lines.push(`${speaker ?? 'a bot'}: ${readableText(words, names)}`);
  }
  return lines.join('\n').slice(0, TEXT_MAX_CHARS).toWellFormed();
}

/** People read nothing through the app that they could not read themselves. */
async function mayRead({ client, directory }: Reader, channelId: string, userId: string): Promise<boolean> {
  if (!(await directory.channel(channelId)).isPrivate) return true;
  let cursor: string | undefined;
  for (let page = 0; page < MEMBERS_PAGES; page += 1) {
    const answer = await patiently(() =>
      client.conversations.members({
        channel: channelId,
        limit: MEMBERS_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    const { members, response_metadata } = membersSchema.parse(answer);
    if (members.includes(userId)) return true;
    cursor = response_metadata?.next_cursor || undefined;
    if (cursor === undefined) return false;
  }
  return false;
}

// What one Web API method is to the dispatcher, and the lookups that many methods share.

import type { Channel, Dict, Message } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import type { Tier } from '../wire/rate-limits.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';

export interface Method {
  tier: Tier;
  /** One of these scopes is needed; none when empty. */
  scopes: string[];
  token: 'bot' | 'app' | 'none';
  /** Answers what goes beside `ok:true`; throws SlackRefusal to say no. */
  run: (ws: Workspace, args: Args) => Dict | Promise<Dict>;
}

const TIMESTAMP = /^\d{1,12}\.\d{6}$/;

/** A channel the app may know of: by id, by #name, or a person's id for the direct message with them. */
export function findChannel(ws: Workspace, wanted: string | undefined): Channel {
  if (wanted === undefined) throw new SlackRefusal('channel_not_found');
  const name = wanted.replace(/^#/, '');
  const channel = ws.state.channels.find(
    (candidate) =>
      candidate.id === wanted ||
      (candidate.name !== '' && candidate.name === name) ||
      (candidate.is_im === true && candidate.user === wanted),
  );
  const hidden = channel?.is_private === true && !ws.appIsIn(channel);
  if (channel === undefined || hidden) throw new SlackRefusal('channel_not_found');
  return channel;
}

/** A channel the app can write to. */
export function channelToPostIn(ws: Workspace, args: Args, field = 'channel'): Channel {
  const channel = findChannel(ws, args.text(field));
  if (channel.is_archived === true) throw new SlackRefusal('is_archived');
  if (!ws.appIsIn(channel)) throw new SlackRefusal('not_in_channel');
  return channel;
}

/** A channel whose messages the app can read. */
export function channelToRead(ws: Workspace, args: Args): Channel {
  const channel = findChannel(ws, args.text('channel'));
  if (!ws.appIsIn(channel)) throw new SlackRefusal('not_in_channel');
  return channel;
}

/** The root that `thread_ts` names, or undefined when there is none in the call. */
export function threadRoot(
  ws: Workspace,
  channel: Channel,
  threadTs: string | undefined,
): Message | undefined {
  if (threadTs === undefined) return undefined;
  if (!TIMESTAMP.test(threadTs)) throw new SlackRefusal('invalid_thread_ts');
  const root = ws.message(channel.id, threadTs);
  const isRoot = root !== undefined && (root.thread_ts === undefined || root.thread_ts === root.ts);
  if (!isRoot || root.ephemeral_to !== undefined) throw new SlackRefusal('thread_not_found');
  return root;
}

/** A message that is not ephemeral; refused with message_not_found otherwise. */
export function findMessage(ws: Workspace, channel: Channel, ts: string | undefined): Message {
  const message = ws.message(channel.id, ts);
  if (message === undefined || message.ephemeral_to !== undefined || message.subtype === 'tombstone') {
    throw new SlackRefusal('message_not_found');
  }
  return message;
}

/** One page of a list and the cursor of the next one. */
export function page<T>(items: T[], args: Args, defaultLimit: number): { items: T[]; cursor: string } {
  const limit = Math.min(1000, Math.max(1, args.number('limit') ?? defaultLimit));
  const start = decodeCursor(args.text('cursor'));
  const cursor = start + limit < items.length ? Buffer.from(`next:${start + limit}`).toString('base64') : '';
  return { items: items.slice(start, start + limit), cursor };
}

function decodeCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const start = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'))?.[1];
  if (start === undefined) throw new SlackRefusal('invalid_cursor');
  return Number(start);
}

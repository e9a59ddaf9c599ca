// conversations.*: channels and what was said in them.

import type { Channel, Dict, Message } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { renderChannel, renderMessage } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { channelToRead, findChannel, type Method, page } from './method.ts';

const READ = ['channels:read', 'groups:read', 'im:read'];
const HISTORY = ['channels:history', 'groups:history', 'im:history'];

export const conversationMethods: Record<string, Method> = {
  'conversations.info': { tier: 'T3', scopes: READ, token: 'bot', run: info },
  'conversations.list': { tier: 'T2', scopes: READ, token: 'bot', run: list },
  'conversations.members': { tier: 'T4', scopes: READ, token: 'bot', run: members },
  'conversations.history': { tier: 'T3', scopes: HISTORY, token: 'bot', run: history },
  'conversations.replies': { tier: 'T3', scopes: HISTORY, token: 'bot', run: replies },
  'conversations.join': { tier: 'T3', scopes: ['channels:join'], token: 'bot', run: join },
  'conversations.open': { tier: 'T3', scopes: ['im:write'], token: 'bot', run: open },
};

function info(ws: Workspace, args: Args): Dict {
  const channel = findChannel(ws, args.text('channel'));
  const rendered = renderChannel(ws, channel);
  if (!args.flag('include_num_members')) delete rendered['num_members'];
  return { channel: rendered };
}

function list(ws: Workspace, args: Args): Dict {
  const types = (args.text('types') ?? 'public_channel').split(',').map((type) => type.trim());
  const wanted = ws.state.channels.filter((channel) => {
    if (channel.is_archived === true && args.flag('exclude_archived')) return false;
    if (channel.is_private === true && !ws.appIsIn(channel)) return false;
    return types.includes(typeName(channel));
  });
  const { items, cursor } = page(wanted, args, 100);
  return {
    channels: items.map((channel) => renderChannel(ws, channel)),
    response_metadata: { next_cursor: cursor },
  };
}

function typeName(channel: Channel): string {
  if (channel.is_im === true) return 'im';
  return channel.is_private === true ? 'private_channel' : 'public_channel';
}

function members(ws: Workspace, args: Args): Dict {
  const { items, cursor } = page(findChannel(ws, args.text('channel')).members, args, 100);
  return { members: items, response_metadata: { next_cursor: cursor } };
}

function history(ws: Workspace, args: Args): Dict {
  const channel = channelToRead(ws, args);
  const roots = ws.messagesOf(channel.id).filter(isShownInChannel);
  const newestFirst = within(roots, args).reverse();
  const { items, cursor } = page(newestFirst, args, 100);
  const metadata = args.flag('include_all_metadata');
  return {
    messages: items.map((message) => renderMessage(ws, channel.id, message, { metadata })),
    has_more: cursor !== '',
    pin_count: 0,
    response_metadata: { next_cursor: cursor },
  };
}

function isShownInChannel(message: Message): boolean {
  if (message.ephemeral_to !== undefined) return false;
  const isRoot = message.thread_ts === undefined || message.thread_ts === message.ts;
  return isRoot || message.subtype === 'thread_broadcast';
}

function replies(ws: Workspace, args: Args): Dict {
  const channel = channelToRead(ws, args);
  const ts = args.required('ts', 'thread_not_found');
  const named = ws.message(channel.id, ts);
  if (named === undefined || named.ephemeral_to !== undefined) throw new SlackRefusal('thread_not_found');
  const isRoot = named.thread_ts === undefined || named.thread_ts === named.ts;
  // A reply's own timestamp answers that reply alone; the root always comes first otherwise.
  const following = isRoot ? within(ws.repliesOf(channel.id, ts), args) : [];
  const { items, cursor } = page([named, ...following], args, 1000);
  const metadata = args.flag('include_all_metadata');
  return {
    messages: items.map((message) => renderMessage(ws, channel.id, message, { metadata })),
    has_more: cursor !== '',
    response_metadata: { next_cursor: cursor },
  };
}

function within(messages: Message[], args: Args): Message[] {
  const oldest = Number(args.text('oldest') ?? '0');
  const latest = Number(args.text('latest') ?? Number.POSITIVE_INFINITY);
  if (Number.isNaN(oldest)) throw new SlackRefusal('invalid_ts_oldest');
  if (Number.isNaN(latest)) throw new SlackRefusal('invalid_ts_latest');
  const inclusive = args.flag('inclusive');
  return messages.filter((message) => {
    const ts = Number(message.ts);
    return inclusive ? ts >= oldest && ts <= latest : ts > oldest && ts < latest;
  });
}

function join(ws: Workspace, args: Args): Dict {
  const channel = findChannel(ws, args.text('channel'));
  if (channel.is_archived === true) throw new SlackRefusal('is_archived');
  if (channel.is_im === true || channel.is_private === true) {
    throw new SlackRefusal('method_not_supported_for_channel_type');
  }
  if (ws.appIsIn(channel)) {
    return { channel: renderChannel(ws, channel), warning: 'already_in_channel' };
  }
  addMember(ws, channel, ws.state.app.bot_user_id);
  return { channel: renderChannel(ws, channel) };
}

/** Puts a person or the app into a channel and tells the app if it can see that. */
export function addMember(ws: Workspace, channel: Channel, userId: string): void {
  channel.members.push(userId);
  ws.changed();
  ws.services.hub.publish({ type: 'channel', channel: channel.id });
  if (!ws.appIsIn(channel)) return;
  ws.services.outbound.sendEvent({
    type: 'member_joined_channel',
    user: userId,
    channel: channel.id,
    channel_type: channel.is_private === true ? 'G' : 'C',
    team: ws.state.team.id,
    event_ts: ws.services.timestamps.next(),
  });
}

function open(ws: Workspace, args: Args): Dict {
  const named = args.text('channel');
  if (named !== undefined) return { channel: { id: findChannel(ws, named).id } };
  const users = (args.text('users') ?? '').split(',').filter(Boolean);
  if (users.length === 0) throw new SlackRefusal('users_list_not_supplied');
  const user = ws.user(users[0]);
  if (user === undefined) throw new SlackRefusal('user_not_found');
  if (users.length > 1) throw new SlackRefusal('method_not_supported_for_channel_type');
  if (user.id === ws.state.app.bot_user_id) throw new SlackRefusal('cannot_dm_bot');
  const channel = directMessageWith(ws, user.id);
  return { no_op: true, already_open: true, channel: { id: channel.id } };
}

/** The direct message between the app and a person, opened if it was not. */
export function directMessageWith(ws: Workspace, userId: string): Channel {
  const existing = ws.state.channels.find((channel) => channel.is_im === true && channel.user === userId);
  if (existing !== undefined) return existing;
  const channel: Channel = {
    id: `D${userId.slice(1)}`,
    name: '',
    topic: '',
    created: Math.floor(Date.now() / 1000),
    creator: userId,
    members: [userId, ws.state.app.bot_user_id],
    is_im: true,
    is_private: true,
    user: userId,
  };
  ws.state.channels.push(channel);
  ws.changed();
  return channel;
}

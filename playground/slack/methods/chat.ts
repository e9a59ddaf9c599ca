// chat.*: posting, updating and deleting messages.

import type { Channel, Dict, Message } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { changeMessage, deleteMessage, postMessage } from '../workspace/messages.ts';
import { renderMessage } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { MAX_TEXT_CHARS, readContent } from './content.ts';
import { channelToPostIn, findChannel, findMessage, type Method, threadRoot } from './method.ts';

const CHAT_WRITE = ['chat:write'];

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { tier: 'post', scopes: CHAT_WRITE, token: 'bot', run: post },
  'chat.update': { tier: 'T3', scopes: CHAT_WRITE, token: 'bot', run: update },
  'chat.delete': { tier: 'T3', scopes: CHAT_WRITE, token: 'bot', run: remove },
  'chat.postEphemeral': { tier: 'T4', scopes: CHAT_WRITE, token: 'bot', run: postEphemeral },
  'chat.getPermalink': { tier: 'generous', scopes: [], token: 'bot', run: getPermalink },
};

/** Who the app's messages come from. */
export function ownAuthor(ws: Workspace): Pick<Message, 'user' | 'bot_id' | 'app_id'> {
  const { app } = ws.state;
  return { user: app.bot_user_id, bot_id: app.bot_id, app_id: app.app_id };
}

function post(ws: Workspace, args: Args): Dict {
  const channel = channelToPostIn(ws, args);
  const root = threadRoot(ws, channel, args.text('thread_ts'));
  const content = readContent(ws, args);
  const cut = content.text.length > MAX_TEXT_CHARS;
  const { message } = postMessage(ws, channel, {
    ...ownAuthor(ws),
    ...content,
    text: content.text.slice(0, MAX_TEXT_CHARS),
    thread_ts: root?.ts,
    ...(root !== undefined && args.flag('reply_broadcast') ? { subtype: 'thread_broadcast' } : {}),
  });
  const answer = { channel: channel.id, ts: message.ts, message: renderMessage(ws, channel.id, message) };
  return cut ? { ...answer, warning: 'message_truncated' } : answer;
}

function update(ws: Workspace, args: Args): Dict {
  const channel = channelToPostIn(ws, args);
  const message = ownMessage(ws, channel, args.required('ts', 'message_not_found'), 'cant_update_message');
  if (message.streaming_state === 'in_progress') throw new SlackRefusal('streaming_state_conflict');
  if ((args.text('text') ?? '').length > MAX_TEXT_CHARS) throw new SlackRefusal('msg_too_long');
  const fileIds = args.json('file_ids');
  const content = readContent(ws, args);
  changeMessage(ws, channel, message, (stored) => {
    stored.text = content.text;
    stored.blocks = content.blocks;
    if (content.attachments !== undefined) stored.attachments = content.attachments;
    if (content.metadata !== undefined) stored.metadata = content.metadata;
    if (Array.isArray(fileIds)) stored.file_ids = fileIds.filter((id) => typeof id === 'string');
    stored.edited = { user: ws.state.app.bot_user_id, ts: ws.services.timestamps.next() };
  });
  const rendered = renderMessage(ws, channel.id, message);
  return { channel: channel.id, ts: message.ts, text: message.text, message: rendered };
}

function remove(ws: Workspace, args: Args): Dict {
  const channel = findChannel(ws, args.text('channel'));
  const message = ownMessage(ws, channel, args.required('ts', 'message_not_found'), 'cant_delete_message');
  deleteMessage(ws, channel, message);
  return { channel: channel.id, ts: message.ts };
}

function postEphemeral(ws: Workspace, args: Args): Dict {
  const channel = channelToPostIn(ws, args);
  const user = args.required('user', 'user_not_in_channel');
  if (!channel.members.includes(user)) throw new SlackRefusal('user_not_in_channel');
  const root = threadRoot(ws, channel, args.text('thread_ts'));
  const content = readContent(ws, args);
  const { message } = postMessage(ws, channel, {
    ...ownAuthor(ws),
    ...content,
    text: content.text.slice(0, MAX_TEXT_CHARS),
    thread_ts: root?.ts,
    ephemeral_to: user,
  });
  return { message_ts: message.ts };
}

function getPermalink(ws: Workspace, args: Args): Dict {
  const channel = findChannel(ws, args.text('channel'));
  const message = findMessage(ws, channel, args.required('message_ts', 'message_not_found'));
  const inThread = message.thread_ts !== undefined && message.thread_ts !== message.ts;
  const query = inThread ? `?thread_ts=${message.thread_ts}&cid=${channel.id}` : '';
  const permalink = `${ws.baseUrl}/archives/${channel.id}/p${message.ts.replace('.', '')}${query}`;
  return { channel: channel.id, permalink };
}

function ownMessage(ws: Workspace, channel: Channel, ts: string, refusal: string): Message {
  const message = findMessage(ws, channel, ts);
  if (message.bot_id !== ws.state.app.bot_id) throw new SlackRefusal(refusal);
  return message;
}

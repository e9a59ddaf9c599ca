// Control routes for what people and other bots do with messages.
import { z } from 'zod';
import { addReadyFile } from '../methods/files.ts';
import { makeId } from '../records/ids.ts';
import type { Bot, Channel, Dict, FileRecord, Message, User } from '../records/records.ts';
import { changeMessage, deleteMessage, postAsPerson, postMessage, react } from '../workspace/messages.ts';
import { richTextOf } from '../workspace/rich-text.ts';
import { textOfTyped } from '../workspace/typed-text.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { ControlRefusal, channelNamed, channelOf, messageSeenBy, personNamed, type Route } from './route.ts';

const dicts = z.array(z.record(z.string(), z.unknown()));
const file = z.object({
  name: z.string().min(1),
  mimetype: z.string().optional(),
  content_base64: z.base64(),
});
const bot = z.object({
  bot_id: z.string(),
  app_id: z.string(),
  username: z.string(),
  /** An incoming webhook of the old kind: subtype bot_message and no user. */
  classic: z.boolean().default(false),
});
const newMessage = z.object({
  user: z.string().optional(),
  bot: bot.optional(),
  channel: z.string(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  files: z.array(file).default([]),
  blocks: dicts.optional(),
  attachments: dicts.optional(),
});
const edit = z.object({ user: z.string(), channel: z.string(), ts: z.string(), text: z.string() });
const removal = z.object({ user: z.string(), channel: z.string(), ts: z.string() });
const reaction = z.object({
  user: z.string(),
  channel: z.string(),
  ts: z.string(),
  name: z.string().min(1),
  remove: z.boolean().default(false),
});

export const postingRoutes: Record<string, Route> = {
  'POST /messages': post,
  'POST /messages/edit': editMessage,
  'POST /messages/delete': removeMessage,
  'POST /reactions': addReaction,
};

async function post(ws: Workspace, input: Dict): Promise<Dict> {
  const order = newMessage.parse(input);
  if ((order.user === undefined) === (order.bot === undefined))
    throw new ControlRefusal('give either user or bot');
  const person = order.user === undefined ? undefined : personNamed(ws, order.user);
  const channel =
    person === undefined ? channelNamed(ws, order.channel) : channelOf(ws, person, order.channel);
  if (channel.is_archived === true) throw new ControlRefusal('is_archived');
  checkThread(ws, channel, order.thread_ts);
  const hasContent =
    order.text !== '' ||
    order.files.length > 0 ||
    order.blocks !== undefined ||
    order.attachments !== undefined;
  if (!hasContent) throw new ControlRefusal('no_text');
  const author = person?.id ?? order.bot?.bot_id ?? '';
  const files: FileRecord[] = [];
  for (const { name, mimetype, content_base64 } of order.files) {
    files.push(await addReadyFile(ws, name, Buffer.from(content_base64, 'base64'), author, mimetype));
  }
  const more: Partial<Message> = {
    thread_ts: order.thread_ts,
    attachments: order.attachments,
    ...(order.blocks === undefined ? {} : { blocks: order.blocks }),
    ...(files.length === 0 ? {} : { file_ids: files.map(({ id }) => id), upload: true }),
  };
  const { message, eventIds } =
    person === undefined
      ? postMessage(ws, channel, { text: order.text, ...botAuthor(ws, order.bot), ...more })
      : postAsPerson(ws, channel, person.id, order.text, more);
  for (const { id } of files) {
    ws.state.files[id]?.shares.push({ channel: channel.id, ts: message.ts, thread_ts: message.thread_ts });
  }
  return { ok: true, ts: message.ts, event_ids: eventIds };
}

/** A reply's thread must be there; replying to a reply goes to its root, as in Slack's client. */
function checkThread(ws: Workspace, channel: Channel, threadTs: string | undefined): void {
  if (threadTs === undefined) return;
  const root = ws.message(channel.id, threadTs);
  if (root === undefined || (root.thread_ts !== undefined && root.thread_ts !== root.ts)) {
    throw new ControlRefusal('thread_not_found');
  }
}

function botAuthor(ws: Workspace, order: z.infer<typeof bot> | undefined): Partial<Message> {
  if (order === undefined) return {};
  const { bot_id, app_id, username } = order;
  if (order.classic) return { subtype: 'bot_message', bot_id, app_id, username };
  return { bot_id, app_id, user: botUser(ws, { id: bot_id, app_id, name: username }).id };
}

/** The bot and its bot user, made up the first time it posts. */
function botUser(ws: Workspace, bot: Bot): User {
  if (!ws.state.bots.some((known) => known.id === bot.id)) ws.state.bots.push(bot);
  const existing = ws.state.users.find((user) => user.bot_id === bot.id);
  if (existing !== undefined) return existing;
  const user: User = {
    id: makeId('U', 9),
    team_id: ws.state.team.id,
    name: bot.name.toLowerCase().replace(/[^a-z0-9_-]+/g, '-'),
    real_name: bot.name,
    avatar_color: '#5b6472',
    is_bot: true,
    bot_id: bot.id,
  };
  ws.state.users.push(user);
  bot.user_id = user.id;
  ws.changed();
  return user;
}

function editMessage(ws: Workspace, input: Dict): Dict {
  const { user, channel: wanted, ts, text } = edit.parse(input);
  const { person, channel, message } = ownMessage(ws, user, wanted, ts);
  changeMessage(ws, channel, message, (stored) => {
    stored.text = textOfTyped(ws, text);
    stored.blocks = [richTextOf(stored.text)];
    stored.edited = { user: person.id, ts: ws.services.timestamps.next() };
  });
  return { ok: true };
}

function removeMessage(ws: Workspace, input: Dict): Dict {
  const { user, channel: wanted, ts } = removal.parse(input);
  const { channel, message } = ownMessage(ws, user, wanted, ts);
  deleteMessage(ws, channel, message);
  return { ok: true };
}

function ownMessage(
  ws: Workspace,
  user: string,
  wanted: string,
  ts: string,
): { person: User; channel: Channel; message: Message } {
  const person = personNamed(ws, user);
  const channel = channelOf(ws, person, wanted);
  const message = messageSeenBy(ws, person, channel, ts);
  if (message.user !== person.id) throw new ControlRefusal('not_your_message');
  return { person, channel, message };
}

function addReaction(ws: Workspace, input: Dict): Dict {
  const { user, channel: wanted, ts, name, remove } = reaction.parse(input);
  const person = personNamed(ws, user);
  const channel = channelOf(ws, person, wanted);
  const message = messageSeenBy(ws, person, channel, ts);
  if (!react(ws, channel, message, person.id, name, remove)) {
    throw new ControlRefusal(remove ? 'no_reaction' : 'already_reacted');
  }
  return { ok: true };
}

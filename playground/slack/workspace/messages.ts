// What happens when a message is posted, changed or deleted, whoever does it: it is stored, shown on the
// pages, and told to the app.
import { randomUUID } from 'node:crypto';
import type { Channel, Dict, Message } from '../records/records.ts';
import { channelType, renderMessage } from './rendering.ts';
import { richTextOf } from './rich-text.ts';
import { textOfTyped } from './typed-text.ts';
import type { Workspace } from './workspace.ts';

export type NewMessage = Omit<Message, 'type' | 'ts'>;

/** Stores a message and tells everybody; answers it with the ids of the events the app gets. */
export function postMessage(
  ws: Workspace,
  channel: Channel,
  draft: NewMessage,
): { message: Message; eventIds: string[] } {
  const message: Message = { type: 'message', ts: ws.services.timestamps.next(), ...draft };
  ws.messagesOf(channel.id).push(message);
  ws.changed();
  publish(ws, channel, message, message.ephemeral_to === undefined ? 'message' : 'ephemeral');
  if (message.ephemeral_to !== undefined) return { message, eventIds: [] };
  if (message.bot_id === ws.state.app.bot_id) clearStatus(ws, channel.id, message.thread_ts);
  return { message, eventIds: tellApp(ws, channel, message) };
}

/** Posts as a person typing: mentions by name become mentions by id. */
export function postAsPerson(
  ws: Workspace,
  channel: Channel,
  userId: string,
  typed: string,
  more: Partial<NewMessage> = {},
): { message: Message; eventIds: string[] } {
  const text = textOfTyped(ws, typed);
  return postMessage(ws, channel, {
    client_msg_id: randomUUID(),
    user: userId,
    text,
    blocks: text === '' ? undefined : [richTextOf(text)],
    ...more,
  });
}

/** Changes a message in place; `mutate` gets the stored record. */
export function changeMessage(
  ws: Workspace,
  channel: Channel,
  message: Message,
  mutate: (message: Message) => void,
  options: { silent?: boolean } = {},
): void {
  const previous = renderMessage(ws, channel.id, message);
  mutate(message);
  ws.changed();
  publish(ws, channel, message, 'message_changed');
  if (options.silent === true || message.ephemeral_to !== undefined || !ws.appIsIn(channel)) return;
  const ts = ws.services.timestamps.next();
  ws.services.outbound.sendEvent({
    type: 'message',
    subtype: 'message_changed',
    message: renderMessage(ws, channel.id, message),
    previous_message: previous,
    channel: channel.id,
    hidden: true,
    ts,
    event_ts: ts,
    channel_type: channelType(channel),
  });
}

/** Deletes a message; a root with replies becomes a tombstone and the app is told of a change, as in Slack. */
export function deleteMessage(ws: Workspace, channel: Channel, message: Message): void {
  const previous = renderMessage(ws, channel.id, message);
  const messages = ws.messagesOf(channel.id);
  const tombstone: Message | undefined =
    ws.repliesOf(channel.id, message.ts).length === 0
      ? undefined
      : {
          type: 'message',
          ts: message.ts,
          subtype: 'tombstone',
          text: 'This message was deleted.',
          user: 'USLACKBOT',
          thread_ts: message.ts,
        };
  messages.splice(messages.indexOf(message), 1, ...(tombstone === undefined ? [] : [tombstone]));
  ws.changed();
  const thread_ts = message.thread_ts;
  ws.services.hub.publish({ type: 'message_deleted', channel: channel.id, ts: message.ts, thread_ts });
  if (message.ephemeral_to !== undefined || !ws.appIsIn(channel)) return;
  const ts = ws.services.timestamps.next();
  ws.services.outbound.sendEvent({
    type: 'message',
    ...(tombstone === undefined
      ? { subtype: 'message_deleted', deleted_ts: message.ts }
      : { subtype: 'message_changed', message: renderMessage(ws, channel.id, tombstone) }),
    previous_message: previous,
    channel: channel.id,
    hidden: true,
    ts,
    event_ts: ts,
    channel_type: channelType(channel),
  });
}

/** Adds or takes away a reaction; false when there is nothing to change. */
export function react(
  ws: Workspace,
  channel: Channel,
  message: Message,
  userId: string,
  name: string,
  remove: boolean,
): boolean {
  const reactions = message.reactions ?? [];
  const existing = reactions.find((reaction) => reaction.name === name);
  if (remove !== (existing?.users.includes(userId) === true)) return false;
  const users = remove
    ? (existing?.users.filter((id) => id !== userId) ?? [])
    : [...(existing?.users ?? []), userId];
  const others = reactions.filter((reaction) => reaction !== existing);
  const index = existing === undefined ? others.length : reactions.indexOf(existing);
  if (users.length > 0) others.splice(index, 0, { name, users, count: users.length });
  message.reactions = others.length === 0 ? undefined : others;
  ws.changed();
  ws.services.hub.publish({
    type: 'reaction',
    channel: channel.id,
    ts: message.ts,
    thread_ts: message.thread_ts,
    user: userId,
    reaction: name,
    removed: remove,
    message: renderMessage(ws, channel.id, message, { forPage: true }),
  });
  if (ws.appIsIn(channel)) {
    ws.services.outbound.sendEvent({
      type: remove ? 'reaction_removed' : 'reaction_added',
      user: userId,
      reaction: name,
      item: { type: 'message', channel: channel.id, ts: message.ts },
      ...(message.user === undefined ? {} : { item_user: message.user }),
      event_ts: ws.services.timestamps.next(),
    });
  }
  return true;
}

export function setStatus(
  ws: Workspace,
  channelId: string,
  threadTs: string,
  status: string,
  lifeMs: number,
  more: Dict = {},
): void {
  const key = `${channelId}/${threadTs}`;
  ws.statuses.get(key)?.cancel();
  ws.statuses.delete(key);
  if (status !== '') {
    const cancel = ws.services.timers.after(lifeMs, () => clearStatus(ws, channelId, threadTs));
    ws.statuses.set(key, { status, cancel });
  }
  ws.services.hub.publish({ type: 'status', channel: channelId, thread_ts: threadTs, status, ...more });
}

/** A post of the app takes its "is thinking…" line away. */
export function clearStatus(ws: Workspace, channelId: string, threadTs: string | undefined): void {
  if (threadTs === undefined || !ws.statuses.has(`${channelId}/${threadTs}`)) return;
  setStatus(ws, channelId, threadTs, '', 0);
}

function publish(
  ws: Workspace,
  channel: Channel,
  message: Message,
  type: 'message' | 'message_changed' | 'ephemeral',
): void {
  ws.services.hub.publish({
    type: message.ephemeral_to !== undefined && type === 'message_changed' ? 'ephemeral' : type,
    channel: channel.id,
    ts: message.ts,
    thread_ts: message.thread_ts,
    user: message.ephemeral_to,
    message: renderMessage(ws, channel.id, message, { forPage: true }),
  });
}

/** The `message` event, and `app_mention` with it when the app is named; in random order, as with Slack. */
function tellApp(ws: Workspace, channel: Channel, message: Message): string[] {
  if (!ws.appIsIn(channel)) return [];
  const { app } = ws.state;
  const rendered = renderMessage(ws, channel.id, message);
  const common = { ...rendered, channel: channel.id, event_ts: message.ts };
  const subtype = message.upload === true ? { subtype: 'file_share' } : {};
  const events: Dict[] = [{ ...common, ...subtype, type: 'message', channel_type: channelType(channel) }];
  const own = message.bot_id === app.bot_id;
  if (!own && channel.is_im !== true && message.text.includes(`<@${app.bot_user_id}>`)) {
    const mention: Dict = { ...common, type: 'app_mention' };
    if (Math.random() < 0.5) events.push(mention);
    else events.unshift(mention);
  }
  return events.map((event) => ws.services.outbound.sendEvent(event)).filter((id) => id !== undefined);
}

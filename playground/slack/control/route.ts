// What the control routes share: how they refuse, and how they find the people and places they are told of.
import type { Channel, Dict, Message, User } from '../records/records.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** Answers one request; throws ControlRefusal or a zod error to say no. */
export type Route = (ws: Workspace, input: Dict) => unknown;

export class ControlRefusal extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.name = 'ControlRefusal';
    this.status = status;
  }
}

/** A person by id or by name. */
export function personNamed(ws: Workspace, wanted: string): User {
  const user = ws.state.users.find((candidate) => candidate.id === wanted || candidate.name === wanted);
  if (user === undefined) throw new ControlRefusal('user_not_found');
  return user;
}

/** A channel by id or by name. */
export function channelNamed(ws: Workspace, wanted: string): Channel {
  const name = wanted.replace(/^#/, '');
  const channel = ws.state.channels.find(
    (candidate) => candidate.id === wanted || (candidate.name !== '' && candidate.name === name),
  );
  if (channel === undefined) throw new ControlRefusal('channel_not_found');
  return channel;
}

/** A channel the person is in. */
export function channelOf(ws: Workspace, user: User, wanted: string): Channel {
  const channel = channelNamed(ws, wanted);
  if (!channel.members.includes(user.id)) throw new ControlRefusal('user_not_in_channel');
  return channel;
}

/** A message the person can see. */
export function messageSeenBy(ws: Workspace, user: User, channel: Channel, ts: string): Message {
  const message = ws.message(channel.id, ts);
  const hidden = message?.ephemeral_to !== undefined && message.ephemeral_to !== user.id;
  if (message === undefined || hidden) throw new ControlRefusal('message_not_found');
  return message;
}

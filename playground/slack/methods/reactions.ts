// reactions.*: emoji on messages.

import type { Channel, Dict, Message } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { react } from '../workspace/messages.ts';
import { renderMessage } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { channelToPostIn, channelToRead, findMessage, type Method } from './method.ts';

const EMOJI_NAME = /^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/;
const MAX_DIFFERENT_REACTIONS = 50;

export const reactionMethods: Record<string, Method> = {
  'reactions.add': { tier: 'T3', scopes: ['reactions:write'], token: 'bot', run: add },
  'reactions.remove': { tier: 'T2', scopes: ['reactions:write'], token: 'bot', run: remove },
  'reactions.get': { tier: 'T3', scopes: ['reactions:read'], token: 'bot', run: get },
};

function add(ws: Workspace, args: Args): Dict {
  const { channel, message, name } = target(ws, args);
  if ((message.reactions?.length ?? 0) >= MAX_DIFFERENT_REACTIONS) throw new SlackRefusal('too_many_emoji');
  if (!react(ws, channel, message, ws.state.app.bot_user_id, name, false))
    throw new SlackRefusal('already_reacted');
  return {};
}

function remove(ws: Workspace, args: Args): Dict {
  const { channel, message, name } = target(ws, args);
  if (!react(ws, channel, message, ws.state.app.bot_user_id, name, true))
    throw new SlackRefusal('no_reaction');
  return {};
}

function get(ws: Workspace, args: Args): Dict {
  const channel = channelToRead(ws, args);
  const message = findMessage(ws, channel, args.required('timestamp', 'no_item_specified'));
  return { type: 'message', channel: channel.id, message: renderMessage(ws, channel.id, message) };
}

function target(ws: Workspace, args: Args): { channel: Channel; message: Message; name: string } {
  const name = args.required('name', 'invalid_name').replace(/^:|:$/g, '');
  if (!EMOJI_NAME.test(name)) throw new SlackRefusal('invalid_name');
  const channel = channelToPostIn(ws, args);
  const message = findMessage(ws, channel, args.required('timestamp', 'no_item_specified'));
  return { channel, message, name };
}

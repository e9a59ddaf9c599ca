// Control routes that look: the workspace, messages, open views, what was called and sent.
import { z } from 'zod';
import { modalsOf, renderView } from '../interactivity/views.ts';
import type { Channel, Dict, Message, User } from '../records/records.ts';
import { renderMessage } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { channelNamed, personNamed, type Route } from './route.ts';

const messagesQuery = z.object({
  channel: z.string(),
  thread_ts: z.string().optional(),
  as: z.string().optional(),
});
const userQuery = z.object({ user: z.string() });
const sinceQuery = z.object({ since: z.coerce.number().default(0) });

export const readingRoutes: Record<string, Route> = {
  'GET /state': (ws) => ({
    team: ws.state.team,
    app: publicApp(ws),
    users: ws.state.users.map(publicUser),
    channels: ws.state.channels.map(publicChannel),
    connected: isConnected(ws),
    sessions: ws.state.sessions,
    prompts: ws.state.prompts ?? {},
    samples: ws.gallery.length,
  }),
  'GET /messages': (ws, input) => {
    const { channel: wanted, thread_ts, as } = messagesQuery.parse(input);
    const channel = channelNamed(ws, wanted);
    const person = as === undefined ? undefined : personNamed(ws, as).id;
    const shown = ws.messagesOf(channel.id).filter((message) => isShown(message, thread_ts, person));
    return {
      messages: shown.map((message) =>
        renderMessage(ws, channel.id, message, { metadata: true, forPage: true }),
      ),
    };
  },
  'GET /views': (ws, input) => {
    const { user } = userQuery.parse(input);
    return { views: modalsOf(ws, personNamed(ws, user).id).map(renderView) };
  },
  'GET /home': (ws, input) => {
    const { user } = userQuery.parse(input);
    return { view: ws.state.home[personNamed(ws, user).id] ?? null };
  },
  'GET /calls': (ws, input) => ({ calls: ws.services.journal.callsSince(sinceQuery.parse(input).since) }),
  'GET /events': (ws, input) => ({
    events: ws.services.journal.eventsSince(sinceQuery.parse(input).since),
    waiting: ws.services.outbound.waiting,
    underway: ws.services.outbound.underway,
  }),
  'GET /sessions': (ws) => ({ sessions: ws.state.sessions }),
};

export function isConnected(ws: Workspace): boolean {
  const { delivery, request_url } = ws.state.app;
  return delivery === 'http' ? request_url !== null : ws.services.sockets.connections > 0;
}

function publicApp(ws: Workspace): Dict {
  const { name, icon, bot_user_id, commands, shortcuts } = ws.state.app;
  return { name, icon, bot_user_id, commands: commands ?? [], shortcuts: shortcuts ?? [] };
}

function publicUser(user: User): Dict {
  const { bot_id: _bot, deleted: _deleted, ...shown } = user;
  return shown;
}

function publicChannel(channel: Channel): Dict {
  const { created: _created, creator: _creator, ...shown } = channel;
  return shown;
}

function isShown(message: Message, threadTs: string | undefined, person: string | undefined): boolean {
  if (message.ephemeral_to !== undefined && message.ephemeral_to !== person) return false;
  if (threadTs !== undefined) return message.thread_ts === threadTs || message.ts === threadTs;
  const isRoot = message.thread_ts === undefined || message.thread_ts === message.ts;
  return isRoot || message.subtype === 'thread_broadcast';
}

// assistant.threads.* and agents.sessions.*: the line under a thread, its title, its state as an agent session.
import { z } from 'zod';
import type { AgentSession, Channel, Dict, Message, SuggestedPrompts } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { setStatus } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { channelToPostIn, type Method, threadRoot } from './method.ts';

/** Slack lets a status go when no message follows it. */
const STATUS_LIFE_MS = 120_000;
const MAX_LOADING_MESSAGES = 10;
const MAX_PROMPTS = 4;
const MAX_TITLE_CHARS = 200;
const SESSION_STATES = ['processing', 'active', 'suspended', 'closed'];
const promptsSchema = z
  .array(z.looseObject({ title: z.string(), message: z.string() }))
  .min(1)
  .max(MAX_PROMPTS);
const WRITE = ['assistant:write', 'chat:write'];

export const assistantMethods: Record<string, Method> = {
  'assistant.threads.setStatus': { tier: 'status', scopes: WRITE, token: 'bot', run: threadStatus },
  'assistant.threads.setSuggestedPrompts': {
    tier: 'T3',
    scopes: ['assistant:write'],
    token: 'bot',
    run: prompts,
  },
  'assistant.threads.setTitle': { tier: 'T3', scopes: ['assistant:write'], token: 'bot', run: threadTitle },
  'agents.sessions.setStatus': { tier: 'T3', scopes: WRITE, token: 'bot', run: sessionStatus },
  'agents.sessions.rename': { tier: 'T3', scopes: WRITE, token: 'bot', run: renameSession },
};

function threadStatus(ws: Workspace, args: Args): Dict {
  const { channel, root } = thread(ws, args);
  const loading = args.json('loading_messages');
  if (loading !== undefined && (!Array.isArray(loading) || loading.length > MAX_LOADING_MESSAGES)) {
    throw new SlackRefusal('invalid_arguments');
  }
  const status = args.text('status') ?? '';
  const lifeMs = ws.services.timers.scaled(STATUS_LIFE_MS);
  setStatus(
    ws,
    channel.id,
    root.ts,
    status,
    lifeMs,
    loading === undefined ? {} : { loading_messages: loading },
  );
  return {};
}

function prompts(ws: Workspace, args: Args): Dict {
  const channel = channelToPostIn(ws, args, 'channel_id');
  threadRoot(ws, channel, args.text('thread_ts'));
  const list = promptsSchema.safeParse(args.objects('prompts', 'invalid_arguments')).data;
  if (list === undefined) throw new SlackRefusal('invalid_arguments');
  const suggested: SuggestedPrompts = { title: args.text('title'), prompts: list };
  ws.state.prompts = { ...ws.state.prompts, [channel.id]: suggested };
  ws.changed();
  ws.services.hub.publish({
    type: 'status',
    channel: channel.id,
    thread_ts: args.text('thread_ts'),
    ...suggested,
  });
  return {};
}

function threadTitle(ws: Workspace, args: Args): Dict {
  const { channel, root } = thread(ws, args);
  rename(ws, channel, root, args.required('title'));
  return {};
}

function sessionStatus(ws: Workspace, args: Args): Dict {
  mustBeAgent(ws);
  const { channel, root } = thread(ws, args);
  const status = args.required('status');
  if (!SESSION_STATES.includes(status)) throw new SlackRefusal('invalid_status');
  const title = args.text('title');
  const session: AgentSession = {
    ...ws.state.sessions[sessionKey(channel, root)],
    status,
    initiator_user_id: args.text('initiator_user_id'),
  };
  ws.state.sessions[sessionKey(channel, root)] = session;
  ws.changed();
  if (title !== undefined) rename(ws, channel, root, title);
  ws.services.hub.publish({ type: 'status', channel: channel.id, thread_ts: root.ts, session });
  return { session: { channel_id: channel.id, thread_ts: root.ts, ...session } };
}

function renameSession(ws: Workspace, args: Args): Dict {
  mustBeAgent(ws);
  const { channel, root } = thread(ws, args);
  if (ws.state.sessions[sessionKey(channel, root)] === undefined) throw new SlackRefusal('session_not_found');
  rename(ws, channel, root, args.required('title'));
  return {};
}

function rename(ws: Workspace, channel: Channel, root: Message, title: string): void {
  if (title.length > MAX_TITLE_CHARS) throw new SlackRefusal('invalid_arguments');
  const key = sessionKey(channel, root);
  const session = { ...(ws.state.sessions[key] ?? { status: 'active' }), title };
  ws.state.sessions[key] = session;
  ws.changed();
  ws.services.hub.publish({ type: 'status', channel: channel.id, thread_ts: root.ts, session });
}

/** Only apps that their manifest declares agents have sessions. */
function mustBeAgent(ws: Workspace): void {
  if (ws.state.app.agent === false) throw new SlackRefusal('not_allowed');
}

function thread(ws: Workspace, args: Args): { channel: Channel; root: Message } {
  const channel = channelToPostIn(ws, args, 'channel_id');
  const root = threadRoot(ws, channel, args.required('thread_ts', 'invalid_thread_ts'));
  if (root === undefined) throw new SlackRefusal('thread_not_found');
  return { channel, root };
}

export function sessionKey(channel: Channel, root: Pick<Message, 'ts'>): string {
  return `${channel.id}/${root.ts}`;
}

// chat.*Stream: a message that grows while it is read. A stream ends by itself about five minutes after it
// began, as Slack's do, whatever is still being appended.

import { checkBlocks } from '../blocks/check.ts';
import type { Channel, Dict, Message } from '../records/records.ts';
import { type Args, isDict, textOf } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { changeMessage, postMessage } from '../workspace/messages.ts';
import { renderMessage } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { ownAuthor } from './chat.ts';
import { readMetadata } from './content.ts';
import { channelToPostIn, findMessage, type Method, threadRoot } from './method.ts';

const STREAM_LIFE_MS = 5 * 60_000;
const MAX_MARKDOWN_CHARS = 12_000;
const MAX_CHUNK_BLOCKS = 50;
const MAX_STREAM_CHARS = 40_000;
const TASK_STATES = ['pending', 'in_progress', 'complete', 'error'];
const CHAT_WRITE = ['chat:write'];

export const streamMethods: Record<string, Method> = {
  'chat.startStream': { tier: 'T2', scopes: CHAT_WRITE, token: 'bot', run: start },
  'chat.appendStream': { tier: 'T4', scopes: CHAT_WRITE, token: 'bot', run: append },
  'chat.stopStream': { tier: 'T2', scopes: CHAT_WRITE, token: 'bot', run: stop },
};

function start(ws: Workspace, args: Args): Dict {
  const channel = channelToPostIn(ws, args);
  const root = threadRoot(ws, channel, args.required('thread_ts', 'invalid_thread_ts'));
  if (channel.is_im !== true) {
    args.required('recipient_team_id', 'missing_recipient_team_id');
    args.required('recipient_user_id', 'missing_recipient_user_id');
  }
  const display = args.text('task_display_mode') ?? 'timeline';
  if (display !== 'timeline' && display !== 'plan') throw new SlackRefusal('invalid_arguments');
  const content = grow({ text: '', blocks: [] }, readChunks(ws, args), display);
  const { message } = postMessage(ws, channel, {
    ...ownAuthor(ws),
    ...content,
    thread_ts: root?.ts,
    streaming_state: 'in_progress',
  });
  const life = ws.services.timers.scaled(STREAM_LIFE_MS);
  const cancelDeadline = ws.services.timers.after(life, () => end(ws, channel, message, 'errored'));
  ws.streams.set(key(channel, message), { stoppedByUser: false, cancelDeadline, display });
  return { channel: channel.id, ts: message.ts };
}

function append(ws: Workspace, args: Args): Dict {
  const { channel, message, display } = runningStream(ws, args);
  const content = grow(currentContent(message), readChunks(ws, args), display);
  changeMessage(ws, channel, message, (stored) => Object.assign(stored, content), { silent: true });
  return { channel: channel.id, ts: message.ts };
}

function stop(ws: Workspace, args: Args): Dict {
  const { channel, message, display } = runningStream(ws, args);
  const grown = grow(currentContent(message), readChunks(ws, args), display);
  const extra = args.objects('blocks', 'invalid_blocks_format') ?? [];
  const blocks = [...grown.blocks, ...checkBlocks(ws, extra, 'message')];
  const metadata = readMetadata(args);
  end(ws, channel, message, 'completed', (stored) => {
    stored.text = grown.text;
    stored.blocks = blocks.length === 0 ? undefined : blocks;
    if (metadata !== undefined) stored.metadata = metadata;
  });
  return { channel: channel.id, ts: message.ts, message: renderMessage(ws, channel.id, message) };
}

/** Ends every stream in a thread because a person pressed Stop; answers their timestamps. */
export function stopStreamsByUser(ws: Workspace, channel: Channel, threadTs: string): string[] {
  const stopped: string[] = [];
  for (const message of ws.messagesOf(channel.id)) {
    const stream = ws.streams.get(key(channel, message));
    if (stream === undefined || message.thread_ts !== threadTs) continue;
    stream.stoppedByUser = true;
    stopped.push(message.ts);
  }
  return stopped;
}

function runningStream(ws: Workspace, args: Args): { channel: Channel; message: Message; display: string } {
  const channel = channelToPostIn(ws, args);
  const message = findMessage(ws, channel, args.required('ts', 'message_not_found'));
  if (message.bot_id !== ws.state.app.bot_id) throw new SlackRefusal('message_not_owned_by_app');
  const stream = ws.streams.get(key(channel, message));
  if (stream === undefined) throw new SlackRefusal('message_not_in_streaming_state');
  if (stream.stoppedByUser) {
    end(ws, channel, message, 'completed');
    throw new SlackRefusal('stopped_by_user');
  }
  return { channel, message, display: stream.display };
}

function end(
  ws: Workspace,
  channel: Channel,
  message: Message,
  state: 'completed' | 'errored',
  mutate: (stored: Message) => void = () => {},
): void {
  ws.streams.get(key(channel, message))?.cancelDeadline();
  ws.streams.delete(key(channel, message));
  changeMessage(ws, channel, message, (stored) => {
    mutate(stored);
    stored.streaming_state = state;
  });
}

function key(channel: Channel, message: Message): string {
  return `${channel.id}/${message.ts}`;
}

interface StreamContent {
  text: string;
  blocks: Dict[];
}

function currentContent(message: Message): StreamContent {
  return { text: message.text, blocks: message.blocks ?? [] };
}

function readChunks(ws: Workspace, args: Args): Dict[] {
  const chunks = args.objects('chunks', 'invalid_chunks') ?? [];
  const markdown = args.text('markdown_text');
  if (markdown !== undefined) chunks.push({ type: 'markdown_text', text: markdown });
  for (const chunk of chunks) checkChunk(ws, chunk);
  return chunks;
}

function checkChunk(ws: Workspace, chunk: Dict): void {
  switch (chunk['type']) {
    case 'markdown_text': {
      const text = textOf(chunk, 'text');
      if (text === undefined) throw new SlackRefusal('invalid_chunks');
      if (text.length > MAX_MARKDOWN_CHARS) throw new SlackRefusal('msg_too_long');
      return;
    }
    case 'task_update': {
      const complete = textOf(chunk, 'id') !== undefined && textOf(chunk, 'title') !== undefined;
      if (!complete || !TASK_STATES.includes(textOf(chunk, 'status') ?? ''))
        throw new SlackRefusal('invalid_chunks');
      return;
    }
    case 'plan_update':
      if (textOf(chunk, 'title') === undefined) throw new SlackRefusal('invalid_chunks');
      return;
    case 'blocks': {
      const blocks = chunk['blocks'];
      if (!Array.isArray(blocks) || blocks.length > MAX_CHUNK_BLOCKS)
        throw new SlackRefusal('invalid_chunks');
      chunk['blocks'] = checkBlocks(ws, blocks, 'message');
      return;
    }
    default:
      throw new SlackRefusal('invalid_chunks');
  }
}

/** The content with the chunks added: text grows the last markdown block, tasks replace theirs by id. */
function grow(content: StreamContent, chunks: Dict[], display: string): StreamContent {
  let { text } = content;
  const blocks = content.blocks.map((block) => ({ ...block }));
  for (const chunk of chunks) {
    switch (chunk['type']) {
      case 'markdown_text': {
        const added = textOf(chunk, 'text') ?? '';
        text += added;
        const last = blocks[blocks.length - 1];
        if (last?.['type'] === 'markdown') last['text'] = `${textOf(last, 'text') ?? ''}${added}`;
        else blocks.push({ type: 'markdown', text: added });
        break;
      }
      case 'task_update':
        putTask(blocks, taskCard(chunk), display);
        break;
      case 'plan_update':
        planOf(blocks)['title'] = chunk['title'];
        break;
      case 'blocks':
        blocks.push(...(Array.isArray(chunk['blocks']) ? chunk['blocks'].filter(isDict) : []));
        break;
    }
  }
  if (text.length > MAX_STREAM_CHARS) throw new SlackRefusal('msg_too_long');
  return { text, blocks };
}

function taskCard(chunk: Dict): Dict {
  const richText = (text: string | undefined): Dict | undefined =>
    text === undefined
      ? undefined
      : { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
  const details = richText(textOf(chunk, 'details'));
  const output = richText(textOf(chunk, 'output'));
  return {
    type: 'task_card',
    task_id: chunk['id'],
    title: chunk['title'],
    status: chunk['status'],
    ...(details === undefined ? {} : { details }),
    ...(output === undefined ? {} : { output }),
    ...(chunk['sources'] === undefined ? {} : { sources: chunk['sources'] }),
  };
}

function putTask(blocks: Dict[], card: Dict, display: string): void {
  const list = display === 'plan' ? tasksOf(planOf(blocks)) : blocks;
  const index = list.findIndex(
    (block) => block['type'] === 'task_card' && block['task_id'] === card['task_id'],
  );
  if (index === -1) list.push(card);
  else list[index] = { ...list[index], ...card };
}

function planOf(blocks: Dict[]): Dict {
  const existing = blocks.find((block) => block['type'] === 'plan');
  if (existing !== undefined) return existing;
  const plan: Dict = { type: 'plan', title: 'Plan', tasks: [] };
  blocks.push(plan);
  return plan;
}

function tasksOf(plan: Dict): Dict[] {
  const tasks: Dict[] = Array.isArray(plan['tasks']) ? plan['tasks'].filter(isDict) : [];
  plan['tasks'] = tasks;
  return tasks;
}

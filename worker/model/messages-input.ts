// From journal entries to the messages of Anthropic's API.
import { createHash } from 'node:crypto';
import type {
  ContentBlockParam,
  ImageBlockParam,
  MessageParam,
  TextBlockParam,
  ToolResultBlockParam,
} from '@anthropic-ai/sdk/resources/messages';
import { z } from 'zod';
import type { ConversationEntry, ResponseEntry, ToolCall } from '../../core/journal.ts';
import { parseJson } from '../../core/parse.ts';
import { type KeptBlock, keptBlockSchema } from './messages-output.ts';
import type { ModelRequest } from './model.ts';
import { contentOf, type Images } from './pictures.ts';

/** The last messages of people, up to which the cache is asked to remember the conversation. */
const CACHED_MESSAGES = 2;

interface OpenMessage {
  readonly role: 'user' | 'assistant';
  readonly content: ContentBlockParam[];
}

/** The conversation as the API wants it: people and model by turns, results of tools first. */
export function toMessages(request: ModelRequest, model: string): MessageParam[] {
  const messages: OpenMessage[] = [];
  for (const entry of request.entries) {
    const role = entry.kind === 'response' ? 'assistant' : 'user';
    const blocks = blocksOf(entry, request.images, model);
    if (blocks.length === 0) continue;
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: [...blocks] });
  }
  const marked = messages.filter(({ role }) => role === 'user').slice(-CACHED_MESSAGES);
  return messages.map((message) => (marked.includes(message) ? withMark(message) : message));
}

function blocksOf(entry: ConversationEntry, images: Images, model: string): readonly ContentBlockParam[] {
  switch (entry.kind) {
    case 'message':
      return partsOf(entry.text, entry.imageArtifactIds, images);
    case 'response':
      return fromResponse(entry, model);
    case 'tool_result': {
      const result: ToolResultBlockParam = {
        type: 'tool_result',
        tool_use_id: idOf(entry.callId),
        content: partsOf(entry.output, entry.imageArtifactIds, images),
        ...(entry.ok ? {} : { is_error: true }),
      };
      return [result];
    }
  }
}

/** The API refuses a text without a visible character. */
function partsOf(
  text: string,
  ids: readonly string[] | undefined,
  images: Images,
): (TextBlockParam | ImageBlockParam)[] {
  const visible = text.trim() === '' ? '(no text)' : text;
  const parts = contentOf<TextBlockParam | ImageBlockParam>(visible, ids, images, {
    text: (words) => ({ type: 'text', text: words }),
    picture: (url) => imageBlock(url),
  });
  return typeof parts === 'string' ? [{ type: 'text', text: parts }] : parts;
}

const mediaType = z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

function imageBlock(url: string): ImageBlockParam | TextBlockParam {
  const [, type, data = ''] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? [];
  const known = mediaType.safeParse(type);
  if (!known.success) return { type: 'text', text: `[There is a picture of type ${type ?? '?'} here.]` };
  return { type: 'image', source: { type: 'base64', media_type: known.data, data } };
}

function fromResponse(entry: ResponseEntry, model: string): readonly ContentBlockParam[] {
  const isOwn = entry.opaque?.api === 'messages' && entry.model === model;
  const kept = z.array(keptBlockSchema).safeParse(isOwn ? entry.opaque?.items : []).data ?? [];
  const blocks = kept.length > 0 ? kept : plainBlocks(entry);
  const calls = new Map(entry.toolCalls.map((call) => [call.callId, call]));
  const sent = blocks.flatMap((block) => sendable(block, calls));
  // Thinking by itself is no message.
  return sent.some(({ type }) => type === 'text' || type === 'tool_use') ? sent : [];
}

function plainBlocks({ text, toolCalls }: ResponseEntry): readonly KeptBlock[] {
  const calls = toolCalls.map(({ callId }): KeptBlock => ({ type: 'tool_use', id: callId }));
  return [{ type: 'text', text }, ...calls];
}

function sendable(block: KeptBlock, calls: ReadonlyMap<string, ToolCall>): readonly ContentBlockParam[] {
  switch (block.type) {
    case 'text':
      return block.text.trim() === '' ? [] : [block];
    case 'tool_use': {
      const call = calls.get(block.id);
      if (call === undefined) return [];
      return [{ type: 'tool_use', id: idOf(block.id), name: call.name, input: inputOf(call) }];
    }
    case 'thinking':
    case 'redacted_thinking':
      return [block];
  }
}

/** Arguments that are no object go back wrapped: the API takes nothing else. */
function inputOf({ argumentsText }: ToolCall): unknown {
  if (argumentsText.trim() === '') return {};
  const input = parseJson(argumentsText);
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  return isObject ? input : { invalid_json: argumentsText };
}

/** Ids of other models may have characters that the API refuses; the same id gives the same one. */
function idOf(callId: string): string {
  if (/^[a-zA-Z0-9_-]+$/.test(callId)) return callId;
  return `toolu_${createHash('sha256').update(callId).digest('hex').slice(0, 24)}`;
}

/** The message with a mark for the cache on its last block. */
function withMark({ role, content }: OpenMessage): MessageParam {
  const last = content.at(-1);
  const isMarkable = last?.type === 'text' || last?.type === 'tool_result' || last?.type === 'image';
  if (last === undefined || !isMarkable) return { role, content };
  return { role, content: [...content.slice(0, -1), { ...last, cache_control: { type: 'ephemeral' } }] };
}

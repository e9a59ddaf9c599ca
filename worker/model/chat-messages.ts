// Turns journal entries into the messages of Chat Completions.
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { z } from 'zod';
import type { ConversationEntry, ResponseEntry } from '../../core/journal.ts';
import type { ModelRequest } from './model.ts';
import { contentOf, type Images, type PartFormat } from './pictures.ts';
import { sendableArguments } from './safe-text.ts';

const format: PartFormat<ChatCompletionContentPart> = {
  text: (text) => ({ type: 'text', text }),
  picture: (url) => ({ type: 'image_url', image_url: { url } }),
};

/** Thinking that some servers (DeepSeek, vLLM) send with the answer and want back with tool results. */
export const reasoningSchema = z.object({ reasoning_content: z.string() });

/** The conversation as the API wants it, the instructions first. */
export function toMessages(request: ModelRequest, model: string): readonly ChatCompletionMessageParam[] {
  const messages: ChatCompletionMessageParam[] = [{ role: 'system', content: request.instructions }];
  let pictures: readonly string[] = [];
  const flush = (): void => {
    // Tool messages hold text only: pictures follow the step's last result as a message of their own.
    if (pictures.length === 0) return;
    const text = 'The images of the tool results above:';
    messages.push({ role: 'user', content: contentOf(text, pictures, request.images, format) });
    pictures = [];
  };
  for (const entry of request.entries) {
    if (entry.kind !== 'tool_result') flush();
    messages.push(...fromEntry(entry, request.images, model));
    if (entry.kind === 'tool_result') pictures = [...pictures, ...(entry.imageArtifactIds ?? [])];
  }
  flush();
  return messages;
}

function fromEntry(
  entry: ConversationEntry,
  images: Images,
  model: string,
): readonly ChatCompletionMessageParam[] {
  switch (entry.kind) {
    case 'message':
      return [{ role: 'user', content: contentOf(entry.text, entry.imageArtifactIds, images, format) }];
    case 'response':
      return fromResponse(entry, model);
    case 'tool_result':
      return [{ role: 'tool', tool_call_id: entry.callId, content: entry.output }];
  }
}

function fromResponse(entry: ResponseEntry, model: string): readonly ChatCompletionAssistantMessageParam[] {
  // An assistant message with nothing in it is refused by most servers.
  if (entry.text === '' && entry.toolCalls.length === 0) return [];
  const thinking =
    entry.opaque?.api === 'chat' && entry.model === model
      ? reasoningSchema.safeParse(entry.opaque.items[0]).data
      : undefined;
  const toolCalls = entry.toolCalls.map((call) => ({
    id: call.callId,
    type: 'function' as const,
    function: { name: call.name, arguments: sendableArguments(call.argumentsText) },
  }));
  return [
    {
      role: 'assistant',
      content: entry.text === '' ? null : entry.text,
      ...thinking,
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    },
  ];
}

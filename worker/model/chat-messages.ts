// Turns journal entries into the messages of Chat Completions.
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ConversationEntry, ResponseEntry } from '../../core/journal.ts';
import { extraFieldsIn } from './extra-fields.ts';
import type { ModelRequest } from './model.ts';
import { contentOf, type Images, type PartFormat } from './pictures.ts';
import { type Quirks, quirksOf } from './quirks.ts';
import { sendableArguments } from './safe-text.ts';

const format: PartFormat<ChatCompletionContentPart> = {
  text: (text) => ({ type: 'text', text }),
  picture: (url) => ({ type: 'image_url', image_url: { url } }),
};

/** The conversation as the API wants it, the instructions first. */
export function toMessages(request: ModelRequest, model: string): readonly ChatCompletionMessageParam[] {
  const quirks = quirksOf(model);
  const { images } = request;
  const messages: ChatCompletionMessageParam[] = [{ role: 'system', content: request.instructions }];
  const add = (message: ChatCompletionMessageParam): void => {
    if (message.role === 'user' && messages.at(-1)?.role === 'tool' && quirks.afterResults !== undefined)
      messages.push({ role: 'assistant', content: quirks.afterResults });
    messages.push(message);
  };
  let pictures: readonly string[] = [];
  const flush = (): void => {
    // Tool messages hold text only: pictures follow the step's last result as a message of their own.
    if (pictures.length === 0) return;
    const text = 'The images of the tool results above:';
    add({ role: 'user', content: contentOf(text, pictures, images, format) });
    pictures = [];
  };
  for (const entry of request.entries) {
    if (entry.kind !== 'tool_result') flush();
    for (const message of fromEntry(entry, images, model, quirks)) add(message);
    if (entry.kind === 'tool_result') pictures = [...pictures, ...(entry.imageArtifactIds ?? [])];
  }
  flush();
  return messages;
}

function fromEntry(
  entry: ConversationEntry,
  images: Images,
  model: string,
  quirks: Quirks,
): readonly ChatCompletionMessageParam[] {
  switch (entry.kind) {
    case 'message':
      return [{ role: 'user', content: contentOf(entry.text, entry.imageArtifactIds, images, format) }];
    case 'response':
      return fromResponse(entry, model, quirks);
    case 'tool_result':
      return [{ role: 'tool', tool_call_id: callIdOf(entry.callId, quirks), content: entry.output }];
  }
}

function fromResponse(
  entry: ResponseEntry,
  model: string,
  quirks: Quirks,
): readonly ChatCompletionAssistantMessageParam[] {
  // An assistant message with nothing in it is refused by most servers.
  if (entry.text === '' && entry.toolCalls.length === 0) return [];
  const isOwn = entry.opaque?.api === 'chat' && entry.model === model;
  const extra = isOwn ? extraFieldsIn(entry.opaque?.items ?? []) : null;
  const toolCalls = entry.toolCalls.map((call, index) => ({
    id: callIdOf(call.callId, quirks),
    type: 'function' as const,
    function: { name: call.name, arguments: sendableArguments(call.argumentsText) },
    ...(index === 0 ? quirks.firstCallFields : {}),
    ...extra?.calls[index],
  }));
  return [
    {
      role: 'assistant',
      content: entry.text === '' ? null : entry.text,
      ...quirks.messageFields,
      ...extra?.message,
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    },
  ];
}

function callIdOf(id: string, { callIds }: Quirks): string {
  return callIds === undefined || callIds.form.test(id) ? id : callIds.make(id);
}

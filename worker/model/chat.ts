// Chat Completions, as spoken by OpenAI, vLLM, Ollama, OpenRouter, LiteLLM and others, streaming.
import type OpenAI from 'openai';
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
} from 'openai/resources/chat/completions';
import type { Api } from './api.ts';
import { toMessages } from './chat-messages.ts';
import { ChatAnswer } from './chat-stream.ts';
import type { ModelRequest, ToolSpec } from './model.ts';

/** The API for a model of this name. */
export function chatApi(client: OpenAI, model: string): Api {
  return {
    send: (request, signal) =>
      client.chat.completions.create(bodyOf(request, model), { signal }).asResponse(),
    isLast: () => false,
    begin: () => new ChatAnswer(),
  };
}

/** `messages` comes last, so that the body of the next request begins with all of this one. */
function bodyOf(request: ModelRequest, model: string): ChatCompletionCreateParamsStreaming {
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    // An empty list is refused by several servers.
    ...(request.tools.length > 0 ? { tools: request.tools.map(toTool) } : {}),
    messages: [...toMessages(request, model)],
  };
}

function toTool({ name, description, parameters }: ToolSpec): ChatCompletionFunctionTool {
  return { type: 'function', function: { name, description, parameters: { ...parameters } } };
}

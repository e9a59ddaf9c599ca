// Chat Completions, as spoken by OpenAI, vLLM, Ollama, OpenRouter, LiteLLM and others, streaming.
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
} from 'openai/resources/chat/completions';
import { CHAT_API, toMessages } from './chat-messages.ts';
import { ChatAnswer } from './chat-stream.ts';
import { connect, type ModelSettings } from './client.ts';
import { eventsOf } from './events.ts';
import { BrokenStream, faultOf } from './faults.ts';
import type { Model, ModelAnswer, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { withRetries } from './retry.ts';

/** A model behind Chat Completions. */
export function chatModel(settings: ModelSettings): Model {
  const { client, server } = connect(settings);

  async function attempt(request: ModelRequest, options: RespondOptions): Promise<ModelAnswer> {
    const body = bodyOf(request, settings.name);
    const chunks = eventsOf((signal) => client.chat.completions.create(body, { signal }).asResponse(), {
      signal: options.signal,
      idleTimeoutMs: settings.idleTimeoutMs,
    });
    const answer = new ChatAnswer();
    for await (const chunk of chunks) {
      const added = answer.take(chunk);
      if (added === null) throw new BrokenStream('The stream holds a chunk that cannot be understood.');
      if (added !== '') options.onDelta?.(added);
    }
    if (answer.finishReason === null) {
      throw new BrokenStream('The stream ended before the answer was complete.');
    }
    return answerOf(answer, answer.finishReason, settings.name);
  }

  return {
    name: settings.name,
    api: CHAT_API,
    respond: (request, options) =>
      withRetries(
        () => attempt(request, options),
        (thrown) => faultOf(thrown, server),
        { policy: settings.retry, signal: options.signal, onWait: options.onWait },
      ),
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

function toTool(tool: ToolSpec): ChatCompletionFunctionTool {
  return {
    type: 'function',
    function: { name: tool.name, description: tool.description, parameters: { ...tool.parameters } },
  };
}

function answerOf(answer: ChatAnswer, finishReason: string, model: string): ModelAnswer {
  const filtered = finishReason === 'content_filter';
  const cut = finishReason === 'length';
  return {
    ending: filtered ? 'filtered' : cut ? 'length' : 'complete',
    response: {
      kind: 'response',
      model,
      text: answer.text,
      toolCalls: filtered ? [] : answer.toolCalls(cut),
      usage: {
        inputTokens: answer.usage?.prompt_tokens ?? 0,
        cachedTokens: answer.usage?.prompt_tokens_details?.cached_tokens ?? 0,
        outputTokens: answer.usage?.completion_tokens ?? 0,
      },
      ...(answer.thinking === ''
        ? {}
        : { opaque: { api: CHAT_API, items: [{ reasoning_content: answer.thinking }] } }),
    },
  };
}

// The Messages API of Anthropic, streaming.
import type Anthropic from '@anthropic-ai/sdk';
import { APIError } from '@anthropic-ai/sdk';
import type { MessageCreateParamsStreaming, Tool } from '@anthropic-ai/sdk/resources/messages';
import type { Api } from './api.ts';
import { toMessages } from './messages-input.ts';
import { isStop, MessagesAnswer } from './messages-output.ts';
import type { ModelRequest, ToolSpec } from './model.ts';

/** The API wants a bound on each answer. Where a model allows less, it says how much. */
const MAX_TOKENS = 32_000;
const TOO_MANY_TOKENS = /max_tokens: \d+ > (\d+)/;
/** What was read before is read from the cache up to each of these marks; the API takes four. */
const CACHED = { type: 'ephemeral' } as const;

/** The API for a model of this name. */
export function messagesApi(client: Anthropic, model: string): Api {
  // Learnt once per process.
  let maxTokens = MAX_TOKENS;
  const send: Api['send'] = async (request, signal) => {
    try {
      return await client.messages.create(bodyOf(request, model, maxTokens), { signal }).asResponse();
    } catch (thrown) {
      const allowed = thrown instanceof APIError ? Number(TOO_MANY_TOKENS.exec(thrown.message)?.[1]) : NaN;
      if (!(allowed > 0 && allowed < maxTokens)) throw thrown;
      maxTokens = allowed;
      return send(request, signal);
    }
  };
  return { send, isLast: isStop, begin: () => new MessagesAnswer() };
}

/** `messages` comes last, so that the body of the next request begins with all of this one but the cache marks. */
function bodyOf(request: ModelRequest, model: string, maxTokens: number): MessageCreateParamsStreaming {
  const tools = request.tools.map(toTool);
  const last = tools.at(-1);
  if (last !== undefined) last.cache_control = CACHED;
  return {
    model,
    max_tokens: maxTokens,
    stream: true,
    system: [{ type: 'text', text: request.instructions, cache_control: CACHED }],
    ...(tools.length > 0 ? { tools } : {}),
    messages: toMessages(request, model),
  };
}

function toTool({ name, description, parameters }: ToolSpec): Tool {
  return { name, description, input_schema: { ...parameters, type: 'object' } };
}

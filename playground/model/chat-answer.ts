// An answer in the form of the Chat Completions API: one JSON body, or the chunks of its stream.

import type { Answer, PricedAnswer } from './answer.ts';
import { pieces } from './answer.ts';
import type { ChatBody } from './chat-request.ts';
import type { Json } from './responses-answer.ts';

/** The whole answer as the body of a request without `stream`. */
export function chatBody(answer: PricedAnswer, nowMs: number): Json {
  const toolCalls = answer.calls.map((call, index) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
    ...answer.extra.calls[index],
  }));
  const content = answer.text === '' && toolCalls.length > 0 ? null : answer.text;
  const message = {
    role: 'assistant',
    content,
    refusal: null,
    annotations: [],
    ...answer.extra.message,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
  return {
    ...envelope(answer, 'chat.completion', nowMs),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finish }],
    usage: usageOf(answer),
  };
}

/** The same answer as stream chunks; the last one carries the usage if the request asked for it. */
export function chatChunks(answer: PricedAnswer, request: ChatBody, nowMs: number): Json[] {
  const withUsage = request.stream_options?.include_usage ?? false;
  const chunk = (delta: Json, finish: string | null = null): Json => ({
    ...envelope(answer, 'chat.completion.chunk', nowMs),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(withUsage ? { usage: null } : {}),
  });
  const toolCall = (index: number, rest: Json): Json => chunk({ tool_calls: [{ index, ...rest }] });
  return [
    chunk({ role: 'assistant', content: answer.calls.length > 0 ? null : '', refusal: null }),
    ...piecesOf(answer.extra.message).map((fields) => chunk(fields)),
    ...pieces(answer.text).map((content) => chunk({ content })),
    ...answer.calls.flatMap((call, index) => [
      toolCall(index, {
        id: call.id,
        type: 'function',
        function: { name: call.name, arguments: '' },
        ...answer.extra.calls[index],
      }),
      ...pieces(call.arguments).map((part) => toolCall(index, { function: { arguments: part } })),
    ]),
    chunk({}, answer.finish),
    ...(withUsage
      ? [{ ...envelope(answer, 'chat.completion.chunk', nowMs), choices: [], usage: usageOf(answer) }]
      : []),
  ];
}

/** Fields added to the answer as they are streamed: texts in pieces, lists one item after the other. */
function piecesOf(fields: Readonly<Record<string, unknown>>): readonly Json[] {
  return Object.entries(fields).flatMap(([key, value]): readonly Json[] => {
    if (typeof value === 'string')
      return value === '' ? [{ [key]: '' }] : pieces(value).map((part) => ({ [key]: part }));
    return Array.isArray(value) ? value.map((item) => ({ [key]: [item] })) : [{ [key]: value }];
  });
}

function envelope(answer: Answer, object: string, nowMs: number): Json {
  return {
    id: `chatcmpl-${answer.id}`,
    object,
    created: Math.floor(nowMs / 1000),
    model: answer.model,
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
  };
}

function usageOf({ usage }: PricedAnswer): Json {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

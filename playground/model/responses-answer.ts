// An answer in the form of the Responses API: one JSON body, or the events of its stream.

import type { Answer, AnswerCall, PricedAnswer } from './answer.ts';
import { pieces } from './answer.ts';
import type { ResponsesBody } from './responses-request.ts';

export type Json = Record<string, unknown>;

/** The whole answer as the body of a request without `stream`. */
export function responsesBody(answer: PricedAnswer, request: ResponsesBody, nowMs: number): Json {
  const filtered = answer.finish === 'content_filter';
  return {
    ...envelope(answer, request, nowMs),
    status: filtered ? 'incomplete' : 'completed',
    completed_at: filtered ? null : seconds(nowMs),
    incomplete_details: filtered ? { reason: 'content_filter' } : null,
    output: itemsOf(answer).map((item) => item.done),
    usage: {
      input_tokens: answer.usage.inputTokens,
      input_tokens_details: { cached_tokens: answer.usage.cachedTokens },
      output_tokens: answer.usage.outputTokens,
      output_tokens_details: { reasoning_tokens: answer.usage.reasoningTokens },
      total_tokens: answer.usage.inputTokens + answer.usage.outputTokens,
    },
  };
}

/** The same answer as stream events, numbered as the real API numbers them. */
export function responsesEvents(answer: PricedAnswer, request: ResponsesBody, nowMs: number): Json[] {
  const last = responsesBody(answer, request, nowMs);
  const events = [
    ...responsesOpening(answer, request, nowMs),
    ...itemsOf(answer).flatMap((item, index) =>
      item.events.map((event) => ({ ...event, output_index: index })),
    ),
    { type: last.status === 'completed' ? 'response.completed' : 'response.incomplete', response: last },
  ];
  return events.map((event, index) => ({ ...event, sequence_number: index }));
}

/** What a stream begins with, before the model has said anything. */
export function responsesOpening(answer: Answer, request: ResponsesBody, nowMs: number): Json[] {
  const response = { ...envelope(answer, request, nowMs), status: 'in_progress', output: [], usage: null };
  return [
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
  ];
}

/** How a stream ends when the provider fails in the middle of it. */
export function responsesFailure(answer: Answer, request: ResponsesBody, nowMs: number): Json {
  const error = {
    code: 'server_error',
    message: 'The model failed in the middle of its answer (recorded fault).',
  };
  const response = { ...envelope(answer, request, nowMs), status: 'failed', error, output: [], usage: null };
  return { type: 'response.failed', response };
}

function envelope(answer: Answer, request: ResponsesBody, nowMs: number): Json {
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: seconds(nowMs),
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    metadata: {},
    model: answer.model,
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    store: false,
    temperature: 1,
    tool_choice: 'auto',
    tools: request.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
  };
}

interface Item {
  readonly done: Json;
  readonly events: readonly Json[];
}

function itemsOf(answer: Answer): Item[] {
  return [
    ...(answer.thinking === '' ? [] : [reasoningItem(answer)]),
    ...(answer.text === '' ? [] : [messageItem(answer)]),
    ...answer.calls.map((call, position) => callItem(call, `fc_${answer.id}${position}`)),
  ];
}

function reasoningItem(answer: Answer): Item {
  const id = `rs_${answer.id}`;
  const part = { type: 'summary_text', text: answer.thinking };
  const done = { id, type: 'reasoning', summary: [part], encrypted_content: btoa(answer.id) };
  const at = { item_id: id, summary_index: 0 };
  return {
    done,
    events: [
      { type: 'response.output_item.added', item: { ...done, summary: [] } },
      { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } },
      ...pieces(answer.thinking).map((delta) => ({
        type: 'response.reasoning_summary_text.delta',
        ...at,
        delta,
      })),
      { type: 'response.reasoning_summary_text.done', ...at, text: answer.thinking },
      { type: 'response.reasoning_summary_part.done', ...at, part },
      { type: 'response.output_item.done', item: done },
    ],
  };
}

function messageItem(answer: Answer): Item {
  const id = `msg_${answer.id}`;
  const part = { type: 'output_text', text: answer.text, annotations: [], logprobs: [] };
  const done = { id, type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const at = { item_id: id, content_index: 0 };
  return {
    done,
    events: [
      { type: 'response.output_item.added', item: { ...done, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
      ...pieces(answer.text).map((delta) => ({
        type: 'response.output_text.delta',
        ...at,
        delta,
        logprobs: [],
      })),
      { type: 'response.output_text.done', ...at, text: answer.text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part },
      { type: 'response.output_item.done', item: done },
    ],
  };
}

function callItem(call: AnswerCall, id: string): Item {
  const done = {
    id,
    type: 'function_call',
    status: 'completed',
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
  };
  return {
    done,
    events: [
      { type: 'response.output_item.added', item: { ...done, status: 'in_progress', arguments: '' } },
      ...pieces(call.arguments).map((delta) => ({
        type: 'response.function_call_arguments.delta',
        item_id: id,
        delta,
      })),
      {
        type: 'response.function_call_arguments.done',
        item_id: id,
        name: call.name,
        arguments: call.arguments,
      },
      { type: 'response.output_item.done', item: done },
    ],
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

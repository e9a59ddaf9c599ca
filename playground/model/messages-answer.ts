// An answer in the form of Anthropic's Messages API: one JSON body, or the events of its stream.
import type { PricedAnswer } from './answer.ts';
import { pieces } from './answer.ts';
import { signatureOf } from './messages-request.ts';
import type { Json } from './responses-answer.ts';

/** The whole answer as the body of a request without `stream`. */
export function messagesBody(answer: PricedAnswer): Json {
  return {
    ...envelope(answer),
    content: blocksOf(answer).map(({ whole }) => whole),
    stop_reason: stopOf(answer),
    stop_sequence: null,
    usage: { ...inputOf(answer), output_tokens: answer.usage.outputTokens },
  };
}

/** The same answer as stream events. */
export function messagesEvents(answer: PricedAnswer): Json[] {
  const empty = { ...envelope(answer), content: [], stop_reason: null, stop_sequence: null };
  return [
    { type: 'message_start', message: { ...empty, usage: { ...inputOf(answer), output_tokens: 1 } } },
    { type: 'ping' },
    ...blocksOf(answer).flatMap(({ begun, deltas }, index): readonly Json[] => [
      { type: 'content_block_start', index, content_block: begun },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: stopOf(answer), stop_sequence: null },
      usage: { output_tokens: answer.usage.outputTokens },
    },
    { type: 'message_stop' },
  ];
}

interface Block {
  readonly whole: Json;
  readonly begun: Json;
  readonly deltas: readonly Json[];
}

function blocksOf({ thinking, text, calls }: PricedAnswer): readonly Block[] {
  const thought: Block[] =
    thinking === ''
      ? []
      : [
          {
            whole: { type: 'thinking', thinking, signature: signatureOf(thinking) },
            begun: { type: 'thinking', thinking: '', signature: '' },
            deltas: [
              ...pieces(thinking).map((part) => ({ type: 'thinking_delta', thinking: part })),
              { type: 'signature_delta', signature: signatureOf(thinking) },
            ],
          },
        ];
  const said: Block[] =
    text === ''
      ? []
      : [
          {
            whole: { type: 'text', text, citations: null },
            begun: { type: 'text', text: '', citations: null },
            deltas: pieces(text).map((part) => ({ type: 'text_delta', text: part })),
          },
        ];
  return [
    ...thought,
    ...said,
    ...calls.map(({ id, name, arguments: args }) => ({
      whole: { type: 'tool_use', id, name, input: inputIn(args) },
      begun: { type: 'tool_use', id, name, input: {} },
      deltas: ['', ...pieces(args)].map((part) => ({ type: 'input_json_delta', partial_json: part })),
    })),
  ];
}

/** A request without `stream` gets no call whose arguments are not JSON: the vendor's parser would have failed. */
function inputIn(args: string): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return {};
  }
}

function envelope(answer: PricedAnswer): Json {
  return { id: `msg_${answer.id}`, type: 'message', role: 'assistant', model: answer.model };
}

function stopOf({ finish }: PricedAnswer): string {
  switch (finish) {
    case 'stop':
      return 'end_turn';
    case 'tool_calls':
      return 'tool_use';
    case 'content_filter':
      return 'refusal';
  }
}

/** Anthropic counts what was read from the cache apart from the rest. */
function inputOf({ usage }: PricedAnswer): Json {
  return {
    input_tokens: usage.inputTokens - usage.cachedTokens,
    cache_read_input_tokens: usage.cachedTokens,
    cache_creation_input_tokens: 0,
  };
}

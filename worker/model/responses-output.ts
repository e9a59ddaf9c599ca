// Puts an answer of the Responses API together from its events and items, as far as we read them.
import { APIError } from 'openai';
import { z } from 'zod';
import type { ToolCall } from '../../core/journal.ts';
import { type AnswerBuilder, type FinishedAnswer, usageOf } from './api.ts';
import { keepable } from './safe-text.ts';

const messageSchema = z.looseObject({
  type: z.literal('message'),
  id: z.string().optional(),
  role: z.literal('assistant'),
  status: z.string().nullish(),
  phase: z.string().nullish(),
  content: z.array(
    z.union([
      z.looseObject({ type: z.literal('output_text'), text: z.string().transform(keepable) }),
      z.looseObject({ type: z.literal('refusal'), refusal: z.string().transform(keepable) }),
    ]),
  ),
});

const functionCallSchema = z.looseObject({
  type: z.literal('function_call'),
  id: z.string().optional(),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string().transform(keepable),
  status: z.string().nullish(),
});

const reasoningSchema = z.looseObject({
  type: z.literal('reasoning'),
  id: z.string().optional(),
  summary: z.array(z.looseObject({ type: z.string(), text: z.string() })).default([]),
  content: z.array(z.looseObject({ type: z.string(), text: z.string() })).nullish(),
  encrypted_content: z.string().nullish(),
});

/** Loose objects keep unknown keys, behind the known ones in the order given here. */
export const outputItemSchema = z.discriminatedUnion('type', [
  messageSchema,
  functionCallSchema,
  reasoningSchema,
]);
type OutputItem = z.infer<typeof outputItemSchema>;

const usageSchema = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  input_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
});

const FINAL = ['response.completed', 'response.incomplete', 'response.failed'] as const;
const finalTypes: ReadonlySet<string> = new Set(FINAL);

/** What is read of any event. */
const eventSchema = z.object({
  type: z.string().optional(),
  delta: z.unknown().optional(),
  item: z.unknown().optional(),
});

/** Whether a stream may end with this event. */
export function isFinal(event: unknown): boolean {
  return finalTypes.has(eventSchema.safeParse(event).data?.type ?? '');
}

/** The last event of a stream. */
const finalEventSchema = z.object({
  type: z.enum(FINAL),
  response: z.object({
    output: z.array(z.unknown()).nullish(),
    usage: usageSchema.nullish(),
    incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
    error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  }),
});
type FinalEvent = z.infer<typeof finalEventSchema>;

/** One answer, put together from the events of its stream. */
export class ResponsesAnswer implements AnswerBuilder {
  readonly #items: unknown[] = [];
  #finished: FinishedAnswer | null = null;

  take(raw: unknown): string {
    const { type, delta, item } = eventSchema.safeParse(raw).data ?? {};
    if (type === 'response.output_item.done') this.#items.push(item);
    // The type is looked at first: a schema that fails on every piece of text costs more than the piece.
    const last = isFinal(raw) ? finalEventSchema.safeParse(raw) : null;
    if (last?.success) this.#finished = answerOf(last.data, this.#items);
    return type === 'response.output_text.delta' && typeof delta === 'string' ? delta : '';
  }

  finish(): FinishedAnswer | null {
    return this.#finished;
  }
}

function answerOf({ type, response }: FinalEvent, streamed: readonly unknown[]): FinishedAnswer {
  const { usage, error, incomplete_details: incomplete } = response;
  if (type === 'response.failed') {
    const failure = { code: error?.code ?? null, message: error?.message ?? 'no reason given' };
    throw new APIError(undefined, failure, failure.message, new Headers());
  }
  const filtered = type === 'response.incomplete' && incomplete?.reason === 'content_filter';
  // Items as they were finished in the stream: some servers leave the final list empty.
  const all = knownItems(streamed.length > 0 ? streamed : (response.output ?? []));
  const items = usableItems(filtered ? all.filter((item) => item.type !== 'function_call') : all);
  return {
    ending: filtered ? 'filtered' : type === 'response.incomplete' ? 'length' : 'complete',
    text: textOf(items),
    toolCalls: callsOf(items),
    usage: usageOf(usage?.input_tokens, usage?.input_tokens_details?.cached_tokens, usage?.output_tokens),
    opaque: needsVerbatim(items) ? items : [],
  };
}

/** Items of kinds that we know; hosted tools and the like are none that we asked for. */
function knownItems(raw: readonly unknown[]): readonly OutputItem[] {
  return raw.flatMap((item) => {
    const parsed = outputItemSchema.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
}

/**
 * Without calls that were not finished, and without reasoning that would be refused when sent back: what
 * belonged to such a call, and what came neither encrypted nor in the clear.
 */
function usableItems(items: readonly OutputItem[]): readonly OutputItem[] {
  const kept = items.filter((item) => {
    switch (item.type) {
      case 'function_call':
        return item.status !== 'incomplete' && item.status !== 'in_progress';
      case 'reasoning':
        return typeof item.encrypted_content === 'string' || (item.content ?? []).length > 0;
      case 'message':
        return item.content.length > 0;
    }
  });
  const last = kept.findLastIndex((item) => item.type !== 'reasoning');
  return kept.slice(0, last + 1);
}

function textOf(items: readonly OutputItem[]): string {
  return items
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : part.refusal))
    .join('');
}

function callsOf(items: readonly OutputItem[]): readonly ToolCall[] {
  return items.flatMap((item) =>
    item.type === 'function_call'
      ? [{ callId: item.call_id, name: item.name, argumentsText: item.arguments }]
      : [],
  );
}

/** Whether text and calls alone would lose something that the provider wants back. */
function needsVerbatim(items: readonly OutputItem[]): boolean {
  return items.some(
    (item) => item.type === 'reasoning' || (item.type === 'message' && typeof item.phase === 'string'),
  );
}

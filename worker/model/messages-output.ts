// Puts an answer of Anthropic's Messages API together from the events of its stream.
import { z } from 'zod';
import type { ToolCall } from '../../core/journal.ts';
import { type AnswerBuilder, type FinishedAnswer, usageOf } from './api.ts';
import { BrokenStream } from './faults.ts';
import { keepable } from './safe-text.ts';

/** A block of an answer as it is kept; the arguments of a call are kept with the call. */
export const keptBlockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool_use'), id: z.string() }),
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('redacted_thinking'), data: z.string() }),
]);
export type KeptBlock = z.infer<typeof keptBlockSchema>;

const usageSchema = z.object({
  input_tokens: z.number().nullish(),
  cache_read_input_tokens: z.number().nullish(),
  cache_creation_input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
});
type Usage = z.infer<typeof usageSchema>;

const deltaSchema = z.object({
  type: z.string().optional(),
  text: z.string().optional(),
  partial_json: z.string().optional(),
  thinking: z.string().optional(),
  signature: z.string().optional(),
  stop_reason: z.string().nullish(),
});

const eventSchema = z.object({
  type: z.string(),
  index: z.number().optional(),
  message: z.object({ usage: usageSchema }).optional(),
  content_block: z
    .object({
      type: z.string(),
      id: z.string().optional(),
      name: z.string().optional(),
      text: z.string().optional(),
      thinking: z.string().optional(),
      signature: z.string().optional(),
      data: z.string().optional(),
      input: z.unknown().optional(),
    })
    .optional(),
  delta: deltaSchema.optional(),
  usage: usageSchema.optional(),
});

interface OpenBlock {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly data: string;
  text: string;
  thinking: string;
  signature: string;
  argumentsText: string;
  isWhole: boolean;
}

/** Whether a stream ends with this event. */
export function isStop(event: unknown): boolean {
  return eventSchema.safeParse(event).data?.type === 'message_stop';
}

/** One answer, put together from the events of its stream. */
export class MessagesAnswer implements AnswerBuilder {
  readonly #blocks = new Map<number, OpenBlock>();
  #usage: Usage = {};
  #stopReason: string | null = null;

  take(raw: unknown): string {
    const parsed = eventSchema.safeParse(raw);
    if (!parsed.success) throw new BrokenStream('The stream holds an event that cannot be understood.');
    const { type, index = 0, message, content_block: block, delta, usage } = parsed.data;
    this.#usage = { ...this.#usage, ...counts(message?.usage), ...counts(usage) };
    if (delta?.stop_reason) this.#stopReason = delta.stop_reason;
    if (type === 'content_block_start' && block !== undefined) {
      const { id = '', name = '', data = '', text = '', thinking = '', signature = '' } = block;
      const opened = { id, name, data, thinking, signature, text: keepable(text) };
      this.#blocks.set(index, { type: block.type, argumentsText: '', isWhole: false, ...opened });
      return block.type === 'text' ? keepable(text) : '';
    }
    const open = this.#blocks.get(index);
    if (type === 'content_block_stop' && open !== undefined) open.isWhole = true;
    if (type !== 'content_block_delta' || open === undefined) return '';
    const added = keepable(delta?.text ?? '');
    open.text += added;
    open.argumentsText += keepable(delta?.partial_json ?? '');
    open.thinking += delta?.thinking ?? '';
    open.signature += delta?.signature ?? '';
    return added;
  }

  finish(): FinishedAnswer | null {
    if (this.#stopReason === null) return null;
    const isFiltered = this.#stopReason === 'refusal';
    const isCut = this.#stopReason === 'max_tokens' || this.#stopReason === 'model_context_window_exceeded';
    const blocks = [...this.#blocks.values()].filter((block) => isUsable(block, isFiltered));
    const kept = blocks.flatMap(keptBlock);
    const {
      input_tokens: fresh,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: written,
    } = this.#usage;
    return {
      ending: isFiltered ? 'filtered' : isCut ? 'length' : 'complete',
      text: blocks.map(({ text }) => text).join(''),
      toolCalls: blocks.flatMap(callOf),
      usage: usageOf((fresh ?? 0) + (cached ?? 0) + (written ?? 0), cached, this.#usage.output_tokens ?? 0),
      opaque: kept.some(({ type }) => type === 'thinking' || type === 'redacted_thinking') ? kept : [],
    };
  }
}

/** Calls that were cut off, or that a refusal stands behind, are no calls; thinking without its end goes nowhere. */
function isUsable({ type, isWhole, signature }: OpenBlock, isFiltered: boolean): boolean {
  if (type === 'tool_use') return !isFiltered && isWhole;
  return type !== 'thinking' || (isWhole && signature !== '');
}

function keptBlock({ type, id, data, text, thinking, signature }: OpenBlock): readonly KeptBlock[] {
  switch (type) {
    case 'text':
      return [{ type, text }];
    case 'tool_use':
      return [{ type, id }];
    case 'thinking':
      return [{ type, thinking, signature }];
    case 'redacted_thinking':
      return [{ type, data }];
    default:
      return [];
  }
}

function callOf({ type, id, name, argumentsText }: OpenBlock): readonly ToolCall[] {
  return type === 'tool_use' ? [{ callId: id, name, argumentsText: argumentsText || '{}' }] : [];
}

/** Later events count on; what they leave out stays. */
function counts(usage: Usage | undefined): Usage {
  return Object.fromEntries(
    Object.entries(usage ?? {}).filter(([, count]) => count !== null && count !== undefined),
  );
}

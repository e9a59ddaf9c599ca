// Puts an answer of Chat Completions together from its chunks, which each server writes in its own way.
import { z } from 'zod';
import type { ToolCall } from '../../core/journal.ts';
import { type AnswerBuilder, type FinishedAnswer, usageOf } from './api.ts';
import { GatheredFields, keptFields } from './extra-fields.ts';
import { BrokenStream } from './faults.ts';
import { isJson, keepable } from './safe-text.ts';

const toolCallDelta = z.looseObject({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .looseObject({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z.array(toolCallDelta).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
});
type ChatUsage = NonNullable<z.infer<typeof chunkSchema>['usage']>;

interface OpenCall {
  id: string | null;
  name: string;
  argumentsText: string;
  readonly extra: GatheredFields;
}

/** One answer, put together from the chunks of its stream. */
export class ChatAnswer implements AnswerBuilder {
  #text = '';
  readonly #extra = new GatheredFields('message');
  #finishReason: string | null = null;
  #usage: ChatUsage | null = null;
  readonly #calls: OpenCall[] = [];
  readonly #places = new Map<number, OpenCall>();

  take(raw: unknown): string {
    const parsed = chunkSchema.safeParse(raw);
    if (!parsed.success) throw new BrokenStream('The stream holds a chunk that cannot be understood.');
    const { choices, usage } = parsed.data;
    if (usage) this.#usage = usage;
    const choice = choices?.[0];
    if (choice?.finish_reason) this.#finishReason = choice.finish_reason;
    const delta = choice?.delta;
    for (const call of delta?.tool_calls ?? []) this.#takeCall(call);
    this.#extra.take(delta ?? {});
    const added = keepable((delta?.content ?? '') + (delta?.refusal ?? ''));
    this.#text += added;
    return added;
  }

  finish(): FinishedAnswer | null {
    if (this.#finishReason === null) return null;
    const filtered = this.#finishReason === 'content_filter';
    const cut = this.#finishReason === 'length';
    const usage = this.#usage;
    // The last call may have been cut in the middle of its arguments.
    const whole = filtered ? [] : this.#calls.filter((call) => !cut || isJson(call.argumentsText));
    return {
      ending: filtered ? 'filtered' : cut ? 'length' : 'complete',
      text: this.#text,
      toolCalls: callsOf(whole),
      usage: usageOf(
        usage?.prompt_tokens,
        usage?.prompt_tokens_details?.cached_tokens,
        usage?.completion_tokens,
      ),
      opaque: keptFields(
        this.#extra,
        whole.map((call) => call.extra),
      ),
    };
  }

  #takeCall(delta: z.infer<typeof toolCallDelta>): void {
    const call = this.#callOf(delta);
    call.extra.take(delta);
    call.id ??= delta.id ?? null;
    // Some servers repeat the whole name in every chunk, none sends it in pieces.
    if (delta.function?.name) call.name = delta.function.name;
    call.argumentsText += delta.function?.arguments ?? '';
  }

  /** The call with the delta's index. Without an index a new id begins a call, and no id continues the last one. */
  #callOf(delta: z.infer<typeof toolCallDelta>): OpenCall {
    const place = delta.index ?? null;
    const known = place === null ? this.#calls.at(-1) : this.#places.get(place);
    const continues = known !== undefined && (place !== null || !delta.id || delta.id === known.id);
    if (continues) return known;
    const opened: OpenCall = {
      id: null,
      name: '',
      argumentsText: '',
      extra: new GatheredFields('call'),
    };
    this.#calls.push(opened);
    if (place !== null) this.#places.set(place, opened);
    return opened;
  }
}

/** The calls, each with an id of its own: servers leave ids out or give one twice. */
function callsOf(calls: readonly OpenCall[]): readonly ToolCall[] {
  const taken = new Set<string>();
  return calls.map((call, index) => {
    const wanted = call.id ?? `call_${index}`;
    const callId = taken.has(wanted) ? `${wanted}_${index}` : wanted;
    taken.add(callId);
    return { callId, name: call.name, argumentsText: keepable(call.argumentsText) };
  });
}

// Puts an answer of Chat Completions together from its chunks, as different as servers write them.
import { z } from 'zod';
import type { ToolCall } from '../../core/journal.ts';
import { isJson, keepable } from './wording.ts';

const toolCallDelta = z.object({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            reasoning_content: z.string().nullish(),
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
export type ChatUsage = NonNullable<z.infer<typeof chunkSchema>['usage']>;

interface OpenCall {
  id: string | null;
  name: string;
  argumentsText: string;
}

/** One answer being put together. */
export class ChatAnswer {
  text = '';
  thinking = '';
  finishReason: string | null = null;
  usage: ChatUsage | null = null;
  readonly #calls: OpenCall[] = [];
  readonly #places = new Map<number, OpenCall>();

  /** Takes one chunk; returns the text that it added, or null where the chunk cannot be understood. */
  take(raw: unknown): string | null {
    const parsed = chunkSchema.safeParse(raw);
    if (!parsed.success) return null;
    const { choices, usage } = parsed.data;
    if (usage) this.usage = usage;
    const choice = choices?.[0];
    if (choice?.finish_reason) this.finishReason = choice.finish_reason;
    const delta = choice?.delta;
    for (const call of delta?.tool_calls ?? []) this.#takeCall(call);
    this.thinking += delta?.reasoning_content ?? '';
    const added = keepable((delta?.content ?? '') + (delta?.refusal ?? ''));
    this.text += added;
    return added;
  }

  #takeCall(delta: z.infer<typeof toolCallDelta>): void {
    const call = this.#callOf(delta);
    call.id ??= delta.id ?? null;
    // Some servers repeat the whole name in every chunk, none sends it in pieces.
    if (delta.function?.name) call.name = delta.function.name;
    call.argumentsText += delta.function?.arguments ?? '';
  }

  /** By index where there is one; else a new id opens a call and everything else continues the last one. */
  #callOf(delta: z.infer<typeof toolCallDelta>): OpenCall {
    const place = delta.index ?? null;
    const known = place === null ? this.#calls.at(-1) : this.#places.get(place);
    const continues = known !== undefined && (place !== null || !delta.id || delta.id === known.id);
    if (continues) return known;
    const opened: OpenCall = { id: null, name: '', argumentsText: '' };
    this.#calls.push(opened);
    if (place !== null) this.#places.set(place, opened);
    return opened;
  }

  /**
   * The calls, each with an id of its own: servers leave ids out or give one twice. With `onlyWhole` those
   * whose arguments are not whole JSON are left out.
   */
  toolCalls(onlyWhole: boolean): readonly ToolCall[] {
    const taken = new Set<string>();
    return this.#calls
      .filter((call) => !onlyWhole || isJson(call.argumentsText))
      .map((call, index) => {
        const wanted = call.id ?? `call_${index}`;
        const callId = taken.has(wanted) ? `${wanted}_${index}` : wanted;
        taken.add(callId);
        return { callId, name: call.name, argumentsText: keepable(call.argumentsText) };
      });
  }
}

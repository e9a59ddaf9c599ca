// What a model API has of its own. Requests, tries, time limits and the reading of streams are the same for all APIs.
import type { StepUsage, ToolCall } from '../../core/journal.ts';
import type { ModelAnswer, ModelRequest } from './model.ts';

export interface Api {
  /** Sends the request. Resolves with the response whose body is the stream of the answer. */
  send(request: ModelRequest, signal: AbortSignal): Promise<Response>;
  /** Whether the answer is whole with this event. `[DONE]` ends every stream. */
  isLast(event: unknown): boolean;
  /** Begins an answer, which is put together from the events of one stream. */
  begin(): AnswerBuilder;
}

export interface AnswerBuilder {
  /** Takes the next event and returns the text that it added. Throws what the event reports as failed. */
  take(event: unknown): string;
  /** The answer, or null where the stream ended before it was complete. */
  finish(): FinishedAnswer | null;
}

export interface FinishedAnswer {
  readonly ending: ModelAnswer['ending'];
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: StepUsage;
  /** What the provider wants back unchanged with the next request; empty where that is nothing. */
  readonly opaque: readonly unknown[];
}

/** Counts of tokens as servers give them: some leave them out. */
export function usageOf(
  inputTokens: number | undefined,
  cachedTokens: number | null | undefined,
  outputTokens: number | undefined,
): StepUsage {
  return {
    inputTokens: inputTokens ?? 0,
    cachedTokens: cachedTokens ?? 0,
    outputTokens: outputTokens ?? 0,
  };
}

// The model port: what the harness may ask of a language model, over any API.
import type { ConversationEntry, ResponseEntry } from '../../core/journal.ts';

/** A tool as the model gets to see it. `parameters` is a JSON schema of an object. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ImageContent {
  readonly mimeType: string;
  readonly base64: string;
}

/**
 * The whole conversation so far. Adapters write it so that, as long as only `entries` grows, the body of
 * one request begins with that of the one before: provider caches then charge only for what is new.
 */
export interface ModelRequest {
  readonly instructions: string;
  readonly entries: readonly ConversationEntry[];
  readonly tools: readonly ToolSpec[];
  /** The pictures that entries name, by artifact id. One that is missing is shown as a line of text. */
  readonly images: ReadonlyMap<string, ImageContent>;
}

/** A request of one message, without tools and pictures. */
export function singleMessage(instructions: string, text: string): ModelRequest {
  return { instructions, entries: [{ kind: 'message', text }], tools: [], images: new Map() };
}

/** A pause before the model is asked again. */
export interface ModelWait {
  /** One plain sentence: what went wrong with the last try. */
  readonly reason: string;
  readonly delayMs: number;
  /** Time that pauses of this answer took before this one. */
  readonly waitedMs: number;
}

export interface RespondOptions {
  readonly signal: AbortSignal;
  /** Gets the text as it is written. A try that is cut off and repeated begins again without notice. */
  readonly onDelta?: (text: string) => void;
  readonly onWait?: (wait: ModelWait) => void;
}

/**
 * One answer. `length`: the provider's limit ended it; calls that were not finished are left out.
 * `filtered`: the provider's content filter ended it; it holds no calls.
 */
export interface ModelAnswer {
  readonly response: ResponseEntry;
  readonly ending: 'complete' | 'length' | 'filtered';
}

export interface Model {
  readonly name: string;
  readonly api: ModelApi;
  /**
   * Asks for the next answer. Transient faults are tried again within the retry policy; then, and at once for
   * the others, throws `model_refused`, `model_unreachable`, `model_overloaded`, `model_context_full` or
   * `model_answer_invalid`. Abort ends the request and throws the signal's reason.
   */
  respond(request: ModelRequest, options: RespondOptions): Promise<ModelAnswer>;
}

/** `responses` and `chat` are OpenAI's protocols, `messages` is Anthropic's. */
export type ModelApi = 'responses' | 'chat' | 'messages';

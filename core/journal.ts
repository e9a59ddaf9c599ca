// The journal of a session: every message to the model, every response and every tool result, in order.
// It is provider-neutral; an adapter turns it into a provider's format only at the call.

export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** As the model wrote them: JSON text that may be invalid. */
  readonly argumentsText: string;
}

export interface StepUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** A message to the model: the request, a follow-up, failures of the verification, a steering reply. */
export interface MessageEntry {
  readonly kind: 'message';
  /** Names the message within its turn, so that it is appended once whatever is repeated. Default: its text. */
  readonly id?: string;
  readonly text: string;
  /** Artifacts of kind `image` that belong to it. */
  readonly imageArtifactIds?: readonly string[];
}

export interface ResponseEntry {
  readonly kind: 'response';
  readonly model: string;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: StepUsage;
  /**
   * What the provider wants back unchanged with the next request (reasoning items of the Responses API),
   * with the API's name; other adapters leave it out.
   */
  readonly opaque?: {
    readonly api: string;
    readonly items: readonly unknown[];
  };
}

export interface ToolResultEntry {
  readonly kind: 'tool_result';
  readonly callId: string;
  readonly ok: boolean;
  /** What the model gets to see; already cut to the limit. */
  readonly output: string;
  readonly imageArtifactIds?: readonly string[];
  /** What a child agent used for it. */
  readonly used?: ChildUsage;
}

export interface ChildUsage {
  readonly model: string;
  readonly steps: number;
  readonly usage: StepUsage;
}

/** What a model gets to see of a journal. */
export type ConversationEntry = MessageEntry | ResponseEntry | ToolResultEntry;

/**
 * From here on the model sees, in place of everything before: `text`, then `messages`, then the last `keeps`
 * entries before this one as they are. What was left out stays in the journal.
 */
export interface CompactionEntry {
  readonly kind: 'compaction';
  /** The summary, with plan and files. */
  readonly text: string;
  /** What people asked for in this turn, word by word. */
  readonly messages: readonly MessageEntry[];
  readonly keeps: number;
  /** What writing the summary used. */
  readonly usage: StepUsage;
}

export type JournalEntry = ConversationEntry | CompactionEntry;

/** An entry with its place. Places grow by one from 0 within a session's attempt. */
export interface PlacedEntry {
  readonly place: number;
  readonly turnId: string;
  readonly entry: JournalEntry;
}

/**
 * Where a harness keeps its steps. `append` commits before it returns, refuses a place that is taken, and
 * throws `lease_lost` where another worker has the turn.
 */
export interface Journal {
  load(): Promise<readonly PlacedEntry[]>;
  append(place: number, entries: readonly JournalEntry[]): Promise<void>;
}

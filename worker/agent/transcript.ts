// The journal as the harness works with it: open calls, known messages, usage, and appending in order.
import type {
  ChildUsage,
  Journal,
  JournalEntry,
  MessageEntry,
  PlacedEntry,
  ResponseEntry,
  ToolCall,
} from '../../core/journal.ts';
import { costOf, type PriceTable, sumOf } from '../../core/price.ts';
import type { Usage } from '../../core/result.ts';
import { isNudge } from './nudge.ts';

const NO_PRICES: PriceTable = { currency: 'USD', models: {} };

/** A call of the last response that has no result yet. */
export interface PendingCall {
  readonly call: ToolCall;
  /**
   * The key is made of the place, because weak servers give the same call id in every step: a command with such an
   * id would get the result of an earlier one.
   */
  readonly key: string;
}

/** One session's journal in memory. Entries are only added at its end. */
export class Transcript {
  readonly #journal: Journal;
  readonly #turnId: string;
  readonly #keyPrefix: string | undefined;
  readonly #placed: PlacedEntry[] = [];
  readonly #entries: JournalEntry[] = [];

  private constructor(journal: Journal, turnId: string, keyPrefix: string | undefined) {
    this.#journal = journal;
    this.#turnId = turnId;
    this.#keyPrefix = keyPrefix;
  }

  /** Loads the journal. `keyPrefix` is set for a child; other keys begin with the turn of their call. */
  static async load(journal: Journal, turnId: string, keyPrefix?: string): Promise<Transcript> {
    const transcript = new Transcript(journal, turnId, keyPrefix);
    for (const placed of await journal.load()) transcript.#add(placed);
    return transcript;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** Commits entries at the end. */
  async append(...entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const place = (this.#placed.at(-1)?.place ?? -1) + 1;
    await this.#journal.append(place, entries);
    for (const [index, entry] of entries.entries())
      this.#add({ place: place + index, turnId: this.#turnId, entry });
  }

  #add(placed: PlacedEntry): void {
    this.#placed.push(placed);
    this.#entries.push(placed.entry);
  }

  /**
   * What people asked for in this turn, in order, and in the turns right before it that were stopped or used up
   * their budget: a reply such as “continue” means their work.
   */
  requests(): readonly MessageEntry[] {
    const first = this.#placed.findLastIndex(
      ({ turnId, entry }, at) =>
        entry.kind === 'response' &&
        entry.toolCalls.length === 0 &&
        turnId !== this.#turnId &&
        turnId !== this.#placed[at + 1]?.turnId,
    );
    return this.#placed
      .slice(first + 1)
      .flatMap(({ entry }) => (entry.kind === 'message' && !isNudge(entry) ? [entry] : []));
  }

  /** Whether this turn has the message already, by its id or else by its text. */
  hasMessage(message: MessageEntry): boolean {
    return this.#placed.some(
      ({ turnId, entry }) =>
        turnId === this.#turnId &&
        entry.kind === 'message' &&
        (message.id === undefined ? entry.text === message.text : entry.id === message.id),
    );
  }

  /** Calls of the last response without a result, in their order. Results come in the order of calls. */
  pendingCalls(): readonly PendingCall[] {
    const at = this.#entries.findLastIndex((entry) => entry.kind !== 'tool_result');
    const placed = this.#placed[at];
    if (placed?.entry.kind !== 'response') return [];
    const done = this.#entries.length - 1 - at;
    const prefix = this.#keyPrefix ?? placed.turnId;
    const { place } = placed;
    return placed.entry.toolCalls
      .map((call, index) => ({ call, key: `${prefix}-${place}-${index}` }))
      .slice(done);
  }

  /** Whether the call with this key has a result: then its answer comes a second time. */
  hasResultOf(key: string): boolean {
    return this.#placed.some(({ place, turnId, entry }, at) => {
      if (entry.kind !== 'response' || !key.startsWith(`${turnId}-${place}-`)) return false;
      const index = Number(key.slice(`${turnId}-${place}-`.length));
      return this.#entries[at + 1 + index]?.kind === 'tool_result';
    });
  }

  /** The response that ends the run: the last entry, asking for nothing. */
  restingResponse(): ResponseEntry | null {
    const last = this.#entries.at(-1);
    return last?.kind === 'response' && last.toolCalls.length === 0 ? last : null;
  }

  /** Tokens, steps and money of this turn. */
  usage(model: string, durationMs: number, prices: PriceTable = NO_PRICES): Usage {
    const mine = this.#placed.flatMap(({ turnId, entry }) => (turnId === this.#turnId ? [entry] : []));
    const used = mine.flatMap((entry) => usedBy(entry, model));
    const cost = sumOf(
      prices,
      used.map((part) => costOf(prices, part.model, part.usage)),
    );
    const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);
    return {
      model,
      steps: sum(used.map((part) => part.steps)),
      inputTokens: sum(used.map(({ usage }) => usage.inputTokens)),
      cachedTokens: sum(used.map(({ usage }) => usage.cachedTokens)),
      outputTokens: sum(used.map(({ usage }) => usage.outputTokens)),
      durationMs,
      ...(cost === undefined ? {} : { cost }),
    };
  }
}

/** The usage of an entry: that of a step, a summary, or the steps of a child. */
function usedBy(entry: JournalEntry, model: string): readonly ChildUsage[] {
  switch (entry.kind) {
    case 'response':
      return [{ model: entry.model, steps: 1, usage: entry.usage }];
    case 'compaction':
      return [{ model, steps: 0, usage: entry.usage }];
    case 'tool_result':
      return entry.used === undefined ? [] : [entry.used];
    case 'message':
      return [];
  }
}

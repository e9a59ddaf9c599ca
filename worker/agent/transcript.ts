// The journal as the harness works with it: what is open, what is known, and appending in order.
import type { Usage } from '../../core/event.ts';
import type {
  Journal,
  JournalEntry,
  MessageEntry,
  PlacedEntry,
  ResponseEntry,
  ToolCall,
} from '../../core/journal.ts';
import { costOf, type PriceTable, sumOf } from '../../core/price.ts';
import { isNudge } from './answers.ts';

const NO_PRICES: PriceTable = { currency: 'USD', models: {} };

/** A call of the last response that has no result yet. */
export interface PendingCall {
  readonly call: ToolCall;
  /**
   * Made of the place, because weak servers give the same call id in every step: a command id made of that
   * would get the result of an earlier command.
   */
  readonly key: string;
}

/** One session's journal, loaded. Entries only ever come to its end. */
export class Transcript {
  readonly #journal: Journal;
  readonly #turnId: string;
  readonly #placed: PlacedEntry[];
  readonly #entries: JournalEntry[];

  private constructor(journal: Journal, turnId: string, placed: readonly PlacedEntry[]) {
    this.#journal = journal;
    this.#turnId = turnId;
    this.#placed = [...placed];
    this.#entries = placed.map(({ entry }) => entry);
  }

  static async load(journal: Journal, turnId: string): Promise<Transcript> {
    return new Transcript(journal, turnId, await journal.load());
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** Commits entries at the end. */
  async append(...entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const place = (this.#placed.at(-1)?.place ?? -1) + 1;
    await this.#journal.append(place, entries);
    for (const [index, entry] of entries.entries()) {
      this.#placed.push({ place: place + index, turnId: this.#turnId, entry });
      this.#entries.push(entry);
    }
  }

  /** What people asked for in this turn, in order. */
  requests(): readonly MessageEntry[] {
    return this.#placed.flatMap(({ turnId, entry }) =>
      turnId === this.#turnId && entry.kind === 'message' && !isNudge(entry) ? [entry] : [],
    );
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
    const { place, turnId } = placed;
    return placed.entry.toolCalls
      .map((call, index) => ({ call, key: `${turnId}-${place}-${index}` }))
      .slice(done);
  }

  /** Whether a call had its result before, for an answer that comes a second time. */
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
    const used = mine.flatMap((entry) =>
      entry.kind === 'response' || entry.kind === 'compaction' ? [entry.usage] : [],
    );
    const cost = sumOf(
      prices,
      mine.flatMap((entry) => {
        if (entry.kind === 'response') return [costOf(prices, entry.model, entry.usage)];
        return entry.kind === 'compaction' ? [costOf(prices, model, entry.usage)] : [];
      }),
    );
    const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);
    return {
      model,
      steps: mine.filter((entry) => entry.kind === 'response').length,
      inputTokens: sum(used.map((step) => step.inputTokens)),
      cachedTokens: sum(used.map((step) => step.cachedTokens)),
      outputTokens: sum(used.map((step) => step.outputTokens)),
      durationMs,
      ...(cost === undefined ? {} : { cost }),
    };
  }
}

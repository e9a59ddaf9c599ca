// The contract of the harness: what it gets for one run, and how a run ends.
import type { ArtifactStore } from '../../core/artifact.ts';
import type { EventBody } from '../../core/event.ts';
import type { Journal, MessageEntry } from '../../core/journal.ts';
import type { PriceTable } from '../../core/price.ts';
import type { Usage } from '../../core/result.ts';
import type { PageDriver } from '../../sandbox/port/browser.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import type { Model } from '../model/model.ts';
import type { RepoGuide } from './tools/repo-guide.ts';
import type { Tool } from './tools/tool.ts';

export interface AgentBudget {
  /** Steps of the whole turn, those of runs before this one included. */
  readonly maxSteps: number;
  /** Time of this run. */
  readonly maxMs: number;
  /** Tokens of the whole turn, input and output. */
  readonly maxTokens?: number;
  /** Money of the whole turn, in the currency of the prices. It counts where each used model has a price. */
  readonly maxCost?: number;
}

export interface AgentTask {
  readonly sandbox: Sandbox;
  readonly model: Model;
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  /** The system prompt; the same for all runs of a turn, or providers' caches do not hit. */
  readonly instructions: string;
  readonly turnId: string;
  /**
   * What a person asks. It is appended unless this turn's journal has a message with the same `id` (or, without
   * an id, the same text), so a turn that asks twice (a round of the verification) gives each its own id.
   */
  readonly request: MessageEntry;
  /** The answer to the question that the run before ended with. It takes the place of `request`. */
  readonly answers?: AgentAnswer;
  readonly budget: AgentBudget;
  readonly prices?: PriceTable;
  /** How much the model can take in at once; the conversation is cut before it is full. */
  readonly contextTokens?: number;
  /**
   * Abort ends the run with the signal's reason where that is a ThreadsmithError, else with `stopped`. The
   * running command is killed, except for `lease_lost`: then it belongs to the worker that took over.
   */
  readonly signal: AbortSignal;
  /** Default: our own tools, and those that the guide calls for. */
  readonly tools?: readonly Tool[];
  /** The repo's folder rules and skills. */
  readonly guide?: RepoGuide;
  /** A journal for a child agent, always the same for the same call; without it there are no children. */
  readonly openChild?: (callKey: string) => Journal;
  /** The beginning of call keys, where the transcript is not that of the session. */
  readonly keyPrefix?: string;
  /** Must not throw for reasons that should not end the run. */
  report(event: EventBody): Promise<void>;
  /**
   * Replies of people since the last call, asked before each step and before the run finishes. One that
   * comes again after a crash is known by its id and appended once.
   */
  takeMessages(): Promise<readonly MessageEntry[]>;
  /** Takes credentials out of a text that people get to see. */
  redact(text: string): string;
  /** Called at most once, when the browser is first needed. */
  openBrowser(): Promise<PageDriver>;
  /**
   * Saves the working tree after the calls of each step. The model is asked meanwhile, and the next calls wait for
   * it. Must not throw.
   */
  readonly saveWork?: () => Promise<void>;
  /** The model's text as it is written. */
  readonly onText?: (delta: string) => void;
}

export interface AgentAnswer {
  /** As `AgentOutcome` named it. */
  readonly callId: string;
  readonly text: string;
  /** Pictures that came with it. */
  readonly imageArtifactIds?: readonly string[];
}

export type SpentBudget = 'steps' | 'time' | 'tokens' | 'money';

/** How a run ends: with an answer, with a question to a person, or because its budget is spent. */
export type AgentEnding =
  | { readonly kind: 'finished'; readonly text: string }
  | {
      readonly kind: 'asked';
      readonly callId: string;
      readonly question: string;
      readonly options: readonly string[];
    }
  | { readonly kind: 'budget_spent'; readonly what: SpentBudget };

/** `usage` counts the tokens and steps of the whole turn; its duration is that of this run. */
export type AgentOutcome = AgentEnding & { readonly usage: Usage };

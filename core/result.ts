// The result of a turn: a change, an answer, a merge, a discard, or the earlier result that was kept.
import type { Chosen } from './attempt.ts';
import type { Money } from './price.ts';
import type { Person } from './turn.ts';
import type { Review, Verification } from './verification.ts';

/** A file of a change with its numbers of lines. */
export interface ChangedFile {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  /** Null for binary files. */
  readonly additions: number | null;
  readonly deletions: number | null;
}

/** The steps, tokens and time that a turn used. */
export interface Usage {
  readonly model: string;
  readonly steps: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
  /** Absent where the configuration has no price for a model that was used. */
  readonly cost?: Money;
}

export interface ChangeResult {
  readonly kind: 'change';
  /** The agent's own words, Markdown. */
  readonly summary: string;
  readonly repo: string;
  readonly branch: string;
  readonly defaultBranch: string;
  readonly commit: string;
  readonly files: readonly ChangedFile[];
  readonly verification: Verification;
  /** The review of exactly this commit; absent in results from before there were reviews. */
  readonly review?: Review;
  /** Artifact of kind `diff`: the whole change against the default branch. */
  readonly diffArtifactId: string;
  /** The usage of all attempts together where there were several. */
  readonly usage: Usage;
  /** The choice of a person, where there were several attempts. */
  readonly chosen?: Chosen;
}

export interface AnswerResult {
  readonly kind: 'answer';
  /** Markdown. */
  readonly text: string;
  readonly repo: string;
  readonly usage: Usage;
  readonly chosen?: Chosen;
}

export interface MergedResult {
  readonly kind: 'merged';
  readonly by: Person;
  readonly branch: string;
  readonly defaultBranch: string;
  /** The commit that the person saw and that was merged. */
  readonly commit: string;
  readonly mergeCommit: string;
  readonly verified: boolean;
  /** The people whose approval counted, including the one who merged where they approved. */
  readonly approvers?: readonly Person[];
}

export interface DiscardedResult {
  readonly kind: 'discarded';
  readonly by: Person;
  readonly branch: string;
}

/** A person kept the earlier result instead of one of the attempts. */
export interface KeptResult {
  readonly kind: 'kept';
  readonly chosen: Chosen;
}

export type TurnResult = ChangeResult | AnswerResult | MergedResult | DiscardedResult | KeptResult;

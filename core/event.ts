// The events of a session's log. Every view (thread, page, metrics) is derived from them.
import type { Approval } from './approval.ts';
import type { Chosen, StartedAttempt } from './attempt.ts';
import type { Failure } from './errors.ts';
import type { StepUsage } from './journal.ts';
import type { NamedShot, PageComparison } from './page.ts';
import type { Money } from './price.ts';
import type { PlanDecision } from './proposal.ts';
import type { Person } from './turn.ts';

/** The phases of a turn, in order. */
export type Phase = 'prepare' | 'agent' | 'verify' | 'publish';

export interface PlanStep {
  readonly title: string;
  readonly status: 'pending' | 'in_progress' | 'complete';
}

export interface CheckResult {
  readonly name: string;
  /** The command line that was run. */
  readonly run: string;
  readonly status: 'passed' | 'failed' | 'timed_out';
  readonly durationMs: number;
  /** The end of the output, for a person to read. */
  readonly outputTail: string;
}

export interface FileChange {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  /** Null for binary files. */
  readonly additions: number | null;
  readonly deletions: number | null;
}

/** The requests of a sandbox to one destination with one outcome, counted together. */
export interface NetworkUse {
  /** `CONNECT` where the bytes were passed through unread. */
  readonly method: string;
  readonly host: string;
  readonly port: number;
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Why the proxy refused them; null where it allowed them. */
  readonly refused: string | null;
}

/** The outcome of checks and page visits for exactly one commit. */
export interface Verification {
  readonly commit: string;
  readonly passed: boolean;
  readonly checks: readonly CheckResult[];
  readonly pages: readonly PageComparison[];
  /** Artifact of kind `recording`: the pages as they opened after the change. */
  readonly recordingId?: string;
  /** The reasons why it did not pass or could not be verified, one sentence each. */
  readonly problems: readonly string[];
}

/** The review of a change, by rules and by a second model. */
export interface Review {
  /** `none`: the rules found nothing, and no second model could be asked. */
  readonly verdict: 'pass' | 'fail' | 'none';
  /** The findings of the rules, one sentence each. */
  readonly findings: readonly string[];
  /** The reasons of the second model against the change, or why it gave no verdict, one sentence each. */
  readonly reasons: readonly string[];
  /** The name of the second model. */
  readonly model: string;
}

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
  readonly files: readonly FileChange[];
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

/** A person's decision on an alert after its investigation. */
export interface AlertDecision {
  readonly by: string;
  readonly how: 'fix' | 'not_this' | 'mute';
}

/** The reason why a merge was refused, with what the message about it needs. */
export interface MergeBlock {
  readonly why: 'head_moved' | 'conflict' | 'stale';
  /** The commit that the person saw. */
  readonly seen: string;
  /** The branch's present head; null where the branch is gone. */
  readonly head: string | null;
  readonly defaultBranch: string;
  /** Artifact of kind `diff`: from the commit that was seen to the present head. */
  readonly diffArtifactId?: string;
}

export type EventBody =
  | {
      readonly type: 'turn.received';
      readonly text: string;
      readonly by: string;
    }
  | {
      readonly type: 'turn.repo_needed';
      readonly choices: readonly string[];
      readonly reason: string;
    }
  | {
      readonly type: 'turn.queued';
      /** Empty until a worker has chosen the repo. */
      readonly repo: string;
      readonly ahead: number;
      /** How the repo was found, in a few words. */
      readonly why?: string;
    }
  /** A person moved the request to another repo or branch, where its work starts over. */
  | {
      readonly type: 'turn.rerouted';
      readonly repo: string;
      readonly base: string | null;
      readonly by: string;
    }
  /** The worker chose the repo: by a model, or the person's default. */
  | { readonly type: 'turn.routed'; readonly repo: string; readonly why: string }
  /** A person corrected the request before its work began. */
  | {
      readonly type: 'turn.corrected';
      readonly text: string;
      readonly by: string;
    }
  /** The turn's text was offered to the turn at work, which reads it before its next step. */
  | { readonly type: 'steering.offered'; readonly by: string }
  /** The turn `by` has read this turn's text, so this turn is done. */
  | { readonly type: 'turn.taken_up'; readonly by: string }
  | { readonly type: 'turn.withdrawn'; readonly by: string; readonly how: 'removed' | 'deleted' }
  | ({ readonly type: 'alert.decided' } & AlertDecision)
  /** A person approved the change that the turn made. */
  | ({ readonly type: 'approval.given' } & Approval)
  /** A merge turn was refused. */
  | ({ readonly type: 'merge.blocked' } & MergeBlock)
  | { readonly type: 'turn.refused'; readonly failure: Failure }
  | {
      readonly type: 'turn.claimed';
      readonly worker: string;
      readonly epoch: number;
    }
  | {
      readonly type: 'phase.started';
      readonly phase: Phase;
      readonly detail: string;
    }
  | {
      readonly type: 'phase.progress';
      readonly phase: Phase;
      readonly detail: string;
    }
  | {
      readonly type: 'phase.finished';
      readonly phase: Phase;
      readonly ok: boolean;
      readonly detail: string;
    }
  /** The session's sandbox was lost and replaced; `work`: what was not published is lost too. */
  | { readonly type: 'sandbox.restored'; readonly lost: 'sandbox' | 'work' }
  /** A plan, in Markdown, waits for a person's decision. */
  | { readonly type: 'plan.proposed'; readonly text: string }
  | ({ readonly type: 'plan.decided' } & PlanDecision)
  | { readonly type: 'plan.updated'; readonly steps: readonly PlanStep[] }
  | {
      readonly type: 'model.named';
      readonly model: string;
      readonly scripted: boolean;
    }
  /** A tool call did not fit the tool's schema, and was repaired because its meaning was plain. */
  | { readonly type: 'call.mended'; readonly tool: string; readonly mended: readonly string[] }
  | {
      readonly type: 'tool.started';
      readonly tool: string;
      readonly summary: string;
    }
  | {
      readonly type: 'tool.finished';
      readonly tool: string;
      readonly summary: string;
      readonly ok: boolean;
      readonly durationMs: number;
    }
  | { readonly type: 'pages.captured'; readonly base: string; readonly shots: readonly NamedShot[] }
  | {
      readonly type: 'check.finished';
      readonly check: CheckResult;
      readonly round: number;
    }
  /** Requests since the last such event. */
  | {
      readonly type: 'network.used';
      readonly uses: readonly NetworkUse[];
      /** The number of requests to further destinations. */
      readonly others: number;
      /** Artifact of kind `log` with a line for each request; only in the last such event of the turn. */
      readonly logArtifactId?: string;
    }
  | {
      readonly type: 'verify.finished';
      readonly verification: Verification;
      readonly round: number;
    }
  /** A file for the people in the thread. */
  | {
      readonly type: 'artifact.published';
      readonly artifactId: string;
      readonly name: string;
      readonly title: string;
    }
  | {
      readonly type: 'review.finished';
      readonly review: Review;
      readonly round: number;
      /** The usage of the second model. */
      readonly usage?: StepUsage;
    }
  /** Several attempts at the request have started, each a turn of its own. */
  | { readonly type: 'attempts.started'; readonly attempts: readonly StartedAttempt[] }
  /** All attempts have ended, and at least one can be chosen. */
  | { readonly type: 'attempts.ready' }
  | {
      readonly type: 'question.asked';
      readonly question: string;
      readonly options: readonly string[];
    }
  | {
      readonly type: 'question.answered';
      readonly by: string;
      readonly text: string;
    }
  | {
      readonly type: 'published';
      readonly commit: string;
      readonly branch: string;
    }
  | { readonly type: 'turn.finished'; readonly result: TurnResult }
  | { readonly type: 'turn.failed'; readonly failure: Failure }
  | {
      readonly type: 'turn.stopped';
      readonly by: string;
      readonly leaves: string;
    };

/** An event as it is stored. `id` grows within a database. */
export interface SessionEvent {
  readonly id: number;
  readonly sessionId: string;
  readonly turnId: string | null;
  readonly at: Date;
  readonly body: EventBody;
}

// The events of a session's log. Every view (thread, page, metrics) is derived from them.
import type { Approval } from './approval.ts';
import type { StartedAttempt } from './attempt.ts';
import type { Failure } from './errors.ts';
import type { StepUsage } from './journal.ts';
import type { NamedShot } from './page.ts';
import type { PlanDecision } from './proposal.ts';
import type { TurnResult } from './result.ts';
import type { CheckResult, Review, Verification } from './verification.ts';

/** The phases of a turn, in order. */
export type Phase = 'prepare' | 'agent' | 'verify' | 'publish';

export interface PlanStep {
  readonly title: string;
  readonly status: 'pending' | 'in_progress' | 'complete';
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

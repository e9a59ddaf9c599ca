// What a turn looks like from outside: the values that messages are rendered from.
import type { Approval } from './approval.ts';
import type { Approach, StartedAttempt } from './attempt.ts';
import type { Failure } from './errors.ts';
import type { AlertDecision, MergeBlock, Phase, PlanStep } from './event.ts';
import type { Proposal } from './proposal.ts';
import type { AnswerResult, ChangeResult, TurnResult } from './result.ts';
import { isOver, type Person, type TurnKind } from './turn.ts';
import type { CheckResult } from './verification.ts';

/** What is known of a request without the events of its turn. */
export interface RequestFacts {
  readonly turnId: string;
  readonly kind: TurnKind;
  readonly requester: Person;
  /** Null until it is known. */
  readonly repo: string | null;
  readonly branch: string;
  /** The branch that the work begins from, where it is not the repo's default. */
  readonly base?: string | null;
  /** What else the request asked for, in a few words each. */
  readonly options?: readonly string[];
  /** Whether another repo or branch can still be chosen for it. */
  readonly changeable?: boolean;
}

export interface PhaseView {
  readonly phase: Phase;
  readonly state: 'pending' | 'running' | 'done' | 'failed';
  readonly detail: string;
}

export interface QuestionView {
  /** The id of the event that asked. */
  readonly id: number;
  readonly question: string;
  readonly options: readonly string[];
}

/** A file for the people in the thread. */
export interface SharedFile {
  readonly artifactId: string;
  readonly name: string;
  readonly title: string;
}

/** What a queued turn waits for beside the requests of its own thread. */
export interface QueueOutlook {
  /** The number of requests of other threads that come first. */
  readonly before: number;
  /** The expected time until the turn begins; null where it cannot be estimated. */
  readonly waitMs: number | null;
}

/** What the events of a turn say about its work, in every state of the turn. */
export interface WorkView extends RequestFacts {
  readonly model: { readonly name: string; readonly scripted: boolean } | null;
  /** All four phases, in order. */
  readonly phases: readonly PhaseView[];
  readonly plan: readonly PlanStep[];
  /** The agent's running tool call in a few words; null between calls: then the phase tells of the last one. */
  readonly tool: string | null;
  /** Checks of the latest round of verification, as they finish. */
  readonly checks: readonly CheckResult[];
  /** The latest round of verification; 0 before the first one. */
  readonly round: number;
  /** How the repo was found, in a few words; null where the request named it. */
  readonly repoWhy: string | null;
  /** What the work goes on with after its sandbox was lost: the files of that sandbox, or the published commit. */
  readonly restored: 'sandbox' | 'work' | null;
  /** What a person decided on the alert that the turn looked into. */
  readonly alertDecision: AlertDecision | null;
  /** Approvals of the change that the turn made, in the order in which they were given. */
  readonly approvals: readonly Approval[];
  /** Why the forge refused the merge that the turn was to make. */
  readonly mergeBlock: MergeBlock | null;
  /** Plans made before anything was changed, in their order; the last one may wait for a person. */
  readonly proposals: readonly Proposal[];
  /** Files that the agent gave to the thread, in their order. */
  readonly sharedFiles: readonly SharedFile[];
  /** Where several attempts are made: these, in their order. */
  readonly attempts: readonly StartedAttempt[];
  /** Whether a commit of the turn is on the forge. */
  readonly isPublished: boolean;
  /** When a worker first claimed the turn. */
  readonly startedAt: Date | null;
}

/** A turn in its state, with what only this state has. */
export type TurnView = WorkView & (OpenState | EndState);

/** A turn that has not ended. */
export type OpenView = WorkView & OpenState;

/** A turn that has ended. */
export type EndedView = WorkView & EndState;

/** A turn that waits until a worker claims it. */
export type QueuedView = WorkView & Extract<OpenState, { state: 'queued' }>;

export type OpenState =
  | { readonly state: 'received' | 'running' }
  | {
      readonly state: 'needs_repo';
      readonly repoChoice: { readonly choices: readonly string[]; readonly reason: string };
    }
  | {
      readonly state: 'queued';
      /** The number of turns of its session that come first. */
      readonly ahead: number;
      /** Null where it is not known: only the rows tell. */
      readonly queue: QueueOutlook | null;
      /** Whether its text waits to be read by the turn at work. */
      readonly isOffered: boolean;
    }
  | {
      readonly state: 'waiting';
      /** Null while a plan waits for its decision, or attempts for the choice of one. */
      readonly question: QuestionView | null;
    };

export type EndState = { readonly finishedAt: Date } & (
  | {
      readonly state: 'done';
      /** Null where the turn at work took its text up. */
      readonly result: TurnResult | null;
    }
  | { readonly state: 'failed' | 'refused'; readonly failure: Failure }
  | { readonly state: 'stopped'; readonly stopped: StopView }
);

/** Whether nothing more happens in the turn. */
export function isEnded(view: TurnView): view is EndedView {
  return isOver(view.state);
}

/** How a turn was ended by a person or a deadline: at work, or before its work began. */
export type StopView =
  | { readonly how: 'stopped'; readonly by: string; readonly leaves: string }
  | { readonly how: 'removed' | 'deleted'; readonly by: string };

/** One of several attempts, as it is shown beside the others. */
export interface AttemptView {
  /** From 1. */
  readonly place: number;
  /** Null for a result that was there before. */
  readonly approach: Approach | null;
  readonly status: TurnView;
  /** Slack's file id of each artifact that is uploaded. */
  readonly files: Readonly<Record<string, string>>;
}

/** Where the offer to merge stands. */
export type MergeState =
  | { readonly kind: 'open' }
  | { readonly kind: 'merging'; readonly by: Person }
  | {
      readonly kind: 'merged';
      readonly by: Person;
      readonly at: Date;
      readonly mergeCommit: string;
      readonly approvers?: readonly Person[];
    }
  | {
      readonly kind: 'discarded';
      readonly by: Person;
      readonly at: Date;
      /** Whether it can still be taken back. */
      readonly undoable?: boolean;
    };

/** How lines of the repo are linked: `{commit}`, `{path}` and `{line}` in the template are filled in. */
export interface CodeLinks {
  readonly template: string;
  /** A commit or a branch name. */
  readonly commit: string;
}

/** A finished turn with its result: what the events say, and what only the rows know. */
export interface ResultView<R extends TurnResult = TurnResult> extends WorkView {
  readonly result: R;
  /** Slack's file id of each artifact that is uploaded. */
  readonly files: Readonly<Record<string, string>>;
  readonly merge: MergeState;
  /** The newest commit of the session's branch; null where nothing was published. */
  readonly head: string | null;
  /** Whether a passing verification exists for exactly the commit shown. */
  readonly verified: boolean;
  /** How many approvals a merge takes, and who has given one that counts. */
  readonly approval: { readonly needed: number; readonly given: readonly Person[] };
  readonly codeLinks: CodeLinks | null;
  /** Whether other ways of doing it are being tried, so that it is decided there. */
  readonly isRivalled?: boolean;
}

export type ChangeView = ResultView<ChangeResult>;
export type AnswerView = ResultView<AnswerResult>;

/** Whether the turn ended with a change that may be merged. */
export function isChange(view: ResultView): view is ChangeView {
  return view.result.kind === 'change';
}

// What a turn looks like from outside: its events folded into one value, before any surface draws it.
import type { Approval } from './approval.ts';
import type { Approach, StartedAttempt } from './attempt.ts';
import type { Failure } from './errors.ts';
import type {
  AlertDecision,
  AnswerResult,
  ChangeResult,
  CheckResult,
  MergeBlock,
  Phase,
  PlanStep,
  TurnResult,
  Verification,
} from './event.ts';
import type { Proposal } from './proposal.ts';
import type { Person, TurnKind, TurnState } from './turn.ts';

/** What is known of a turn without its events. */
export interface TurnFacts {
  readonly turnId: string;
  readonly sessionId: string;
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
  readonly receivedAt: Date;
}

export interface PhaseView {
  readonly phase: Phase;
  readonly state: 'pending' | 'running' | 'done' | 'failed';
  readonly detail: string;
}

export interface QuestionView {
  /** Of the event that asked. */
  readonly id: number;
  readonly question: string;
  readonly options: readonly string[];
  /** Null while it waits for an answer. */
  readonly answer: { readonly by: string; readonly text: string } | null;
}

/** A file for the people in the thread. */
export interface SharedFile {
  readonly artifactId: string;
  readonly name: string;
  readonly title: string;
}

/** What a queued turn waits for beside the requests of its own thread. */
export interface QueueOutlook {
  /** Requests of other threads that come first. */
  readonly before: number;
  /** About how long until it begins; null where nothing tells. */
  readonly waitMs: number | null;
}

export interface StatusView extends TurnFacts {
  readonly state: TurnState;
  readonly model: { readonly name: string; readonly scripted: boolean } | null;
  /** All four phases, in order. */
  readonly phases: readonly PhaseView[];
  readonly plan: readonly PlanStep[];
  /** What the agent does at this moment, in a few words. Null between tools: then the phase tells of the last. */
  readonly tool: string | null;
  /** Checks of the latest round of verification, as they finish. */
  readonly checks: readonly CheckResult[];
  /** 0 before the first verification. */
  readonly round: number;
  readonly verification: Verification | null;
  /** How many turns are in front of this one while it is queued. */
  readonly ahead: number;
  /** How the repo was found, in a few words; null where it was known. */
  readonly repoWhy: string | null;
  /** Known of queued turns only, from the rows. */
  readonly queue: QueueOutlook | null;
  /** The sandbox was gone and the work goes on in another one. */
  readonly restored: 'sandbox' | 'work' | null;
  /** `offered` while its text waits to be read by the turn at work, `taken` once that has read it. */
  readonly steering: 'offered' | 'taken' | null;
  /** Who took it back before its work began, and how. */
  readonly withdrawn: { readonly by: string; readonly how: 'removed' | 'deleted' } | null;
  /** What a person decided on the alert that the turn looked into. */
  readonly alertDecision: AlertDecision | null;
  /** Of the change that the turn made, as they were given. */
  readonly approvals: readonly Approval[];
  /** Why the merge that the turn was to make did not happen. */
  readonly mergeBlock: MergeBlock | null;
  /** The repos to choose from while the turn waits for that choice. */
  readonly repoChoice: { readonly choices: readonly string[]; readonly reason: string } | null;
  readonly question: QuestionView | null;
  /** Plans made before anything was changed, in their order; the last one may wait for a person. */
  readonly proposals: readonly Proposal[];
  /** Files that the agent gave to the thread, in their order. */
  readonly sharedFiles: readonly SharedFile[];
  /** Where several attempts are made; in their order. While it is `waiting` a person has to choose one. */
  readonly attempts: readonly StartedAttempt[];
  readonly published: { readonly commit: string; readonly branch: string } | null;
  readonly failure: Failure | null;
  readonly stopped: { readonly by: string; readonly leaves: string } | null;
  readonly result: TurnResult | null;
  /** When a worker first claimed it. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** One of several attempts, as it is drawn beside the others. */
export interface AttemptView {
  /** From 1. */
  readonly place: number;
  /** Null for a result that was there before. */
  readonly approach: Approach | null;
  readonly status: StatusView;
  /** Slack's file id for each artifact that has been uploaded and is ready. */
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

/** A finished turn as it is drawn: what the events say, and what only the rows know. */
export interface ResultView<R extends TurnResult = TurnResult> extends StatusView {
  readonly result: R;
  /** Slack's file id for each artifact that has been uploaded and is ready. */
  readonly files: Readonly<Record<string, string>>;
  readonly merge: MergeState;
  /** The branch's head when this is drawn; null where nothing was published. */
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

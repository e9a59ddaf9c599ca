// Where a session stands for the people it belongs to: what they see in lists of sessions.
import type { SessionState, ThreadAddress } from './session.ts';
import type { TurnState } from './turn.ts';

/** In the order in which people want to see them: what waits for them first. */
export const SESSION_STATUSES = [
  'asks',
  'to_review',
  'failed',
  'working',
  'queued',
  'answered',
  'stopped',
  'merged',
  'discarded',
] as const;

export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** A session in a list. */
export interface SessionLine extends ThreadAddress {
  readonly sessionId: string;
  readonly repo: string | null;
  /** The first request. */
  readonly title: string;
  readonly status: SessionStatus;
  /** The turn that its buttons are about: the open one, else the newest. */
  readonly turnId: string;
  readonly at: Date;
}

export interface SessionFacts {
  readonly sessionState: SessionState;
  /** Of the first turn that is not over. */
  readonly open: TurnState | null;
  /** Whether that turn is a discard, which can wait for a while. */
  readonly discards: boolean;
  /** Of the newest turn. */
  readonly last: TurnState;
  readonly lastResult: string | null;
}

/** What a session's rows come to. */
export function sessionStatusOf(facts: SessionFacts): SessionStatus {
  if (facts.open !== null && facts.discards) return 'discarded';
  if (facts.open === 'waiting' || facts.open === 'needs_repo') return 'asks';
  if (facts.open === 'running') return 'working';
  if (facts.open !== null) return 'queued';
  if (facts.last === 'failed' || facts.last === 'refused') return 'failed';
  if (facts.last === 'stopped') return 'stopped';
  if (facts.lastResult === 'merged' || facts.sessionState === 'merged') return 'merged';
  if (facts.lastResult === 'discarded' || facts.sessionState === 'discarded') return 'discarded';
  if (facts.lastResult === 'kept') return 'to_review';
  return facts.lastResult === 'change' ? 'to_review' : 'answered';
}

/** Whether a person has to do something for it to go on. */
export function waitsForPeople(status: SessionStatus): boolean {
  return status === 'asks' || status === 'to_review' || status === 'failed';
}

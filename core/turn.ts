// A turn: one request in a session and the agent's answer to it.

/** What started a turn. */
export type TurnKind =
  | 'mention'
  | 'follow_up'
  | 'changes_requested'
  | 'answer'
  | 'merge'
  | 'discard'
  | 'revert'
  /** One of several answers to the same request; it belongs to the turn that asked. */
  | 'attempt'
  | 'alert';

/**
 * Where a turn is. `received` until the bot has looked up the person and the repo; `needs_repo` while a
 * person is asked for it; `queued` until a worker claims it; `waiting` while a person is asked something.
 */
export type TurnState =
  | 'received'
  | 'needs_repo'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'done'
  | 'failed'
  | 'stopped'
  | 'refused';

export type OpenTurnState = Exclude<TurnState, 'done' | 'failed' | 'stopped' | 'refused'>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * How long a turn may stay in each open state, and where it goes then. A state without an exit is how
 * sessions of other agents got stuck for ever, so the type makes one mandatory for every state.
 */
export const turnDeadlines: Record<
  OpenTurnState,
  { readonly afterMs: number; readonly exit: 'failed' | 'stopped' }
> = {
  received: { afterMs: 10 * MINUTE_MS, exit: 'failed' },
  needs_repo: { afterMs: 7 * DAY_MS, exit: 'stopped' },
  queued: { afterMs: DAY_MS, exit: 'failed' },
  // The agent's own budget and the time limits of setup and checks end a turn long before.
  running: { afterMs: DAY_MS, exit: 'failed' },
  waiting: { afterMs: 7 * DAY_MS, exit: 'stopped' },
};

/** Turn states in which nothing more happens. */
export function isOver(state: TurnState): boolean {
  return !(state in turnDeadlines);
}

/** Somebody who asked for something, as far as Slack told us. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
}

/** A user group of Slack, as a list names it: by its id or as `@handle`. */
export interface UserGroup {
  readonly id: string;
  readonly handle: string;
}

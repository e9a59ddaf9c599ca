// A plan that the agent made before it changed anything, and what a person decided on it.

export interface PlanDecision {
  readonly how: 'go' | 'change';
  readonly by: string;
  /** What should be different; empty for a go. */
  readonly text: string;
}

export interface Proposal {
  /** Markdown. */
  readonly text: string;
  /** Null while it waits. */
  readonly decision: PlanDecision | null;
}

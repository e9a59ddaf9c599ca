// An attempt: one of several answers made in parallel for the same turn. A plain turn has one, which is the
// session's own; the others have a number that names their journal, their branch and their sandbox.

/** How many attempts a request may ask for: people compare them side by side, and each has a sandbox. */
export const MAX_ATTEMPTS = 4;
/** What the button **Try 3 ways** asks for. */
export const TRY_WAYS = 3;

/** The attempt that a session begins with. */
export const FIRST_ATTEMPT = 0;

/** In what the attempts at a request differ, in their order. Each has its words in worker/agent/prompts. */
export const APPROACHES = ['simplest', 'thorough', 'different', 'maintainer'] as const;
export type Approach = (typeof APPROACHES)[number];

/** What of an attempt stands in the log of the turn that asked for it. */
export interface StartedAttempt {
  /** The turn that works on it, or whose result is a candidate. */
  readonly turnId: string;
  /** Null for a result that was there before. */
  readonly approach: Approach | null;
}

/** Which of how many a person chose. */
export interface Chosen {
  /** From 1, as people see it. */
  readonly place: number;
  readonly of: number;
  readonly by: string;
}

/** The key of an attempt's sandbox. */
export function sandboxKey(sessionId: string, attempt: number): string {
  return attempt === FIRST_ATTEMPT ? sessionId : `${sessionId}-attempt-${attempt}`;
}

const KEY = /^(.+?)(?:-attempt-(\d+))?$/;

/** Whose sandbox a key names. */
export function ownerOfSandbox(key: string): { readonly sessionId: string; readonly attempt: number } {
  const [, sessionId = key, attempt] = KEY.exec(key) ?? [];
  return { sessionId, attempt: Number(attempt ?? FIRST_ATTEMPT) };
}

// A session: one Slack thread being worked on, with its repo, branch and sandbox.
import { randomInt } from 'node:crypto';
import { FIRST_ATTEMPT } from './attempt.ts';

/** `open` until a person merged or discarded the work; a follow-up opens it again. */
export type SessionState = 'open' | 'merged' | 'discarded';

/** Where a session lives in Slack. */
export interface ThreadAddress {
  readonly teamId: string;
  readonly channelId: string;
  /** `ts` of the thread's first message. */
  readonly threadTs: string;
}

const ID_ALPHABET = 'abcdefghjkmnpqrstvwxyz23456789';
const ID_LENGTH = 10;

/** A new session id: short enough for a branch name, with no letters that are easily confused. */
export function newSessionId(): string {
  return Array.from({ length: ID_LENGTH }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join('');
}

/**
 * The branch that a session's work, or an attempt at it, is published on. Not one below the other: git keeps no
 * branch whose name another one's begins with.
 */
export function branchOf(sessionId: string, attempt: number = FIRST_ATTEMPT): string {
  const branch = `threadsmith/${sessionId}`;
  return attempt === FIRST_ATTEMPT ? branch : `${branch}-attempt-${attempt}`;
}

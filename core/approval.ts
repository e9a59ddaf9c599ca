// Approvals of a change: given to one commit, counted, and not by the only person who asked for it.
import type { Person, UserGroup } from './turn.ts';

/** One person's approval of exactly this commit. */
export interface Approval {
  readonly by: Person;
  readonly commit: string;
  /** The person's user groups at the click: the worker, which asks Slack nothing, checks the lists with them. */
  readonly groups?: readonly UserGroup[];
}

// An approval: a person's consent to one commit of a change.
import type { Person, UserGroup } from './turn.ts';

/** One person's approval of exactly this commit. */
export interface Approval {
  readonly by: Person;
  readonly commit: string;
  /** The person's user groups at the click. The worker checks the lists with them, since it does not ask Slack. */
  readonly groups?: readonly UserGroup[];
}

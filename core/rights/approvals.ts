import type { Approval } from '../approval.ts';
import type { Config } from '../config/config.ts';
import type { Person } from '../turn.ts';
import { type Actor, may } from './authority.ts';

/** Whether the change is this person's alone, so that somebody else has to approve it. */
export function isOwnChange(
  rules: Config['approvals'],
  prompters: readonly Pick<Person, 'id'>[],
  personId: string,
): boolean {
  return !rules.own && prompters.length > 0 && prompters.every(({ id }) => id === personId);
}

/** The approvals of this commit that count now, one for each person. */
export function countingApprovals(
  config: Pick<Config, 'people' | 'approvals'>,
  given: readonly Approval[],
  commit: string,
  prompters: readonly Pick<Person, 'id'>[],
): readonly Approval[] {
  const latest = new Map(given.map((approval) => [approval.by.id, approval]));
  return [...latest.values()].filter(
    (approval) =>
      approval.commit === commit &&
      may(config.people, 'approve', actorOf(approval)) &&
      !isOwnChange(config.approvals, prompters, approval.by.id),
  );
}

/** Somebody whom the bot let through at a click; guests and strangers were told apart there. */
export function actorOf({ by, groups }: Pick<Approval, 'by' | 'groups'>): Actor {
  return { ...by, isMember: true, ...(groups === undefined ? {} : { groups }) };
}

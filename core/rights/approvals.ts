// Decides which approvals of a commit count.
import type { Approval } from '../approval.ts';
import type { Config } from '../config/config.ts';
import type { Person } from '../turn.ts';
import { type Actor, may } from './authority.ts';

/** Whether this person is the only one who asked for the change, so that another one has to approve it. */
export function isOwnChange(
  rules: Config['approvals'],
  prompters: readonly Pick<Person, 'id'>[],
  personId: string,
): boolean {
  return !rules.own && prompters.length > 0 && prompters.every(({ id }) => id === personId);
}

/** The approvals of this commit that count now, at most one of each person. */
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

/** The approver as an actor. The bot has refused guests and people of other organisations at the click. */
export function actorOf({ by, groups }: Pick<Approval, 'by' | 'groups'>): Actor {
  return { ...by, isMember: true, ...(groups === undefined ? {} : { groups }) };
}

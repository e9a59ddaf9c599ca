// Who may do what. Every check goes through here, and an empty list means nobody.
import type { People } from './config.ts';
import type { Person } from './turn.ts';

export type Act = keyof People;

/** Written in a list, it stands for every full member of the own workspace; guests and other organisations never. */
export const EVERYONE = 'everyone';

/** A person as seen at the moment of the act. */
export interface Actor extends Person {
  /** A full member of the workspace that Threadsmith is installed in. */
  readonly isMember: boolean;
}

/**
 * Whether this person may. A list names people by Slack user id or e-mail address; guests and people of
 * other organisations only count when they are named themselves.
 */
export function may(people: People, act: Act, actor: Actor): boolean {
  const list = people[act];
  const email = actor.email?.toLowerCase();
  return list.some(
    (entry) =>
      entry === actor.id ||
      (email !== undefined && entry.toLowerCase() === email) ||
      (entry === EVERYONE && actor.isMember),
  );
}

/** Who may, as one would say it to somebody who may not. Ids become mentions by the caller. */
export function whoMay(people: People, act: Act): readonly string[] {
  return people[act];
}

// Decides who may start, approve and merge. Every check of a right is here; an empty list means nobody.
import type { People } from '../config/config.ts';
import type { Person, UserGroup } from '../turn.ts';

export type Act = keyof People;

/** In a list it means every full member of the own Slack workspace, but no guest and no other organisation. */
export const EVERYONE = 'everyone';

/** A person with what Slack says about them at the moment of the act. */
export interface Actor extends Person {
  /** Whether this is a full member of the Slack workspace that the app is installed in. */
  readonly isMember: boolean;
  /** Whether the person is of another organisation, whose administrators set the e-mail address: only the id counts. */
  readonly isForeign?: boolean;
  /** The ids of the person's user groups; absent where Slack did not answer. */
  readonly groups?: readonly UserGroup[];
  /** Handles by group id, for the words that tell a person who may. */
  readonly handles?: Readonly<Record<string, string>>;
}

/**
 * Whether a list gives this person a right. A list names people by Slack user id or e-mail address, and user
 * groups; guests and people of other organisations only count when the list names them themselves.
 */
export function may(people: People, act: Act, actor: Actor): boolean {
  const email = actor.isForeign === true ? undefined : actor.email?.toLowerCase();
  return people[act].some(
    (entry) =>
      entry === actor.id ||
      (email !== undefined && entry.toLowerCase() === email) ||
      (actor.isMember && (entry === EVERYONE || isIn(actor.groups ?? [], entry))),
  );
}

/** Whether the person may have the right by a user group, but Slack could not be asked about its members. */
export function isUncertain(people: People, act: Act, actor: Actor): boolean {
  return (
    actor.groups === undefined && actor.isMember && !may(people, act, actor) && people[act].some(isGroup)
  );
}

/** The entries of a list in words, for an actor without the right. The caller makes mentions of user ids. */
export function whoMay(people: People, act: Act, actor?: Actor): readonly string[] {
  return people[act].map((entry) => {
    const handle = actor?.handles?.[entry];
    return handle === undefined ? entry : `@${handle}`;
  });
}

/** Whether an entry of a list is a user group. */
export function isGroup(entry: string): boolean {
  return entry.startsWith('@') || /^S[A-Z0-9]{5,20}$/.test(entry);
}

/** Whether any list names a user group, so that Slack has to be asked about them. */
export function namesGroups(people: People): boolean {
  return Object.values(people).flat().some(isGroup);
}

function isIn(groups: readonly UserGroup[], entry: string): boolean {
  return groups.some(({ id, handle }) => entry === id || entry.toLowerCase() === `@${handle.toLowerCase()}`);
}

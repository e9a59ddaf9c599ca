// Who may do what. Every check goes through here, and an empty list means nobody.
import type { People } from '../config/config.ts';
import type { Person, UserGroup } from '../turn.ts';

export type Act = keyof People;

/** Written in a list, it stands for every full member of the own workspace; guests and other organisations never. */
export const EVERYONE = 'everyone';

/** A person as seen at the moment of the act. */
export interface Actor extends Person {
  /** A full member of the workspace that Threadsmith is installed in. */
  readonly isMember: boolean;
  /** Of another organisation: its administrators say what the e-mail address is, so only the id counts. */
  readonly isForeign?: boolean;
  /** The user groups that the person is in; not there where Slack could not be asked. */
  readonly groups?: readonly UserGroup[];
  /** Handles by group id, to say who may to somebody who may not. */
  readonly handles?: Readonly<Record<string, string>>;
}

/**
 * Whether this person may. A list names people by Slack user id or e-mail address, and user groups; guests and
 * people of other organisations only count when they are named themselves.
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

/** Whether somebody who may not perhaps may by a user group, only that Slack could not be asked about those. */
export function isUncertain(people: People, act: Act, actor: Actor): boolean {
  return (
    actor.groups === undefined && actor.isMember && !may(people, act, actor) && people[act].some(isGroup)
  );
}

/** Who may, as one would say it to this actor, who may not. User ids become mentions by the caller. */
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

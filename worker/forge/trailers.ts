// Writes the lines at the end of a commit message that name people.
import type { Signature } from './mirror.ts';

/** `Co-authored-by` lines for all but the author, one for each address. */
export function coAuthorLines(people: readonly Signature[], author: Signature): string {
  return lines(
    'Co-authored-by',
    people.filter(({ email }) => email !== author.email),
  );
}

export function approvedByLines(people: readonly Signature[]): string {
  return lines('Approved-by', people);
}

function lines(trailer: string, people: readonly Signature[]): string {
  const unique = new Map(people.map((person) => [person.email, person]));
  return [...unique.values()]
    .map(({ name, email }) => `${trailer}: ${safe(name)} <${safe(email)}>\n`)
    .join('');
}

/** Removes what would make a name from outside another trailer. */
function safe(text: string): string {
  return text.replace(/[<>\n\r\0]/g, ' ').trim() || 'unknown';
}

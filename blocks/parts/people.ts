// Names people: as a mention where the id is one of Slack's, else by name.
import type { ContextBlock, RichTextElement } from '@slack/types';
import { escape, oneLine } from '../rules/text.ts';
import { isUserId, type Named, person, words } from './rich.ts';

/** The name for plain text. */
export function nameOf(who: Named): string {
  return oneLine(who.name || who.id, 80) || 'somebody';
}

/** The name for a message's `text`, escaped; a mention where only the id is known, for which Slack shows the name. */
export function nameInText(who: Named): string {
  return !who.name && isUserId(who.id) ? `<@${who.id}>` : escape(nameOf(who));
}

/** A small grey line about a person. `before` and `after` are mrkdwn, not text from outside. */
export function personContext(before: string, who: Named, after = ''): ContextBlock {
  const name = isUserId(who.id) ? `<@${who.id}>` : escape(nameOf(who));
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `${before}${name}${after}`, verbatim: true }],
  };
}

const NAMES_MAX = 12;

/** Names for plain text: `Mara, Jon and Sana`. */
export function namesOf(people: readonly Named[]): string {
  return joined(people, nameOf, (text) => text).join('');
}

/** The same for rich text, as mentions. */
export function peopleIn(people: readonly Named[]): readonly (readonly RichTextElement[])[] {
  return joined<readonly RichTextElement[]>(people, person, words);
}

function joined<T>(
  people: readonly Named[],
  show: (who: Named) => T,
  say: (text: string) => T,
): readonly T[] {
  const shown = people.slice(0, NAMES_MAX);
  const rest = people.length - shown.length;
  const parts = [...shown.map(show), ...(rest > 0 ? [say(`${rest} more`)] : [])];
  return parts.flatMap((part, place) => {
    if (place === 0) return [part];
    return [say(place === parts.length - 1 ? ' and ' : ', '), part];
  });
}

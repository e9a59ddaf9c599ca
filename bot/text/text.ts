// Slack's message text as a person reads it: names for ids, plain links, no escapes.
// https://docs.slack.dev/messaging/formatting-message-text/#retrieving-messages

const USER = /<@([UW][A-Z0-9]+)(?:\|([^>]*))?>/g;
const REFERENCE = /<([^<>]+)>/g;

/** The people that a text mentions. */
export function mentionedUsers(text: string): readonly string[] {
  return [...new Set([...text.matchAll(USER)].map((match) => match[1] ?? ''))].filter((id) => id !== '');
}

/** The text with mentions as `@name`, channels as `#name`, links as themselves, and without escapes. */
export function readableText(text: string, names: ReadonlyMap<string, string>): string {
  return text
    .replace(USER, (_whole, id: string, label: string | undefined) => `@${names.get(id) ?? label ?? id}`)
    .replace(REFERENCE, (_whole, inner: string) => reference(inner))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .trim();
}

/** Plain text in the form that Slack sends messages in. */
export function asSlackText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function reference(inner: string): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? '' : inner.slice(bar + 1);
  if (target.startsWith('#')) return `#${label || target.slice(1)}`;
  if (target.startsWith('!')) return label || `@${target.slice(1).split('^')[0]}`;
  return label === '' || target.endsWith(label) ? target : `${label} (${target})`;
}

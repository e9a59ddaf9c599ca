// How a person is named: as a mention where Slack knows the id, by name otherwise.
import type { ContextBlock } from '@slack/types';
import { isUserId } from './rich.ts';
import { escape, oneLine } from './text.ts';

interface Named {
  readonly id: string;
  readonly name?: string;
}

/** The name for plain text. */
export function nameOf(who: Named): string {
  return oneLine(who.name || who.id, 80) || 'somebody';
}

/** A small grey line about a person: `before` is ours and may hold Slack's markup. */
export function personContext(before: string, who: Named, after = ''): ContextBlock {
  const name = isUserId(who.id) ? `<@${who.id}>` : escape(nameOf(who));
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `${before}${name}${after}`, verbatim: true }],
  };
}

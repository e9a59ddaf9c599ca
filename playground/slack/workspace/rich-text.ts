// The rich_text block that Slack's client makes of what a person types: mentions, channels, links, text.
import { makeId } from '../records/ids.ts';
import type { Dict } from '../records/records.ts';
import { unescapeText } from './typed-text.ts';

const TOKEN =
  /<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|<#([CG][A-Z0-9]+)(?:\|[^>]*)?>|<!(here|channel|everyone)>|<(https?:\/\/[^>|]+)(?:\|([^>]+))?>|(https?:\/\/[^\s<>]+)/g;

export function richTextOf(text: string): Dict {
  const elements: Dict[] = [];
  let done = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > done)
      elements.push({ type: 'text', text: unescapeText(text.slice(done, match.index)) });
    elements.push(elementOf(match));
    done = match.index + match[0].length;
  }
  if (done < text.length) elements.push({ type: 'text', text: unescapeText(text.slice(done)) });
  return { type: 'rich_text', block_id: makeId('', 5), elements: [{ type: 'rich_text_section', elements }] };
}

function elementOf(match: RegExpMatchArray): Dict {
  const [whole, user, channel, range, url, label, bareUrl] = match;
  if (user !== undefined) return { type: 'user', user_id: user };
  if (channel !== undefined) return { type: 'channel', channel_id: channel };
  if (range !== undefined) return { type: 'broadcast', range };
  if (url !== undefined)
    return {
      type: 'link',
      url: unescapeText(url),
      ...(label === undefined ? {} : { text: unescapeText(label) }),
    };
  return { type: 'link', url: bareUrl ?? whole };
}

// The links of a request, read before the agent starts: messages of the workspace, and what rules name.
import { hasCode } from '../../core/errors.ts';
import type { TurnDetails } from '../../db/entities/session.ts';
import { placeOfPermalink, type Reader, readPermalink } from './permalink.ts';
import type { ReadyRule } from './rules.ts';
import { readWebLink } from './web.ts';

type FoundLinks = NonNullable<TurnDetails['links']>;

const LINKS_MAX = 5;
const LINK = /https?:\/\/[^\s<>"'`|)\]]+/gi;

/** What the links of a text lead to, as far as it is known how to read them. */
export async function resolveLinks(
  reader: Reader,
  rules: readonly ReadyRule[],
  text: string,
  userId: string,
): Promise<FoundLinks> {
  const links = [...new Set([...text.matchAll(LINK)].map(([link]) => link.replace(/[.,;:!?]+$/, '')))];
  const found: FoundLinks[number][] = [];
  for (const url of links) {
    if (found.length >= LINKS_MAX) break;
    const place = placeOfPermalink(reader.identity, url);
    const said = place === null ? await readWebLink(rules, url) : await messageAt(reader, place, userId);
    if (said !== null) found.push({ url, text: said });
  }
  return found;
}

async function messageAt(
  reader: Reader,
  place: NonNullable<ReturnType<typeof placeOfPermalink>>,
  userId: string,
): Promise<string> {
  try {
    return await readPermalink(reader, place, userId);
  } catch (error) {
    if (!hasCode(error, 'slack_refused')) throw error;
    return 'It could not be read: the app is not in that channel.';
  }
}

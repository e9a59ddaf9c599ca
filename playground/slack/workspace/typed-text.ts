// What Slack's client makes of what a person types: names become tokens, links are wrapped, and the three
// characters that mark tokens are escaped, so an app sees `a &lt; b` where somebody wrote `a < b`.
import type { Workspace } from './workspace.ts';

/** Tokens that are kept as they are, then what becomes one: links, @names, #channels. */
const PARTS =
  /(<@[UW][A-Z0-9]+(?:\|[^>]*)?>|<#[CG][A-Z0-9]+(?:\|[^>]*)?>|<!(?:here|channel|everyone)>|<https?:\/\/[^>]+>)|(https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]])|(?<![\w<@])@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)|(?<![\w&#/])#([a-z0-9][a-z0-9_-]*)/gi;

export function textOfTyped(ws: Workspace, typed: string): string {
  let text = '';
  let done = 0;
  for (const match of typed.matchAll(PARTS)) {
    const [whole, token, link, name, channel] = match;
    text += escapeText(typed.slice(done, match.index));
    if (token !== undefined) text += token;
    else if (link !== undefined) text += `<${escapeText(link)}>`;
    else if (name !== undefined) text += mentionOf(ws, name) ?? whole;
    else text += channelLink(ws, channel ?? '') ?? whole;
    done = match.index + whole.length;
  }
  return text + escapeText(typed.slice(done));
}

function mentionOf(ws: Workspace, name: string): string | undefined {
  const lower = name.toLowerCase();
  if (['here', 'channel', 'everyone'].includes(lower)) return `<!${lower}>`;
  const user = ws.state.users.find((candidate) => candidate.name === lower);
  return user === undefined ? undefined : `<@${user.id}>`;
}

function channelLink(ws: Workspace, name: string): string | undefined {
  const channel = ws.state.channels.find((candidate) => candidate.name === name.toLowerCase());
  return channel === undefined ? undefined : `<#${channel.id}|${channel.name}>`;
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

// Finds what Slack would refuse in a view, and what text from outside must never become: a mention, a disguised
// link, a picture, markup.
import { isFields } from '../../blocks/rules/weigh.ts';
import { findProblems } from '../../playground/slack/blocks/check.ts';
import { findViewProblems } from '../../playground/slack/interactivity/views.ts';

/** What Slack would refuse in a modal or a Home tab, as the playground implements Slack's reference. */
export function viewProblems(view: object, type: 'modal' | 'home'): string[] {
  const blocks: unknown = Reflect.get(view, 'blocks');
  return [
    ...findViewProblems({ ...view }, type),
    ...findProblems(Array.isArray(blocks) ? blocks : [], type, '/blocks', () => undefined),
  ];
}

/** Everything in a message or view that text from outside must not be able to put there. */
export function dangers(
  value: { readonly text?: string; readonly blocks: unknown },
  people: readonly string[],
): string[] {
  const found: string[] = [];
  if (value.text !== undefined) markup(value.text, people, found);
  walk(value.blocks, people, found);
  return found;
}

function markup(text: string, people: readonly string[], found: string[]): void {
  const rest = text.replace(/<@([UW][A-Z0-9]+)>/g, (whole, id: string) => (people.includes(id) ? '' : whole));
  if (/[<>]/.test(rest)) found.push(`markup in ${JSON.stringify(rest.slice(0, 200))}`);
  if (/&(?!amp;|lt;|gt;)/.test(rest)) found.push(`bare ampersand in ${JSON.stringify(rest.slice(0, 200))}`);
}

function walk(value: unknown, people: readonly string[], found: string[]): void {
  if (Array.isArray(value)) return value.forEach((item) => walk(item, people, found));
  if (typeof value === 'string') {
    if (/[\u0000-\u0008\u202a-\u202e\u2066-\u2069]/.test(value))
      found.push(`control in ${JSON.stringify(value)}`);
    if (!value.isWellFormed()) found.push('broken Unicode');
    return;
  }
  if (!isFields(value)) return;
  if (value.type === 'mrkdwn') markup(String(value.text), people, found);
  if (['broadcast', 'usergroup', 'team', 'channel'].includes(String(value.type)))
    found.push(`a ${String(value.type)} mention`);
  if (value.type === 'user' && !people.includes(String(value.user_id)))
    found.push(`a mention of ${String(value.user_id)}`);
  if (value.type === 'markdown') found.push('a markdown block');
  if (value.image_url !== undefined) found.push('a picture from another host');
  if (value.type === 'link') disguised(String(value.url), value.text, found);
  for (const field of Object.values(value)) walk(field, people, found);
}

function disguised(url: string, label: unknown, found: string[]): void {
  if (!/^https?:\/\/[^@/]+(\/|$)/.test(url)) found.push(`a link to ${url}`);
  if (typeof label !== 'string') return;
  const host = /^(?:https?:\/\/)?([\w-]+(?:\.[\w-]+)*\.[a-z]{2,})/i.exec(label)?.[1];
  const isCode = /\.\w+:\d+/.test(label);
  if (host && !isCode && new URL(url).hostname !== host.toLowerCase()) found.push(`${label} leads to ${url}`);
}

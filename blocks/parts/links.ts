// Links that cannot lie: a web address only, and a label that names another place is shown beside the true one.
import type { RichTextElement } from '@slack/types';
import type { CodeLinks } from '../../core/view.ts';
import { IMAGE_URL_MAX } from '../rules/limits.ts';
import { clean, oneLine } from '../rules/text.ts';
import { link, type Style, words } from './rich.ts';

const LABEL_MAX = 1_000;

/** The address as it may be linked, or null: http and https only, without user names, not too long. */
export function webAddress(href: string): URL | null {
  const url = URL.parse(clean(href).trim());
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') return null;
  if (url.username !== '' || url.password !== '') return null;
  return url.href.length <= IMAGE_URL_MAX && !/[\s<>|]/.test(url.href) ? url : null;
}

/**
 * A link from text that nobody vouches for. A label that reads like another address is no longer the link:
 * it is followed by the address in full. What cannot be linked becomes literal text.
 */
export function outsideLink(href: string, label: string, style?: Style): readonly RichTextElement[] {
  const name = oneLine(label, LABEL_MAX);
  const url = webAddress(href);
  if (!url) {
    const rest = oneLine(href, LABEL_MAX);
    return words(name === '' || name === rest ? rest : `${name} (${rest})`, style);
  }
  if (name === '' || isSameAddress(name, url)) return [link(url.href, url.href, style)];
  if (!namesAnAddress(name)) return [link(url.href, name, style)];
  return [...words(`${name} (`, style), link(url.href, url.href, style), ...words(')', style)];
}

function isSameAddress(label: string, url: URL): boolean {
  return [label, `https://${label}`, `http://${label}`].some((text) => URL.parse(text)?.href === url.href);
}

/** `paypal.com`, `www.x`, `https:...`: also in letters that only look like these. */
function namesAnAddress(label: string): boolean {
  const text = label.normalize('NFKC');
  return /:\/\/|www\.|[\p{L}\p{N}_-]\.[\p{L}\p{N}-]*\p{L}{2}/iu.test(text);
}

/** A place in the code as people write it: `src/cart.ts:12` or `src/cart.ts:12-18`. */
const PLACE =
  /(?<![\w/:@.-])((?:[\w@.+-]+\/)*[\w@+-][\w@.+-]*\.[A-Za-z]\w{0,9}):(\d{1,7})(?:[-–](\d{1,7}))?(?![\w:])/g;

/** Literal text in which places in the code are links, or in a code style where the repo has no web page. */
export function withPlaces(
  text: string,
  links: CodeLinks | null,
  style: Style = {},
): readonly RichTextElement[] {
  const elements: RichTextElement[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    const [whole, path, line] = match;
    if (path === undefined || line === undefined) continue;
    elements.push(...words(text.slice(end, match.index), style));
    elements.push(...place(whole, path, line, links, { ...style, code: true }));
    end = match.index + whole.length;
  }
  return [...elements, ...words(text.slice(end), style)];
}

function place(
  whole: string,
  path: string,
  line: string,
  links: CodeLinks | null,
  style: Style,
): readonly RichTextElement[] {
  const url = links && codeAddress(links, path, line);
  return url ? [link(url, whole, style)] : words(whole, style);
}

/** The web page of a commit, where the template for lines of code tells what it is; null where it does not. */
export function commitAddress(template: string, commit: string): string | null {
  const known = /^(.*?)\/(?:blob|src\/commit)\/\{commit\}\//.exec(template)?.[1];
  return known === undefined
    ? null
    : (webAddress(`${known}/commit/${encodeURIComponent(commit)}`)?.href ?? null);
}

/** The web page of a line of code, or null where the template gives none. */
export function codeAddress(links: CodeLinks, path: string, line: string): string | null {
  if (path.split('/').includes('..')) return null;
  const parts: Readonly<Record<string, string>> = {
    '{commit}': encodeURIComponent(links.commit),
    '{path}': path.split('/').map(encodeURIComponent).join('/'),
    '{line}': line,
  };
  return (
    webAddress(links.template.replace(/\{commit\}|\{path\}|\{line\}/g, (name) => parts[name] ?? ''))?.href ??
    null
  );
}

// Makes links that cannot deceive: only to web addresses, and beside the address where the label names another one.
import type { RichTextElement } from '@slack/types';
import type { CodeLinks } from '../../core/view.ts';
import { IMAGE_URL_MAX } from '../rules/limits.ts';
import { clean, oneLine } from '../rules/text.ts';
import { link, type Style, words } from './rich.ts';

const LABEL_MAX = 1_000;

/** The parsed address; null where it is not http or https, has a user name, or is too long for Slack. */
export function webAddress(href: string): URL | null {
  const url = URL.parse(clean(href).trim());
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') return null;
  if (url.username !== '' || url.password !== '') return null;
  return url.href.length <= IMAGE_URL_MAX && !/[\s<>|]/.test(url.href) ? url : null;
}

/**
 * Makes a link from untrusted text. A label that reads like another address stands beside the address, which then
 * is the link. An address that cannot be linked becomes literal text.
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

/** Whether the label reads like an address: `paypal.com`, `www.x`, `https://…`, also in look-alike letters. */
function namesAnAddress(label: string): boolean {
  const text = label.normalize('NFKC');
  return /:\/\/|www\.|[\p{L}\p{N}_-]\.[\p{L}\p{N}-]*\p{L}{2}/iu.test(text);
}

/** A place in the code as people write it: `src/cart.ts:12` or `src/cart.ts:12-18`. */
const PLACE =
  /(?<![\w/:@.-])((?:[\w@.+-]+\/)*[\w@+-][\w@.+-]*\.[A-Za-z]\w{0,9}):(\d{1,7})(?:[-–](\d{1,7}))?(?![\w:])/g;

/** Literal text with places in the code as links, or as code where the repo has no web page. */
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

/** The web page of a commit; null where the template for lines of code does not show how such a page is named. */
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

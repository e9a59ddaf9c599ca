// Converts inline Markdown to elements of rich text: styles, code, links, line breaks.
import type { RichTextElement } from '@slack/types';
import type { MarkedToken, Token } from 'marked';
import type { CodeLinks } from '../../core/view.ts';
import { outsideLink, withPlaces } from '../parts/links.ts';
import { type Style, words } from '../parts/rich.ts';

/** Converts inline tokens. Neighbouring texts of one style become one element. */
export function inline(
  tokens: readonly Token[],
  links: CodeLinks | null,
  style: Style = {},
): RichTextElement[] {
  return joined(tokens.flatMap((token) => (isKnown(token) ? element(token, links, style) : [])));
}

const KNOWN = new Set(
  (
    'blockquote br checkbox code codespan def del em escape heading hr html image link list list_item ' +
    'paragraph space strong table text'
  ).split(' '),
);

/** Whether the token is one of the parser's own, not of an extension: we use none. */
export function isKnown(token: Token): token is MarkedToken {
  return KNOWN.has(token.type);
}

function element(token: MarkedToken, links: CodeLinks | null, style: Style): readonly RichTextElement[] {
  switch (token.type) {
    case 'text':
      return token.tokens
        ? inline(token.tokens, links, style)
        : withPlaces(decoded(token.text), links, style);
    case 'escape':
      return words(token.text, style);
    case 'strong':
      return inline(token.tokens, links, { ...style, bold: true });
    case 'em':
      return inline(token.tokens, links, { ...style, italic: true });
    case 'del':
      return inline(token.tokens, links, { ...style, strike: true });
    case 'codespan':
      return codeSpan(token.text, links, style);
    case 'br':
      return words('\n', style);
    case 'link':
      return address(token.href, plainOf(token.tokens), style);
    case 'image':
      return outsideLink(token.href, token.text.trim() === '' ? 'image' : decoded(token.text), style);
    case 'html':
      return /^<br\s*\/?>\s*$/i.test(token.text) ? words('\n', style) : words(token.text, style);
    case 'checkbox':
    case 'space':
    case 'def':
      return [];
    default:
      return words('text' in token ? token.text : token.raw, style);
  }
}

/** A web address becomes a link, an e-mail address text: a browser cannot open it. */
function address(href: string, label: string, style: Style): readonly RichTextElement[] {
  return /^mailto:/i.test(href) ? words(label, style) : outsideLink(href, label, style);
}

/** A code span that names a place in the code becomes a link to it; any other is literal. */
function codeSpan(text: string, links: CodeLinks | null, style: Style): readonly RichTextElement[] {
  const found = withPlaces(text, links, { ...style, code: true });
  return found.length === 1 ? found : words(text, { ...style, code: true });
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  hellip: '…',
  mdash: '—',
  ndash: '–',
};

/** Decodes the entities that models write; others stay as they are. */
export function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, dec, hex, name) => {
    if (typeof name === 'string') return ENTITIES[name.toLowerCase()] ?? whole;
    const point = typeof dec === 'string' ? Number(dec) : Number.parseInt(String(hex), 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** The words of tokens without any markup. */
export function plainOf(tokens: readonly Token[]): string {
  return tokens.map((token) => (isKnown(token) ? plainToken(token) : '')).join('');
}

function plainToken(token: MarkedToken): string {
  switch (token.type) {
    case 'br':
      return '\n';
    case 'space':
      return '\n\n';
    case 'def':
    case 'checkbox':
      return '';
    case 'hr':
      return '\n';
    case 'code':
    case 'codespan':
    case 'html':
    case 'escape':
      return token.type === 'code' ? `${token.text}\n` : token.text;
    case 'image':
      return decoded(token.text);
    case 'list':
      return token.items.map((item) => `• ${plainOf(item.tokens).trim()}\n`).join('');
    case 'table':
      return [token.header, ...token.rows]
        .map((row) => `${row.map((cell) => plainOf(cell.tokens)).join(' | ')}\n`)
        .join('');
    case 'text':
      return token.tokens ? plainOf(token.tokens) : decoded(token.text);
    case 'paragraph':
    case 'heading':
      return `${plainOf(token.tokens)}\n`;
    default:
      return plainOf(token.tokens);
  }
}

/** Joins neighbouring texts of the same style. */
function joined(elements: readonly RichTextElement[]): RichTextElement[] {
  const out: RichTextElement[] = [];
  for (const next of elements) {
    const last = out.at(-1);
    if (last?.type === 'text' && next.type === 'text' && sameStyle(last.style, next.style))
      out[out.length - 1] = { ...last, text: last.text + next.text };
    else out.push(next);
  }
  return out;
}

function sameStyle(one: Style | undefined, other: Style | undefined): boolean {
  const keys: readonly (keyof Style)[] = ['bold', 'italic', 'strike', 'code', 'underline'];
  return keys.every((key) => (one?.[key] ?? false) === (other?.[key] ?? false));
}

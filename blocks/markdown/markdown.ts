// Converts Markdown as models write it to Slack's rich text.
//
// It does not use Slack's `markdown` block: Slack parses the text of such a block, so that a label can disguise a
// link, and a cut can break a code fence. Slack shows the text in an element of rich text as it is.
import type { RichTextBlock, RichTextBlockElement, RichTextElement, RichTextSection } from '@slack/types';
import { type MarkedToken, marked, type Token, type Tokens } from 'marked';
import type { CodeLinks } from '../../core/view.ts';
import { list, preformatted, quote, richText, section, words } from '../parts/rich.ts';
import { LIST_INDENT_MAX } from '../rules/limits.ts';
import { clean, splitText } from '../rules/text.ts';
import { inline, isKnown, plainOf } from './markdown-inline.ts';
import { tableParts } from './markdown-table.ts';

/** The parser takes time that grows with the square of some inputs, so it never sees more than this at once. */
const PARSED_AT_ONCE = 8_000;
/** Longer sources are cut: no thread should hold more. */
const SOURCE_MAX = 400_000;

export interface MarkdownOptions {
  /** The template for links to places in the code, such as `src/a.ts:3`. */
  readonly links?: CodeLinks | null;
  /** The text in place of a blank source. */
  readonly blank?: string;
}

/**
 * Converts Markdown to blocks, none for a blank text without a substitute. Text that is not Markdown becomes literal text. Nothing in
 * it can become a mention, a picture, or a link whose label names another place. The blocks may be longer than a
 * message; `fit` splits them.
 */
export function markdownBlocks(source: string, options: MarkdownOptions = {}): RichTextBlock[] {
  const { links = null, blank = '' } = options;
  const parts = chunks(clean(source).slice(0, SOURCE_MAX)).flatMap((chunk) => parse(chunk, links));
  return spaced(parts.length > 0 || blank === '' ? parts : [section(words(blank))]);
}

/** The words of a Markdown text without formats, for notifications and screen readers. */
export function markdownWords(source: string): string {
  try {
    return chunks(clean(source).slice(0, SOURCE_MAX))
      .map((chunk) => plainOf(marked.lexer(chunk, { gfm: true })))
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  } catch {
    return clean(source).trim();
  }
}

function parse(chunk: string, links: CodeLinks | null): RichTextBlockElement[] {
  try {
    return blockParts(marked.lexer(chunk, { gfm: true }), links);
  } catch {
    // Thousands of nested quotes exhaust the parser's stack; such a text is shown as it is.
    return splitText(chunk, PARSED_AT_ONCE).map((text) => section(words(text)));
  }
}

/** Splits the source into parts that can be parsed separately: between blocks, never within a code fence. */
function chunks(source: string): string[] {
  if (source.length <= PARSED_AT_ONCE) return [source];
  const out: string[] = [];
  let current = '';
  let fence: string | null = null;
  for (const line of source
    .split('\n')
    .flatMap((text) => (text.length > PARSED_AT_ONCE ? splitText(text, PARSED_AT_ONCE) : [text]))) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const full = current.length + line.length > PARSED_AT_ONCE;
    const border = fence === null && (line.trim() === '' || full);
    if (border && current.length > PARSED_AT_ONCE / 2) {
      out.push(current);
      current = '';
    }
    current += `${line}\n`;
    if (mark) fence = fence === null ? mark : mark.startsWith(fence) ? null : fence;
  }
  return [...out, current];
}

function blockParts(tokens: readonly Token[], links: CodeLinks | null): RichTextBlockElement[] {
  return tokens.flatMap((token) => (isKnown(token) ? blockPart(token, links) : []));
}

function blockPart(token: MarkedToken, links: CodeLinks | null): RichTextBlockElement[] {
  switch (token.type) {
    case 'space':
    case 'def':
      return [];
    case 'heading':
      return sections(inline(token.tokens, links, { bold: true }));
    case 'paragraph':
      return sections(inline(token.tokens, links));
    case 'code':
      return [preformatted(token.text)];
    case 'blockquote':
      return [quote(flat(token.tokens, links))];
    case 'list':
      return listParts(token, links, 0);
    case 'table':
      return tableParts(token, links);
    case 'hr':
      return [section(words('———'))];
    default:
      return sections(inline([token], links));
  }
}

function sections(elements: readonly RichTextElement[]): RichTextSection[] {
  return elements.length === 0 ? [] : [section(elements)];
}

/** Slack's lists are flat: each depth is a list of its own, and code between items interrupts the list. */
function listParts(token: Tokens.List, links: CodeLinks | null, depth: number): RichTextBlockElement[] {
  const parts: RichTextBlockElement[] = [];
  const first = token.start === '' ? 1 : token.start;
  let items: RichTextSection[] = [];
  let done = 0;
  const flush = () => {
    if (items.length === 0) return;
    const offset = token.ordered ? Math.min(Math.max(0, first - 1 + done), 999_999) : 0;
    const indent = Math.min(depth, LIST_INDENT_MAX);
    parts.push(list(items, { style: token.ordered ? 'ordered' : 'bullet', indent, offset }));
    done += items.length;
    items = [];
  };
  for (const item of token.items) {
    const mark = item.task ? words(item.checked ? '☑ ' : '☐ ') : [];
    const lead = item.tokens.filter((child) => child.type === 'text' || child.type === 'paragraph');
    const text = lead.flatMap((child, index) => [
      ...(index > 0 ? words('\n') : []),
      ...inline(isKnown(child) && 'tokens' in child ? (child.tokens ?? [child]) : [child], links),
    ]);
    items.push(section(mark, text));
    for (const child of item.tokens) {
      if (!isKnown(child) || lead.includes(child) || child.type === 'checkbox' || child.type === 'space')
        continue;
      flush();
      parts.push(...(child.type === 'list' ? listParts(child, links, depth + 1) : blockPart(child, links)));
    }
  }
  flush();
  return parts;
}

/** Converts block tokens to one run of inline elements, for quotes, which hold nothing else. */
function flat(tokens: readonly Token[], links: CodeLinks | null): RichTextElement[] {
  return blockParts(tokens, links).flatMap((part, index) => [
    ...(index > 0 ? words('\n') : []),
    ...flatPart(part),
  ]);
}

function flatPart(part: RichTextBlockElement): readonly RichTextElement[] {
  switch (part.type) {
    case 'rich_text_list':
      return part.elements.flatMap((item, index) => [
        ...words(`${index > 0 ? '\n' : ''}${'  '.repeat(part.indent ?? 0)}• `),
        ...item.elements,
      ]);
    case 'rich_text_preformatted':
      return part.elements.map((element) => ({ ...element, style: { code: true } }));
    default:
      return part.elements;
  }
}

/**
 * Slack sets no space between paragraphs, and none between a list and what follows: so neighbouring paragraphs
 * become one section with an empty line between them, and text after anything else begins a new block.
 */
function spaced(parts: readonly RichTextBlockElement[]): RichTextBlock[] {
  const blocks: RichTextBlock[] = [];
  for (const part of parts) {
    const elements = blocks.at(-1)?.elements;
    const last = elements?.at(-1);
    if (!elements || !last) blocks.push(richText(part));
    else if (part.type !== 'rich_text_section') elements.push(part);
    else if (last.type !== 'rich_text_section') blocks.push(richText(part));
    else last.elements.push(...words('\n\n'), ...part.elements);
  }
  return blocks;
}

// Converts Markdown tables: a narrow one to an aligned code block, a wide one to a list for each row.
import type { RichTextBlockElement } from '@slack/types';
import type { Tokens } from 'marked';
import type { CodeLinks } from '../../core/view.ts';
import { bold, list, preformatted, section, words } from '../parts/rich.ts';
import { clean } from '../rules/text.ts';
import { inline, plainOf } from './markdown-inline.ts';

/** A code block in a thread wraps lines that are longer than about this. */
const WIDTH_MAX = 72;

/** Converts a table without Slack's table block: a message may have only one, and the checks use it. */
export function tableParts(token: Tokens.Table, links: CodeLinks | null): RichTextBlockElement[] {
  const rows = [token.header, ...token.rows].map((row) =>
    row.map((cell) => clean(plainOf(cell.tokens)).replace(/\s+/g, ' ').trim()),
  );
  const widths = token.header.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))));
  const width = widths.reduce((sum, each) => sum + each + 3, 0);
  if (width > WIDTH_MAX) return asLists(token, links);
  const line = (row: readonly string[]) =>
    widths
      .map((each, column) => aligned(row[column] ?? '', each, token.align[column] ?? null))
      .join(' │ ')
      .trimEnd();
  const [header = [], ...body] = rows;
  const rule = widths.map((each) => '─'.repeat(each)).join('─┼─');
  return [preformatted([line(header), rule, ...body.map(line)].join('\n'))];
}

function asLists(token: Tokens.Table, links: CodeLinks | null): RichTextBlockElement[] {
  return token.rows.map((row) =>
    list([
      section(
        row.flatMap((cell, column) => [
          ...words(column > 0 ? '\n' : ''),
          ...bold(clean(plainOf(token.header[column]?.tokens ?? []))),
          ...words(': '),
          ...inline(cell.tokens, links),
        ]),
      ),
    ]),
  );
}

function aligned(text: string, width: number, align: 'left' | 'right' | 'center' | null): string {
  const missing = Math.max(0, width - lengthOf(text));
  const left = align === 'right' ? missing : align === 'center' ? Math.floor(missing / 2) : 0;
  return `${' '.repeat(left)}${text}${' '.repeat(missing - left)}`;
}

function lengthOf(text: string): number {
  return [...text].length;
}

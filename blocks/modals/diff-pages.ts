// Splits a diff into pages that a modal can show, file by file.
import type { FileDiff } from '../markdown/diff-text.ts';
import { splitLines } from '../rules/text.ts';

/** A piece of one file's diff that fits one code block. */
export interface DiffPiece {
  readonly file: number;
  /** Whether this is the first piece of its file on the page. */
  readonly opensFile: boolean;
  /** Whether the file began on an earlier page. */
  readonly continued: boolean;
  readonly text: string;
}

export interface DiffPages {
  readonly pages: readonly (readonly DiffPiece[])[];
  /** The page that each file begins on. */
  readonly startOf: readonly number[];
  /** Whether the end is missing because the diff has too many pages. */
  readonly cut: boolean;
}

/** Below Slack's limit for a text. */
const PIECE_MAX = 2_800;
const PAGE_CHARS_MAX = 8_400;
const PAGE_FILES_MAX = 12;
/** The most pages of a modal; the whole diff is a file in the thread, or the branch. */
const PAGES_MAX = 50;

export function pageDiff(files: readonly FileDiff[]): DiffPages {
  const pages: DiffPiece[][] = [[]];
  const startOf: number[] = [];
  let chars = 0;
  let opened = 0;
  for (const [file, diff] of files.entries()) {
    const pieces = diff.text === '' ? [''] : splitLines(diff.text, PIECE_MAX);
    for (const [index, text] of (pieces.length > 0 ? pieces : ['']).entries()) {
      const weight = text.length + 100;
      const last = pages.at(-1);
      if (last && last.length > 0 && (chars + weight > PAGE_CHARS_MAX || opened >= PAGE_FILES_MAX)) {
        if (pages.length === PAGES_MAX) return { pages, startOf, cut: true };
        pages.push([]);
        chars = 0;
        opened = 0;
      }
      const page = pages.at(-1) ?? [];
      const opensFile = page.at(-1)?.file !== file;
      if (index === 0) startOf.push(pages.length - 1);
      if (opensFile) opened += 1;
      page.push({ file, opensFile, continued: opensFile && index > 0, text });
      chars += weight;
    }
  }
  return { pages, startOf, cut: false };
}

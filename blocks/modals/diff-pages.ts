// Cuts a diff into pages that a modal can show, file by file.
import type { FileDiff } from '../markdown/diff-text.ts';
import { splitLines } from '../rules/text.ts';

/** A piece of one file's diff, as much as one code block holds. */
export interface DiffPiece {
  readonly file: number;
  /** False for the pieces of a file after its first on the page. */
  readonly opensFile: boolean;
  /** Whether the file began on an earlier page. */
  readonly continued: boolean;
  readonly text: string;
}

export interface DiffPages {
  readonly pages: readonly (readonly DiffPiece[])[];
  /** For each file the page it begins on. */
  readonly startOf: readonly number[];
  /** Whether something is missing at the end because the diff is too long to page through. */
  readonly cut: boolean;
}

/** Slack's limit for a text. */
const PIECE_MAX = 2_800;
const PAGE_CHARS_MAX = 8_400;
const PAGE_FILES_MAX = 12;
/** Nobody pages further; the whole is a file in the thread or on the branch. */
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

// The files of a change as a list, with the numbers of lines.
import type { RichTextBlock } from '@slack/types';
import type { ChangedFile } from '../../core/result.ts';
import { bold, code, richText, section, shortList, words } from '../parts/rich.ts';
import { count } from '../rules/text.ts';

const FILES_MAX = 12;

const statusLabels: Record<ChangedFile['status'], string> = {
  added: 'new',
  modified: '',
  deleted: 'deleted',
  renamed: 'renamed',
};

/** Sums the files up: `2 files changed, +10 −3`. */
export function filesInWords(files: readonly ChangedFile[]): string {
  const plus = files.reduce((sum, file) => sum + (file.additions ?? 0), 0);
  const minus = files.reduce((sum, file) => sum + (file.deletions ?? 0), 0);
  return `${count(files.length, 'file')} changed, ${lines(plus, minus)}`;
}

export function filesBlock(files: readonly ChangedFile[]): RichTextBlock | null {
  if (files.length === 0) return null;
  const items = files.map((file) => section(code(file.path, 160), words(`  ${note(file)}`)));
  return richText(
    section(bold(filesInWords(files))),
    shortList(items, FILES_MAX, (left) => count(left, 'more file')),
  );
}

function note(file: ChangedFile): string {
  const changed =
    file.additions === null || file.deletions === null ? 'binary' : lines(file.additions, file.deletions);
  return [changed, statusLabels[file.status]].filter(Boolean).join(' · ');
}

function lines(plus: number, minus: number): string {
  return `+${plus.toLocaleString('en-US')} −${minus.toLocaleString('en-US')}`;
}

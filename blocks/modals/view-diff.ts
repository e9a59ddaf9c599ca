// The modal that shows a diff, page by page, with a menu of its files.
import type { ActionsBlock, Button, KnownBlock, ModalView } from '@slack/types';
import { type FileDiff, parseDiff } from '../markdown/diff-text.ts';
import { ACTION, choiceValue, diffFileValue, MODAL } from '../parts/actions.ts';
import { button, compact, context } from '../parts/message.ts';
import { menu, modal, option } from '../parts/modal.ts';
import { bold, paragraph, preformatted, richText, section, words } from '../parts/rich.ts';
import { OPTION_TEXT_MAX } from '../rules/limits.ts';
import { clean, count, oneLine } from '../rules/text.ts';
import { type DiffPiece, pageDiff } from './diff-pages.ts';

export interface ViewDiffOptions {
  readonly turnId: string;
  /** Git's unified diff. */
  readonly diff: string;
  /** From 0; a page that does not exist becomes the nearest one. */
  readonly page: number;
  /** A sentence that says where the whole diff is, for one that is too long for a modal. */
  readonly whole: string;
}

/** Whether a diff is too long for the modal. */
export function exceedsModal(diff: string): boolean {
  return pageDiff(parseDiff(diff)).cut;
}

/** The metadata is a `Choice`: the turn and the page. The modal has no submit button. */
export function viewDiffModal(options: ViewDiffOptions): ModalView {
  const files = parseDiff(options.diff);
  const { pages, startOf, cut } = pageDiff(files);
  const wanted = Number.isInteger(options.page) ? options.page : 0;
  const page = Math.min(Math.max(0, wanted), pages.length - 1);
  const isLast = page === pages.length - 1;
  return modal({
    id: MODAL.viewDiff,
    metadata: choiceValue({ turnId: options.turnId, place: page }),
    title: 'Diff',
    blocks: compact(
      context(summary(files, page, pages.length)),
      controls(files, startOf, page, pages.length),
      (pages[page] ?? []).flatMap((piece) => pieceBlocks(piece, files)),
      files.length === 0 ? paragraph(words('This change has no diff.')) : null,
      cut && isLast ? paragraph(bold('The diff goes on.'), words(` ${oneLine(options.whole, 500)}`)) : null,
    ),
  });
}

function summary(files: readonly FileDiff[], page: number, pages: number): string {
  if (files.length === 0) return '';
  const plus = files.reduce((sum, file) => sum + file.additions, 0);
  const minus = files.reduce((sum, file) => sum + file.deletions, 0);
  const where = pages > 1 ? `· page ${page + 1} of ${pages}` : '';
  return `${count(files.length, 'file')} changed, +${plus} −${minus} ${where}`.trim();
}

/** The menu and the page buttons. Each page has its own block id: Slack keeps the choice in a menu for an id. */
function controls(
  files: readonly FileDiff[],
  startOf: readonly number[],
  page: number,
  pages: number,
): ActionsBlock | null {
  const turn = (text: string, actionId: string, to: number): Button[] =>
    to >= 0 && to < pages ? [button({ actionId, value: String(to), text })] : [];
  const elements = [
    ...fileMenu(files, startOf),
    ...turn('Previous', ACTION.diffPrevious, page - 1),
    ...turn('Next', ACTION.diffNext, page + 1),
  ];
  return elements.length === 0 ? null : { type: 'actions', block_id: `diff-page-${page}`, elements };
}

function fileMenu(files: readonly FileDiff[], startOf: readonly number[]): ActionsBlock['elements'] {
  const options = files.flatMap((file, index) => {
    const page = startOf[index];
    return page === undefined ? [] : [option(shortPath(file.path), diffFileValue(index, page))];
  });
  if (options.length < 2) return [];
  return [{ ...menu(options, { placeholder: 'Go to a file' }), action_id: ACTION.diffFile }];
}

/** The end of a long path, which tells more than its beginning. */
function shortPath(path: string): string {
  const line = clean(path).replace(/\s+/g, ' ').trim();
  return line.length <= OPTION_TEXT_MAX ? line : `…${line.slice(-(OPTION_TEXT_MAX - 2)).toWellFormed()}`;
}

function pieceBlocks(piece: DiffPiece, files: readonly FileDiff[]): KnownBlock[] {
  const file = files[piece.file];
  if (!file) return [];
  const code = piece.text === '' ? [] : [preformatted(piece.text, 'diff')];
  if (!piece.opensFile) return code.length > 0 ? [richText(...code)] : [];
  const counts = file.text === '' ? '' : `+${file.additions} −${file.deletions}`;
  const unseen = piece.text === '' ? (file.note.includes('binary') ? 'not shown' : 'no lines changed') : '';
  const notes = [counts, file.note, unseen, piece.continued ? 'continued' : ''].filter(Boolean).join(' · ');
  return [
    richText(section(bold(oneLine(file.path, 300) || 'File'), words(`  ${oneLine(notes, 400)}`)), ...code),
  ];
}

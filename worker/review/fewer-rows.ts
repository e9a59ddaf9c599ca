// Finds tests whose table of cases lost rows, or that try only some of its rows. Such a test still runs and claims the
// same about fewer cases.
import { added, type DiffFile, type DiffLine, hunksOf, removed } from './diff.ts';
import type { LoweredClaim } from './lowered-claims.ts';
import { isTest } from './test-words.ts';

const NAME = String.raw`\b\w*(?:cases|examples|scenarios|tests|table|inputs|samples)\b`;

/** The beginning of a table of cases. */
const TABLE = new RegExp(
  [
    String.raw`\.each\s*(?:\(|\x60)`,
    String.raw`\bparametrize\(|\bparameterized\.expand\(`,
    String.raw`@(?:CsvSource|ValueSource|MethodSource|InlineData|DataRow)\b|\[(?:InlineData|DataRow|TestCase)\(`,
    String.raw`\[\]struct\b|\bmap\[string\]struct\b`,
    String.raw`${NAME}[^=\n]{0,40}(?::=|=)\s*(?:\[|\{|new\b|vec!\[|\S*\()`,
  ].join('|'),
  'i',
);
/** A row: one value, or several in brackets, on a line of its own. */
const ROW = /^\s*(?:[[({].*[\])}]|['"`].*['"`]|-?\d[\d._]*)\s*,?\s*$|^\s*\[(?:InlineData|DataRow|TestCase)\(/;
/** The first line of a row that has several lines. */
const OPENED = /^\s*[[({]\s*$/;
/** A table without rows. */
const EMPTY = new RegExp(
  String.raw`\.each\(\s*\[\s*\]\s*\)|\bparametrize\([^)]*,\s*\[\s*\]\s*\)|\b(?:of|in|range)\s+\[\s*\]|${NAME}[^=\n]{0,40}=\s*(?:\[\s*\]|\{\s*\})\s*[,;)]?\s*$`,
  'i',
);
/** An expression that takes only some of the rows. */
const SOME = new RegExp(
  String.raw`${NAME}(?:\s*\.\s*(?:slice|filter|take|first|limit|head|find|splice)\s*\(|\s*\[\s*\d*\s*:\s*-?\d+\s*\]|\s*\[\s*-?\d+\s*:\s*\])`,
  'i',
);

/** At most one finding for each hunk of a test. */
export function fewerRows(files: readonly DiffFile[]): readonly LoweredClaim[] {
  const tests = files.filter((file) => isTest(file.path));
  const kept = squeezed(tests.flatMap((file) => added(file)));
  const before = squeezed(tests.flatMap((file) => removed(file)));
  return tests.flatMap((file) =>
    hunksOf(file).flatMap((hunk): readonly LoweredClaim[] => {
      const partly = comesAnew(hunk, SOME) ?? comesAnew(hunk, EMPTY);
      if (partly !== undefined)
        return [{ file, line: partly, sentence: 'Only some of the cases of a table are tried.' }];
      if (!hunk.some(({ text }) => TABLE.test(text))) return [];
      const gone = hunk.filter(
        (line) => line.kind === 'removed' && isRow(line) && !kept.includes(squeezed([line])),
      );
      const came = hunk.filter(
        (line) =>
          line.kind === 'added' &&
          (OPENED.test(line.text) || (isRow(line) && !before.includes(squeezed([line])))),
      );
      const lost = gone.length - came.length;
      return lost > 0 ? [{ file, line: null, sentence: lostRows(lost) }] : [];
    }),
  );
}

/** The added line with the pattern, where no removed line has it. */
function comesAnew(hunk: readonly DiffLine[], pattern: RegExp): DiffLine | undefined {
  if (hunk.some(({ kind, text }) => kind === 'removed' && pattern.test(text))) return undefined;
  // Without removed lines the test is new, and a new test may be small.
  if (!hunk.some(({ kind }) => kind === 'removed')) return undefined;
  return hunk.find(({ kind, text }) => kind === 'added' && pattern.test(text));
}

function isRow({ text }: DiffLine): boolean {
  return ROW.test(text);
}

/** Removes blanks and trailing commas, so that a formatter changes nothing. */
function squeezed(lines: readonly DiffLine[]): string {
  return lines
    .map(({ text }) => text.replace(/\s+/g, ''))
    .join('')
    .replace(/,(?=[\])}]|$)/g, '');
}

function lostRows(count: number): string {
  return `A table of cases has ${count === 1 ? '1 row' : `${count} rows`} fewer than before.`;
}

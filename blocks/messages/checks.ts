// The checks of a verification as blocks: a table, and the end of the output of failed ones.
import type { KnownBlock, RichTextBlock, TableBlock } from '@slack/types';
import type { CheckResult, Verification } from '../../core/verification.ts';
import { duration } from '../parts/amounts.ts';
import { bold, code, NOTHING, preformatted, richText, section, words } from '../parts/rich.ts';
import { clean, count, oneLine } from '../rules/text.ts';

const ROWS_MAX = 20;
const TAILS_MAX = 2;
const TAIL_CHARS_MAX = 900;
const TAIL_LINES_MAX = 14;

const statusLabels: Record<CheckResult['status'], string> = {
  passed: '✓ passed',
  failed: '✗ failed',
  timed_out: '✗ timed out',
};

/** Sums the checks up: `all 3 checks passed`, `1 of 3 checks did not pass`, `no checks ran`. */
export function checksInWords(verification: Verification): string {
  const all = verification.checks.length;
  const bad = verification.checks.filter((check) => check.status !== 'passed').length;
  if (all === 0) return 'no checks ran';
  if (bad > 0) return `${bad} of ${count(all, 'check')} did not pass`;
  return all === 1 ? 'the check passed' : all === 2 ? 'both checks passed' : `all ${all} checks passed`;
}

/** The table of the checks, failed ones first, and the output of failed ones; no blocks without checks. */
export function checkBlocks(verification: Verification): KnownBlock[] {
  if (verification.checks.length === 0) return [];
  const sorted = [...verification.checks].sort((one, other) => rank(one) - rank(other));
  const rest = sorted.length - ROWS_MAX;
  const table: TableBlock = {
    type: 'table',
    column_settings: [{ is_wrapped: true }, {}, { align: 'right' }],
    rows: [
      ['Check', 'Result', 'Time'].map(cell),
      ...sorted
        .slice(0, ROWS_MAX)
        .map((check) => [
          cell(check.name),
          cell(statusLabels[check.status]),
          cell(duration(check.durationMs)),
        ]),
      ...(rest > 0 ? [[cell(`and ${count(rest, 'more check')}`), cell(NOTHING), cell(NOTHING)]] : []),
    ],
  };
  return [
    table,
    ...sorted
      .filter((check) => check.status !== 'passed')
      .slice(0, TAILS_MAX)
      .map(tail),
  ];
}

function rank(check: CheckResult): number {
  return check.status === 'passed' ? 1 : 0;
}

function cell(text: string): { type: 'raw_text'; text: string } {
  return { type: 'raw_text', text: oneLine(text, 120) };
}

function tail(check: CheckResult): RichTextBlock {
  const head = section(bold(oneLine(check.name, 80) || 'Check'), words(' · '), code(check.run, 120));
  const output = endOf(check.outputTail);
  if (output === '') return richText(section(head.elements, words(' · no output')));
  return richText(head, preformatted(output));
}

/** The last lines of an output: there test runners say what failed. */
function endOf(output: string): string {
  const lines = clean(output).trimEnd().split('\n').slice(-TAIL_LINES_MAX);
  while (lines.length > 1 && lines.join('\n').length > TAIL_CHARS_MAX) lines.shift();
  return lines.join('\n').slice(-TAIL_CHARS_MAX).toWellFormed();
}

// The review of a change as blocks: the risks that it found, or its verdict.
import type { KnownBlock } from '@slack/types';
import type { Review } from '../../core/verification.ts';
import { compact, context } from '../parts/message.ts';
import { bold, richText, section, shortList, words } from '../parts/rich.ts';
import { oneLine } from '../rules/text.ts';

const LINES_MAX = 6;
const LINE_CHARS_MAX = 300;

/** A list of the risks, or a line with the verdict; no blocks without a review. */
export function reviewBlocks(review: Review | undefined): KnownBlock[] {
  if (review === undefined) return [];
  const risks = riskLines(review);
  if (risks.length === 0) return compact(context(verdictLine(review)));
  const items = risks.map((line) => section(words(line)));
  return [richText(section(bold('Risks that the review found')), shortList(items, LINES_MAX))];
}

/** The same as plain lines, three at most. */
export function reviewLines(review: Review | undefined): readonly string[] {
  if (review === undefined) return [];
  const risks = riskLines(review);
  return risks.length === 0 ? [verdictLine(review)] : risks.slice(0, 3).map((line) => `Risk: ${line}`);
}

function riskLines(review: Review): readonly string[] {
  const against = review.verdict === 'fail' ? [...review.findings, ...review.reasons] : [];
  return [...new Set(against)].map((line) => oneLine(line, LINE_CHARS_MAX)).filter((line) => line !== '');
}

function verdictLine({ verdict, reasons, model }: Review): string {
  if (verdict === 'pass') {
    return `Reviewed by ${oneLine(model, 60)}: nothing but what was asked, no test weakened, no credential added.`;
  }
  return oneLine(reasons[0] ?? 'No second model has judged this change.', LINE_CHARS_MAX);
}

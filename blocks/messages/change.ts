// The message of a change, in the order in which a person judges it; its states add a title, a lead and buttons.
import type { KnownBlock } from '@slack/types';
import type { Chosen } from '../../core/attempt.ts';
import type { Usage } from '../../core/result.ts';
import type { ChangeView } from '../../core/view.ts';
import { fitWithRest, textLines } from '../fit/fit.ts';
import { packRichText } from '../fit/fit-rich.ts';
import { markdownBlocks, markdownWords } from '../markdown/markdown.ts';
import { duration, money, roughly } from '../parts/amounts.ts';
import { compact, context, type FittedMessage, header } from '../parts/message.ts';
import { personContext } from '../parts/people.ts';
import { count, cut, shortCommit } from '../rules/text.ts';
import { weigh } from '../rules/weigh.ts';
import { checkBlocks } from './checks.ts';
import { filesBlock } from './files-changed.ts';
import { problemBlocks, screenshotBlocks } from './pages.ts';
import { reviewBlocks } from './review.ts';
import { restoredNote, SCRIPTED_NOTE } from './status.ts';

/** The part of the agent's summary above the checks; the rest follows in a message below. */
const SUMMARY_WEIGHT_MAX = 4_000;

const SUMMARY_TEXT_MAX = 2_500;

export interface ChangeMessageOptions {
  /** The header. A problem that it names is not repeated below. */
  readonly title: string;
  /** Lines of the `text`, before and after the summary. */
  readonly text: readonly string[];
  readonly textAfter?: readonly string[];
  readonly lead: KnownBlock | null;
  readonly buttons: KnownBlock | null;
}

/** The message of a change in one state of its merge. The rest of a long summary follows in further messages. */
export function changeMessage(view: ChangeView, options: ChangeMessageOptions): FittedMessage {
  const { title, lead, buttons } = options;
  const { summary, verification, review, files, usage } = view.result;
  const paragraphs = markdownBlocks(summary, { links: view.codeLinks }).flatMap((block) =>
    packRichText(block.elements),
  );
  const shown = atMost(SUMMARY_WEIGHT_MAX, paragraphs);
  const rest = paragraphs.slice(shown.length);
  const blocks = compact(
    header(title),
    lead,
    shown,
    rest.length > 0 ? context('The summary goes on below this message.') : null,
    checkBlocks(verification),
    screenshotBlocks(verification, view.files),
    problemBlocks(verification, title),
    reviewBlocks(review),
    filesBlock(files),
    context(footer(usage, [`commit ${shortCommit(view.result.commit)}`, view.result.branch])),
    personContext('Asked by ', view.requester),
    chosenContext(view.result.chosen),
    context(restoredNote(view), view.model?.scripted ? SCRIPTED_NOTE : ''),
    buttons,
  );
  const summaryText = cut(markdownWords(summary), SUMMARY_TEXT_MAX);
  const text = textLines(...options.text, summaryText, ...(options.textAfter ?? []));
  return fitWithRest({ text, blocks }, rest);
}

/** The line that says who chose the attempt, and of how many. */
export function chosenContext(chosen: Chosen | undefined): KnownBlock | null {
  if (chosen === undefined) return null;
  const of = `attempt ${chosen.place} of ${chosen.of}; the figures above are of all of them.`;
  return personContext('Chosen by ', { id: chosen.by }, `: ${of}`);
}

/** The first blocks within this weight, at least one. */
function atMost(weightMax: number, blocks: readonly KnownBlock[]): readonly KnownBlock[] {
  let weight = 0;
  const end = blocks.findIndex((block, index) => {
    weight += weigh(block);
    return weight > weightMax && index > 0;
  });
  return end < 0 ? blocks : blocks.slice(0, end);
}

/** The line that says how the result was made: model, steps, time, tokens, cost, and `more`. */
export function footer(usage: Usage, more: readonly string[] = []): string {
  return [
    usage.model,
    // A revert uses no model.
    usage.steps === 0 ? '' : count(usage.steps, 'step'),
    duration(usage.durationMs),
    usage.steps === 0 ? '' : `${roughly(usage.inputTokens + usage.outputTokens)} tokens`,
    usage.cost === undefined ? '' : money(usage.cost),
    ...more,
  ]
    .filter((part) => part.trim() !== '')
    .join(' · ');
}

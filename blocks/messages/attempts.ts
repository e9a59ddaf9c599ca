// The message of a request with several attempts: their progress, and then cards to choose one from.
import type { ActionsBlock, CardBlock, CarouselBlock, MrkdwnElement, TaskCardBlock } from '@slack/types';
import type { Approach } from '../../core/attempt.ts';
import { looksTheSame } from '../../core/page.ts';
import type { TurnResult } from '../../core/result.ts';
import type { Verification } from '../../core/verification.ts';
import { type AttemptView, isEnded, type TurnView } from '../../core/view.ts';
import { fit, textLines } from '../fit/fit.ts';
import { markdownWords } from '../markdown/markdown.ts';
import { ACTION, choiceValue, numberedButton } from '../parts/actions.ts';
import { elapsed } from '../parts/amounts.ts';
import { actions, button, compact, confirm, context, type FittedMessage } from '../parts/message.ts';
import { nameOf } from '../parts/people.ts';
import { bold, code, NOTHING, paragraph, words } from '../parts/rich.ts';
import { CARD_BODY_MAX, CARD_TITLE_MAX, TASK_TITLE_MAX } from '../rules/limits.ts';
import { count, cut, escapeTo, oneLine } from '../rules/text.ts';
import { checksInWords } from './checks.ts';
import { filesInWords } from './files-changed.ts';
import { phaseWords, SCRIPTED_NOTE, type StatusOptions } from './status.ts';

const DETAIL_MAX = 150;

const approachTitles: Record<Approach, string> = {
  simplest: 'The simplest change',
  thorough: 'The most thorough one',
  different: 'A different approach',
  maintainer: 'As its maintainers would',
};

/** The message while attempts are at work, and until a person has chosen one. */
export function attemptsMessage(
  view: TurnView,
  attempts: readonly AttemptView[],
  options: StatusOptions,
): FittedMessage {
  return view.state === 'waiting' ? choice(view, attempts) : progress(view, attempts, options);
}

function progress(
  view: TurnView,
  attempts: readonly AttemptView[],
  { now, stoppable }: StatusOptions,
): FittedMessage {
  const over = attempts.filter(({ status }) => isEnded(status)).length;
  const time = view.startedAt && elapsed(view.startedAt, now);
  const done = over > 0 ? ` · ${over} of ${attempts.length} done` : '';
  const title = `Trying ${count(attempts.length, 'way')}${done}${time ? ` · ${time}` : ''}`;
  const scripted = view.model?.scripted ? SCRIPTED_NOTE : '';
  return fit({
    text: textLines(
      title,
      ...attempts.map((attempt) => `${headOf(attempt)}: ${saidOf(attempt) || 'waiting'}`),
      scripted,
    ),
    blocks: compact(
      { type: 'plan', title, tasks: attempts.map(task) },
      context(scripted),
      context([view.repo ?? '', `asked by ${nameOf(view.requester)}`].filter(Boolean).join(' · ')),
      stoppable === true
        ? actions(button({ actionId: ACTION.stop, value: view.turnId, text: 'Stop all' }))
        : null,
    ),
  });
}

function choice(view: TurnView, attempts: readonly AttemptView[]): FittedMessage {
  const some = attempts.filter(isChoosable).length;
  const title =
    some === attempts.length
      ? `${count(some, 'way')} to do it: choose the one to go on with`
      : `${some} of ${attempts.length} ways came to a result: choose the one to go on with`;
  const carousel: CarouselBlock = {
    type: 'carousel',
    elements: attempts.map((attempt) => card(view.turnId, attempt)),
  };
  const hint =
    'Or reply with its number. Other replies wait until one is chosen; what is not chosen is removed.';
  return fit({
    text: textLines(
      `${title}. ${hint}`,
      ...attempts.map((attempt) => `${headOf(attempt)}: ${evidenceOf(attempt)}. ${outcomeOf(attempt)}`),
    ),
    blocks: compact(
      paragraph(bold(title)),
      carousel,
      context(hint),
      context(view.model?.scripted ? SCRIPTED_NOTE : ''),
      keepNone(view),
    ),
  });
}

function keepNone(view: TurnView): ActionsBlock {
  return actions(
    button({
      actionId: ACTION.stop,
      value: view.turnId,
      text: 'Keep none',
      confirm: confirm({
        title: 'Keep none of them?',
        text: 'All attempts are removed. The thread goes on from where it was before them.',
        yes: 'Keep none',
        style: 'danger',
      }),
    }),
  );
}

function card(parentId: string, attempt: AttemptView): CardBlock {
  const { place, status, files } = attempt;
  const picture = pictureOf(attempt);
  const hasChange = resultOf(attempt)?.kind === 'change';
  const choose = button({
    actionId: numberedButton('attempt', place),
    value: choiceValue({ turnId: parentId, place }),
    text: `Choose ${place}`,
    style: 'primary',
    confirm: confirm({
      title: 'Go on with this one?',
      text: 'The others are removed. Nothing is merged by this.',
      yes: 'Choose it',
    }),
  });
  const viewDiff = button({ actionId: ACTION.viewDiff, value: status.turnId, text: 'View diff' });
  const buttons = [...(isChoosable(attempt) ? [choose] : []), ...(hasChange ? [viewDiff] : [])];
  const shown = picture === null ? undefined : files[picture.artifactId];
  return {
    type: 'card',
    title: literal(headOf(attempt), CARD_TITLE_MAX),
    subtitle: literal(evidenceOf(attempt), CARD_TITLE_MAX),
    body: literal(outcomeOf(attempt), CARD_BODY_MAX),
    ...(picture && shown !== undefined && /^F[A-Z0-9]{8,}$/.test(shown)
      ? { hero_image: { type: 'image', slack_file: { id: shown }, alt_text: picture.alt } }
      : {}),
    ...(buttons.length > 0 && { actions: buttons }),
  };
}

/** Literal text for a field that takes only mrkdwn: nothing in it becomes a mention, a link or a format. */
function literal(text: string, max: number): MrkdwnElement {
  const plain = oneLine(text.replace(/[*~`]/g, ''), max);
  return { type: 'mrkdwn', text: escapeTo(plain, max) || NOTHING, verbatim: true };
}

/** The artifacts of the pictures on the cards. */
export function picturesOfAttempts(attempts: readonly AttemptView[]): readonly string[] {
  return attempts.flatMap((attempt) => pictureOf(attempt)?.artifactId ?? []);
}

/** The picture, after the change, of the first page that looks different. */
function pictureOf(attempt: AttemptView): { readonly artifactId: string; readonly alt: string } | null {
  const result = resultOf(attempt);
  if (result?.kind !== 'change') return null;
  const page = result.verification.pages.find((each) => each.after !== null && !looksTheSame(each));
  if (!page?.after) return null;
  const name = oneLine(page.name, 80) || 'page';
  return { artifactId: page.after.artifactId, alt: `Screenshot of ${name} with this attempt` };
}

function isChoosable(attempt: AttemptView): boolean {
  const kind = resultOf(attempt)?.kind;
  return kind === 'change' || kind === 'answer';
}

function resultOf({ status }: AttemptView): TurnResult | null {
  return status.state === 'done' ? status.result : null;
}

function headOf({ place, approach }: AttemptView): string {
  return `${place} · ${approach === null ? 'The result so far' : approachTitles[approach]}`;
}

/** The checks and the size of the change, or how the attempt ended without one. */
function evidenceOf(attempt: AttemptView): string {
  const result = resultOf(attempt);
  if (result?.kind === 'change') {
    const { verification, review, files } = result;
    const against = review?.verdict === 'fail' ? 'the review is against it' : '';
    return [checksOf(verification), filesInWords(files), against].filter(Boolean).join(' · ');
  }
  if (result?.kind === 'answer') return 'An answer, no change';
  return attempt.status.state === 'stopped' ? 'Stopped' : 'No result';
}

function checksOf(verification: Verification): string {
  const isOnlyPages = !verification.passed && verification.checks.every(({ status }) => status === 'passed');
  return `${verification.passed ? '✓' : '✗'} ${isOnlyPages && verification.checks.length > 0 ? 'a page has new faults' : checksInWords(verification)}`;
}

/** The outcome of the attempt in one sentence. */
function outcomeOf(attempt: AttemptView): string {
  const { status } = attempt;
  const result = resultOf(attempt);
  if (result?.kind === 'change') return sentence(result.summary);
  if (result?.kind === 'answer') return sentence(result.text);
  if (status.state === 'failed' || status.state === 'refused') return status.failure.message;
  return status.state === 'stopped' && status.stopped.how === 'stopped' ? status.stopped.leaves : '';
}

function sentence(markdown: string): string {
  const line = oneLine(markdownWords(markdown), 2_000);
  const end = /[.!?](?=\s)/.exec(line);
  return cut(end === null ? line : line.slice(0, end.index + 1), CARD_BODY_MAX);
}

function task(attempt: AttemptView): TaskCardBlock {
  const { status, place } = attempt;
  const details = status.tool === null ? words(saidOf(attempt)) : code(status.tool, DETAIL_MAX);
  return {
    type: 'task_card',
    task_id: `attempt-${place}`,
    title: oneLine(headOf(attempt), TASK_TITLE_MAX),
    status: taskState(status),
    ...(details.length > 0 ? { details: paragraph(details) } : {}),
  };
}

function taskState(status: TurnView): TaskCardBlock['status'] {
  if (status.state === 'done') return 'complete';
  if (isEnded(status)) return 'error';
  return status.startedAt === null ? 'pending' : 'in_progress';
}

function saidOf(attempt: AttemptView): string {
  const { status } = attempt;
  if (status.state === 'done') return evidenceOf(attempt);
  if (isEnded(status)) return oneLine(outcomeOf(attempt), DETAIL_MAX);
  if (status.tool !== null) return oneLine(status.tool, DETAIL_MAX);
  const phase = status.phases.find(({ state }) => state === 'running');
  if (phase === undefined) return '';
  const step = status.plan.find((each) => each.status === 'in_progress')?.title ?? phase.detail;
  return oneLine([phaseWords[phase.phase], step].filter(Boolean).join(': '), DETAIL_MAX);
}

// The message of a change: what was done, the evidence, and the buttons that decide on it.
import type { ActionsBlock } from '@slack/types';
import { TRY_WAYS } from '../../core/attempt.ts';
import type { ChangeResult } from '../../core/result.ts';
import type { Verification } from '../../core/verification.ts';
import type { ChangeView } from '../../core/view.ts';
import { ACTION } from '../parts/actions.ts';
import { actions, button, confirm, context, type FittedMessage } from '../parts/message.ts';
import { nameOf, namesOf } from '../parts/people.ts';
import { oneLine, shortCommit } from '../rules/text.ts';
import { changeMessage } from './change.ts';
import { checksInWords } from './checks.ts';
import { discardedMessage } from './discarded.ts';
import { filesInWords } from './files-changed.ts';
import { mergedMessage } from './merged.ts';
import { problemLines } from './pages.ts';
import { reviewLines } from './review.ts';

/** The outcome of a result that cannot be decided on any more: it must not read as ready. */
const SUPERSEDED = 'Superseded by a newer result below';

/** The message of a change, in each state of its merge. */
export function resultMessage(view: ChangeView): FittedMessage {
  switch (view.merge.kind) {
    case 'merged':
      return mergedMessage({ ...view, merge: view.merge });
    case 'discarded':
      return discardedMessage({ ...view, merge: view.merge });
    case 'open':
    case 'merging':
      return offer(view);
  }
}

function offer(view: ChangeView): FittedMessage {
  const moved = view.head !== null && view.head !== view.result.commit;
  const outcome = moved ? SUPERSEDED : outcomeOf(view);
  const state =
    view.merge.kind === 'merging'
      ? `${nameOf(view.merge.by)} is merging this now.`
      : view.isRivalled
        ? 'Other ways of doing this are being tried below: this is one of those to choose from.'
        : moved
          ? `The branch has moved on to ${shortCommit(view.head)} since: decide there. This is how it was before.`
          : '';
  const approvals = approvalLine(view);
  return changeMessage(view, {
    title: outcome,
    text: [outcome, state, approvals],
    textAfter: [
      `${filesInWords(view.result.files)} in ${view.result.repo}.`,
      ...problemLines(view.result.verification).slice(0, 3),
      ...reviewLines(view.result.review),
    ],
    lead: context(state, approvals),
    buttons: buttons(view, state === ''),
  });
}

/** The outcome in one sentence, which promises no more than was verified. */
export function outcomeOf(view: ChangeView): string {
  const { verification } = view.result;
  if (view.verified) {
    const pages = verification.pages.length > 0 ? ', pages compared in the browser' : '';
    return `Ready to merge: ${checksInWords(verification)}${pages}`;
  }
  return `Not verified: ${oneLine(whyNot(verification), 120)}`;
}

function whyNot(verification: Verification): string {
  const bad = verification.checks.some((check) => check.status !== 'passed');
  if (bad || (verification.checks.length === 0 && verification.problems.length === 0))
    return checksInWords(verification);
  return verification.problems[0] ?? 'no passing verification of exactly this commit';
}

function buttons(view: ChangeView, canDecide: boolean): ActionsBlock {
  const value = view.turnId;
  const diff = button({ actionId: ACTION.viewDiff, value, text: 'View diff' });
  if (!canDecide) return actions(diff);
  return actions(
    view.verified ? approve(view) : mergeUnverified(view),
    button({ actionId: ACTION.requestChanges, value, text: 'Request changes' }),
    diff,
    view.kind === 'revert' ? null : tryWays(view),
    button({
      actionId: ACTION.discard,
      value,
      text: 'Discard',
      style: 'danger',
      confirm: confirm({
        title: 'Discard this change?',
        text: `${oneLine(view.result.branch, 100)} in ${oneLine(view.result.repo, 60)} will not be merged. Reply in the thread to take it up again.`,
        yes: 'Discard',
        no: 'Keep it',
        style: 'danger',
      }),
    }),
  );
}

/** The people who have approved and the number of missing approvals; empty where the first approval merges. */
function approvalLine({ approval: { needed, given } }: ChangeView): string {
  if (needed === 1 && given.length === 0) return '';
  const by = given.length === 0 ? '' : ` by ${namesOf(given)}`;
  const left = needed - given.length;
  const next = left > 0 ? `${left} more to go` : 'ready for somebody who may merge';
  return `Approved${by}: ${given.length} of ${needed}, ${next}.`;
}

function tryWays(view: ChangeView) {
  return button({
    actionId: ACTION.tryWays,
    value: view.turnId,
    text: `Try ${TRY_WAYS} ways`,
    confirm: confirm({
      title: `Try ${TRY_WAYS} more ways?`,
      text: `${TRY_WAYS} agents do the same request anew, side by side. This result stays one of those to choose from.`,
      yes: 'Try them',
    }),
  });
}

function approve(view: ChangeView) {
  const { needed, given } = view.approval;
  const left = needed - given.length;
  const what = `${whatIsMerged(view.result)}: ${checksInWords(view.result.verification)}.`;
  const only = left > 1;
  return button({
    actionId: ACTION.approve,
    value: view.turnId,
    text: left <= 0 ? 'Merge' : only ? `Approve (${given.length + 1} of ${needed})` : 'Approve & merge',
    style: 'primary',
    confirm: confirm({
      title: only ? 'Approve this change?' : 'Merge this change?',
      text: only ? `${what} It is merged once ${needed} people have approved this commit.` : what,
      yes: only ? 'Approve' : 'Merge',
    }),
  });
}

function mergeUnverified(view: ChangeView) {
  return button({
    actionId: ACTION.mergeUnverified,
    value: view.turnId,
    text: 'Merge unverified',
    style: 'danger',
    confirm: confirm({
      title: 'Merge without verification?',
      text: `${whatIsMerged(view.result)}. ${outcomeOf(view)}. You will be asked once more.`,
      yes: 'Go on',
      style: 'danger',
    }),
  });
}

/** Repo, branch and commit in one clause, short enough for a dialog's 300 characters. */
export function whatIsMerged(result: ChangeResult): string {
  const branch = oneLine(result.branch, 60);
  return `${oneLine(result.repo, 40)}: ${branch} at ${shortCommit(result.commit)} into ${oneLine(result.defaultBranch, 40)}`;
}

// The messages of a merged change and of the turn that merged it.
import type { RichTextElement } from '@slack/types';
import type { MergedResult } from '../../core/result.ts';
import type { ChangeView, MergeState } from '../../core/view.ts';
import { ACTION } from '../parts/actions.ts';
import { commitAddress } from '../parts/links.ts';
import { actions, button, confirm, type FittedMessage } from '../parts/message.ts';
import { nameOf, namesOf, peopleIn } from '../parts/people.ts';
import { code, link, moment, paragraph, person, readable, words } from '../parts/rich.ts';
import { oneLine, shortCommit } from '../rules/text.ts';
import { changeMessage } from './change.ts';
import { lineMessage } from './line.ts';

export type MergedView = ChangeView & { readonly merge: Extract<MergeState, { kind: 'merged' }> };

export function mergedMessage(view: MergedView): FittedMessage {
  const { by, at, mergeCommit } = view.merge;
  const into = oneLine(view.result.defaultBranch, 80);
  const unverified = view.verified ? '' : ' It was merged without verification.';
  const others = (view.merge.approvers ?? []).filter(({ id }) => id !== by.id);
  const approved = others.length === 0 ? '' : ` Approved by ${namesOf(others)} too.`;
  return changeMessage(view, {
    title: `Merged into ${into}`,
    text: [
      `Merged into ${into} by ${nameOf(by)} at ${readable(at)} as ${shortCommit(mergeCommit)}.${approved}${unverified}`,
    ],
    lead: paragraph(
      words('Merged by '),
      person(by),
      words(' '),
      [moment(at)],
      words(' as '),
      commitName(view, mergeCommit),
      words('.'),
      ...(others.length === 0 ? [] : [words(' Approved by '), ...peopleIn(others), words(' too.')]),
      words(unverified),
    ),
    buttons: actions(revertButton(view)),
  });
}

/** The commit, as a link where its web page is known. */
function commitName(view: MergedView, commit: string): readonly RichTextElement[] {
  const url = view.codeLinks === null ? null : commitAddress(view.codeLinks.template, commit);
  return url === null ? code(shortCommit(commit)) : [link(url, shortCommit(commit), { code: true })];
}

function revertButton(view: MergedView) {
  const into = oneLine(view.result.defaultBranch, 80);
  return button({
    actionId: ACTION.revert,
    value: view.turnId,
    text: 'Revert',
    confirm: confirm({
      title: 'Take this merge back?',
      text: `The opposite change is made, verified and shown here. ${into} stays as it is until somebody merges that.`,
      yes: 'Make the revert',
    }),
  });
}

/** The message of the turn that merged; the change itself is shown by the turn that made it. */
export function mergedNote(result: MergedResult): FittedMessage {
  const line = [
    person(result.by),
    words(' merged '),
    code(result.branch),
    words(' into '),
    code(oneLine(result.defaultBranch, 80)),
    words(' as '),
    code(shortCommit(result.mergeCommit)),
    words(result.verified ? '.' : ', without verification.'),
  ];
  return lineMessage(line, result.by);
}

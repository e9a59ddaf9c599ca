// The modal that asks once more before a change is merged without verification.
import type { ModalView } from '@slack/types';
import type { ChangeView } from '../../core/view.ts';
import { problemLines } from '../messages/pages.ts';
import { outcomeOf, whatIsMerged } from '../messages/result.ts';
import { MODAL } from '../parts/actions.ts';
import { compact } from '../parts/message.ts';
import { modal } from '../parts/modal.ts';
import { bold, paragraph, richText, section, shortList, words } from '../parts/rich.ts';
import { oneLine } from '../rules/text.ts';

const REASONS_MAX = 8;

/** The second question before a merge without verification: it names what is not proven. */
export function mergeUnverifiedModal(view: ChangeView): ModalView {
  const { verification } = view.result;
  const failed = verification.checks
    .filter((check) => check.status !== 'passed')
    .map((check) => `${check.name}: ${check.status.replace('_', ' ')}`);
  const reasons = [...failed, ...problemLines(verification)].map((reason) =>
    section(words(oneLine(reason, 300))),
  );
  return modal({
    id: MODAL.mergeUnverified,
    metadata: view.turnId,
    title: 'Merge unverified',
    submit: 'Merge anyway',
    blocks: compact(
      paragraph(bold(outcomeOf(view)), words(`\n${whatIsMerged(view.result)}.`)),
      reasons.length > 0
        ? richText(section(words('What is not proven:')), shortList(reasons, REASONS_MAX))
        : null,
      paragraph(words('The merge will say that it was not verified.')),
    ),
  });
}

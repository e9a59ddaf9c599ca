// Modals that ask once more before something that is hard to take back.
import type { ModalView } from '@slack/types';
import type { ChangeView } from '../../core/view.ts';
import { problemLines } from '../messages/pages.ts';
import { outcomeOf, whatIsMerged } from '../messages/result.ts';
import { MODAL } from '../parts/actions.ts';
import { plain, present } from '../parts/message.ts';
import { bold, list, paragraph, richText, section, words } from '../parts/rich.ts';
import { VIEW_TITLE_MAX } from '../rules/limits.ts';
import { oneLine } from '../rules/text.ts';

const REASONS_MAX = 8;

/** The second question before a merge without verification: it names what is not proven. */
export function mergeUnverifiedModal(view: ChangeView): ModalView {
  const { verification } = view.result;
  const failed = verification.checks
    .filter((check) => check.status !== 'passed')
    .map((check) => `${check.name}: ${check.status.replace('_', ' ')}`);
  const reasons = [...failed, ...problemLines(verification)];
  const rest = reasons.length - REASONS_MAX;
  const shown = reasons.slice(0, REASONS_MAX).map((reason) => section(words(oneLine(reason, 300))));
  const items = rest > 0 ? [...shown, section(words(`and ${rest} more`))] : shown;
  return {
    type: 'modal',
    callback_id: MODAL.mergeUnverified,
    private_metadata: view.turnId,
    title: plain('Merge unverified', VIEW_TITLE_MAX),
    submit: plain('Merge anyway', VIEW_TITLE_MAX),
    close: plain('Cancel', VIEW_TITLE_MAX),
    blocks: present(
      paragraph(bold(outcomeOf(view)), words(`\n${whatIsMerged(view.result)}.`)),
      items.length > 0 ? richText(section(words('What is not proven:')), list(items)) : null,
      paragraph(words('The merge will say that it was not verified.')),
    ),
  };
}

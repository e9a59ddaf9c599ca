// The message of a refused merge: what has moved since, and buttons to update the branch or to look at it.
import type { Failure } from '../../core/errors.ts';
import type { MergeBlock } from '../../core/event.ts';
import { fit, textLines } from '../fit/fit.ts';
import { ACTION } from '../parts/actions.ts';
import { actions, button, compact, confirm, context, type FittedMessage } from '../parts/message.ts';
import { bold, paragraph, words } from '../parts/rich.ts';
import { clean, cut, oneLine, shortCommit } from '../rules/text.ts';

export interface MergeBlockedOptions {
  readonly failure: Failure;
  /** The turn that was to merge. */
  readonly turnId: string;
  readonly branch: string;
  readonly block: MergeBlock;
}

const SENTENCE_MAX = 1_500;

const titles: Record<MergeBlock['why'], string> = {
  head_moved: 'Not merged: the branch has moved',
  conflict: 'Not merged: it conflicts',
  stale: 'Not merged: its checks are stale',
};

export function mergeBlockedMessage({ failure, turnId, branch, block }: MergeBlockedOptions): FittedMessage {
  const title = titles[block.why];
  const what = cut(clean(failure.message).trim(), SENTENCE_MAX);
  const main = oneLine(block.defaultBranch, 60);
  const advice = `Update branch has the agent bring in ${main}, resolve what conflicts and verify it; then decide on that result. Nothing was merged, and approvals of ${shortCommit(block.seen)} stay with that commit.`;
  return fit({
    text: textLines(title, what, advice),
    blocks: compact(
      paragraph(bold(title), words(`\n${what}`)),
      context(advice, oneLine(branch, 100)),
      actions(
        button({
          actionId: ACTION.updateBranch,
          value: turnId,
          text: 'Update branch',
          style: 'primary',
          confirm: confirm({
            title: 'Update this branch?',
            text: `The agent merges ${main} into ${oneLine(branch, 80)}, resolves conflicts and verifies the result. ${main} itself does not change.`,
            yes: 'Update branch',
          }),
        }),
        block.diffArtifactId === undefined
          ? null
          : button({ actionId: ACTION.showChanged, value: turnId, text: 'Show what changed' }),
      ),
    ),
  });
}

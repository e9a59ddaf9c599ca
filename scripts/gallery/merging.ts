// Approvals and refused merges, for the gallery.
import { approvalCounted, ownChange } from '../../blocks/messages/ephemeral.ts';
import { mergeBlockedMessage } from '../../blocks/messages/merge-blocked.ts';
import { resultMessage } from '../../blocks/messages/result.ts';
import type { MergeBlock } from '../../core/event.ts';
import { entries, type GalleryEntry } from './entries.ts';
import { after, COMMIT, change, jon, MERGE_COMMIT, mara } from './turns.ts';

const branch = 'threadsmith/k7m2pq9xwd';

function blocked(block: Partial<MergeBlock>, message: string) {
  return mergeBlockedMessage({
    failure: { code: 'head_moved', message, advice: '' },
    turnId: 'turn-gallery',
    branch,
    block: { why: 'head_moved', seen: COMMIT, head: MERGE_COMMIT, defaultBranch: 'main', ...block },
  });
}

export function merging(): GalleryEntry[] {
  const merged = { kind: 'merged', by: jon, at: after(20), mergeCommit: MERGE_COMMIT } as const;
  return [
    ...entries('Result: needs two approvals', resultMessage(change({ approval: { needed: 2, given: [] } }))),
    ...entries(
      'Result: one of two approvals',
      resultMessage(change({ approval: { needed: 2, given: [jon] } })),
    ),
    ...entries(
      'Result: approved, to be merged',
      resultMessage(change({ approval: { needed: 2, given: [jon, mara] } })),
    ),
    ...entries(
      'Result: merged with two approvals',
      resultMessage(change({ merge: { ...merged, approvers: [jon, mara] } })),
    ),
    ...entries(
      'Merge: the branch moved',
      blocked(
        { diffArtifactId: 'diff' },
        `The branch ${branch} is now at a1b2c3d4, not at the commit 4f9c2d1e that was shown.`,
      ),
    ),
    ...entries(
      'Merge: conflicts',
      blocked({ why: 'conflict', head: COMMIT }, 'The change conflicts with main in src/cart.js.'),
    ),
    ...entries(
      'Merge: checks are stale',
      blocked({ why: 'stale', head: COMMIT }, 'No passing verification is recorded for the commit 4f9c2d1e.'),
    ),
    ...entries('Only you: your own change', ownChange([jon.id, '@engineers'])),
    ...entries('Only you: one of two', approvalCounted(1, 2, [])),
    ...entries('Only you: approved, others merge', approvalCounted(2, 2, [jon.id])),
    ...entries('Only you: approved, nobody merges', approvalCounted(1, 1, [])),
  ];
}

// Makes the tree that takes a merge back, in the mirror.
import { ThreadsmithError } from '../../core/errors.ts';
import type { GitFailure } from './git.ts';
import { COMMITTER, type Mirror, namedFiles } from './mirror.ts';

const FAILURE: GitFailure = {
  code: 'internal',
  what: 'The revert could not be made',
  advice: 'Reply in the thread with what should be taken back, and the agent does it.',
};

/**
 * The tree of `onto` without what `merge` brought in against its first parent. Throws `merge_conflict` naming the
 * files that have changed since, and `change_refused` where there is nothing left to take back.
 */
export async function revertTree(mirror: Mirror, merge: string, onto: string): Promise<string> {
  const { history, trees, objects } = mirror;
  if (!(await history.isAncestor(merge, onto))) throw nothingLeft();
  // Git 2.39 cannot be told a merge base, so the state before the merge becomes a commit on top of the merge.
  const undone = await objects.commit({
    tree: await trees.treeOf(await history.firstParent(merge)),
    parents: [merge],
    message: 'the state before the merge\n',
    author: COMMITTER,
    // A fixed time gives the same commit at each try.
    at: new Date('2000-01-01T00:00:00Z'),
  });
  const reverted = await objects.mergeTree(onto, undone, FAILURE);
  if (reverted.kind === 'conflict') throw conflict(reverted.files);
  if (reverted.tree === (await trees.treeOf(onto))) throw nothingLeft();
  return reverted.tree;
}

function conflict(files: readonly string[]): ThreadsmithError {
  return new ThreadsmithError(
    'merge_conflict',
    `Later changes touch what is to be taken back: ${namedFiles(files)}.`,
    'Reply “take the merge back, and keep the later changes”, and the agent does it.',
  );
}

function nothingLeft(): ThreadsmithError {
  return new ThreadsmithError(
    'change_refused',
    'Nothing of that merge is left in the default branch.',
    'Nothing to do: it has been taken back already.',
  );
}

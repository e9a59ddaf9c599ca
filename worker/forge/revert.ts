// The tree that takes a merge back, made in the mirror.
import { ThreadsmithError } from '../../core/errors.ts';
import { type GitFailure, git, gitError, tryGit } from './git.ts';
import { COMMITTER, type Mirror } from './mirror.ts';

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
  const run = (...args: string[]) => git(['--git-dir', mirror.path, ...args], FAILURE);
  if (!(await mirror.isAncestor(merge, onto))) throw nothingLeft();
  const before = await run('rev-parse', '--verify', '-q', `${merge}^1^{tree}`);
  // Git 2.39 cannot be told a merge base, so the state before the merge becomes a commit on top of the merge.
  const undone = await mirror.commit({
    tree: before,
    parents: [merge],
    message: 'the state before the merge\n',
    author: COMMITTER,
    // Any moment will do, as long as it is always the same.
    at: new Date('2000-01-01T00:00:00Z'),
  });
  const flags = ['merge-tree', '--write-tree', '--name-only', '--no-messages'];
  const result = await tryGit(['--git-dir', mirror.path, ...flags, onto, undone]);
  const [tree = '', ...files] = result.stdout.toString('utf8').split('\n').filter(Boolean);
  if (result.exitCode === 1 && files.length > 0) throw conflict(files);
  if (result.exitCode !== 0) throw gitError(FAILURE, result);
  if (tree === (await mirror.treeOf(onto))) throw nothingLeft();
  return tree;
}

function conflict(files: readonly string[]): ThreadsmithError {
  const shown = files.slice(0, 5).join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
  return new ThreadsmithError(
    'merge_conflict',
    `Later changes touch what is to be taken back: ${shown}.`,
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

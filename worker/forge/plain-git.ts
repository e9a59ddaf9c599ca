// The forge for a plain git remote: branches are pushed, merges are made here and pushed.
import { ThreadsmithError } from '../../core/errors.ts';
import type { Forge, MergeRequest } from './forge.ts';
import { type GitFailure, gitError, tryGit } from './git.ts';
import type { Mirror } from './mirror.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { approvedByLines, coAuthorLines } from './trailers.ts';

/** Between our fetch and our push somebody else may push; then the merge is made again on top of theirs. */
const MERGE_TRIES = 4;

/** A forge over git's own protocols. */
export function createPlainGitForge(): Forge {
  return {
    publish: (mirror, branch, commit, signal) =>
      oneAtATime(mirror.path, () =>
        push(mirror, `${commit}:refs/heads/${branch}`, `The branch ${branch}`, signal),
      ),
    merge: async (mirror, request, signal) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return { mergeCommit: await mergeOnce(mirror, request, signal) };
        } catch (error) {
          const raced =
            error instanceof ThreadsmithError && error.code === 'push_rejected' && error.retry === 'now';
          if (!raced || tries >= MERGE_TRIES) throw error;
        }
      }
    },
    discard: async (mirror, branch, signal) => {
      await mirror.refresh(signal);
      if ((await mirror.head(branch)) === null) return;
      await push(mirror, `:refs/heads/${branch}`, `Removing the branch ${branch}`, signal);
    },
  };
}

async function mergeOnce(mirror: Mirror, request: MergeRequest, signal?: AbortSignal): Promise<string> {
  const { defaultBranch, commit: base } = await mirror.refresh(signal);
  const head = await mirror.head(request.branch);
  const merged = await mergeOf(mirror, request.commit, base);
  if (merged !== null) return merged;
  if (head !== request.commit) throw headMoved(request, head);
  const tree = await mergedTree(mirror, base, request.commit, defaultBranch);
  const mergeCommit = await mirror.commit({
    tree,
    parents: [base, request.commit],
    message: [
      `Merge ${request.branch}: ${request.title}\n\n`,
      approvedByLines(request.approvers ?? [request.approver]),
      coAuthorLines(request.coAuthors ?? [], request.approver),
    ].join(''),
    author: request.approver,
    at: request.at,
  });
  await push(mirror, `${mergeCommit}:refs/heads/${defaultBranch}`, `Merging into ${defaultBranch}`, signal);
  return mergeCommit;
}

/** The commit that brought `commit` into the branch at `base`, or null where it is not in there. */
async function mergeOf(mirror: Mirror, commit: string, base: string): Promise<string | null> {
  const contained = await tryGit(['--git-dir', mirror.path, 'merge-base', '--is-ancestor', commit, base]);
  if (contained.exitCode !== 0) return null;
  const path = await tryGit([
    '--git-dir',
    mirror.path,
    'rev-list',
    '--ancestry-path',
    '--reverse',
    '--merges',
    `${commit}..${base}`,
  ]);
  return path.stdout.toString('utf8').split('\n')[0] || commit;
}

async function mergedTree(
  mirror: Mirror,
  base: string,
  commit: string,
  defaultBranch: string,
): Promise<string> {
  const result = await tryGit([
    '--git-dir',
    mirror.path,
    'merge-tree',
    '--write-tree',
    '--name-only',
    '--no-messages',
    base,
    commit,
  ]);
  const lines = result.stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  if (result.exitCode === 0) return lines[0] ?? '';
  const files = lines.slice(1);
  if (result.exitCode !== 1 || files.length === 0) {
    throw gitError(
      { code: 'internal', what: 'The merge could not be tried', advice: 'Click the button again.' },
      result,
    );
  }
  const shown = files.slice(0, 5).join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
  throw new ThreadsmithError(
    'merge_conflict',
    `The change conflicts with ${defaultBranch} in ${shown}.`,
    `Reply “bring this up to date with ${defaultBranch}” and the agent resolves it.`,
  );
}

async function push(mirror: Mirror, refspec: string, what: string, signal?: AbortSignal): Promise<void> {
  const failure: GitFailure = {
    code: 'push_rejected',
    what: `${what} was refused by the remote of ${mirror.repo.name}`,
    advice:
      'Check the rights of the worker and the rules of the branch, then reply in the thread to try again; the work is kept.',
  };
  const result = await tryGit(['--git-dir', mirror.path, 'push', '-q', mirror.repo.url, refspec], { signal });
  if (result.exitCode === 0) return;
  const error = gitError(failure, result);
  const raced = /non-fast-forward|fetch first|incorrect old value|cannot lock ref/i.test(result.stderr);
  throw raced ? new ThreadsmithError('push_rejected', error.message, error.advice, { retry: 'now' }) : error;
}

function headMoved(request: MergeRequest, head: string | null): ThreadsmithError {
  const now = head === null ? 'no longer exists' : `is now at ${head.slice(0, 8)}`;
  return new ThreadsmithError(
    'head_moved',
    `The branch ${request.branch} ${now}, not at the commit ${request.commit.slice(0, 8)} that was shown.`,
    'Reply in the thread to have the new state verified and shown, then approve that.',
  );
}

// The forge for a plain git remote: pushes branches, and makes merges in the mirror before it pushes them.
import { ThreadsmithError } from '../../core/errors.ts';
import type { Forge, MergeRequest } from './forge.ts';
import { type Mirror, namedFiles } from './mirror.ts';
import { approvedByLines, coAuthorLines } from './trailers.ts';

/** Another push may come between our fetch and our push; the merge is then made again on top of it. */
const MERGE_TRIES = 4;

/** A forge over git's own protocols. */
export function createPlainGitForge(): Forge {
  return {
    publish: (mirror, branch, commit, signal) =>
      mirror.remote.push(branch, commit, `The branch ${branch}`, signal),
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
    discard: async ({ remote, history }, branch, signal) => {
      await remote.refresh(signal);
      if ((await history.head(branch)) === null) return;
      await remote.push(branch, null, `Removing the branch ${branch}`, signal);
    },
  };
}

async function mergeOnce(mirror: Mirror, request: MergeRequest, signal?: AbortSignal): Promise<string> {
  const { defaultBranch, commit: base } = await mirror.remote.refresh(signal);
  const head = await mirror.history.head(request.branch);
  const merged = await mirror.history.mergeOf(request.commit, base);
  if (merged !== null) return merged;
  if (head !== request.commit) throw headMoved(request, head);
  const tree = await mergedTree(mirror, base, request.commit, defaultBranch);
  const mergeCommit = await mirror.objects.commit({
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
  await mirror.remote.push(defaultBranch, mergeCommit, `Merging into ${defaultBranch}`, signal);
  return mergeCommit;
}

async function mergedTree(
  { objects }: Mirror,
  base: string,
  commit: string,
  defaultBranch: string,
): Promise<string> {
  const merged = await objects.mergeTree(base, commit, {
    code: 'internal',
    what: 'The merge could not be tried',
    advice: 'Click the button again.',
  });
  if (merged.kind === 'merged') return merged.tree;
  throw new ThreadsmithError(
    'merge_conflict',
    `The change conflicts with ${defaultBranch} in ${namedFiles(merged.files)}.`,
    `Reply “bring this up to date with ${defaultBranch}” and the agent resolves it.`,
  );
}

function headMoved(request: MergeRequest, head: string | null): ThreadsmithError {
  const now = head === null ? 'no longer exists' : `is now at ${head.slice(0, 8)}`;
  return new ThreadsmithError(
    'head_moved',
    `The branch ${request.branch} ${now}, not at the commit ${request.commit.slice(0, 8)} that was shown.`,
    'Reply in the thread to have the new state verified and shown, then approve that.',
  );
}

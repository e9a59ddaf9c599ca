// The remote of a mirror: fetches all its branches, and pushes to one.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RepoConfig } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { withoutCredentials } from '../../core/redact.ts';
import { BROKEN, type GitFailure, git, gitError, tryGit } from './git.ts';
import { headOf } from './mirror-history.ts';

export interface MirrorRemote {
  /**
   * Fetches all branches, making the mirror at the first call. Throws `clone_failed` where the remote cannot be read
   * and `repo_empty` where its default branch has no commit; on abort the signal's reason. May be called at any time:
   * calls for one mirror wait for each other.
   */
  refresh(signal?: AbortSignal): Promise<{ readonly defaultBranch: string; readonly commit: string }>;
  /**
   * Sets a branch of the remote to a commit, never with force; null removes the branch. `what` begins the error's
   * sentence. Throws `push_rejected`, with retry `now` where another push came first; on abort the signal's reason,
   * and the push may have arrived. Pushing the same commit again is no error.
   */
  push(branch: string, commit: string | null, what: string, signal?: AbortSignal): Promise<void>;
}

/** The remote of the mirror at `path`. Calls are not yet in a queue. */
export function remoteOf(repo: RepoConfig, path: string): MirrorRemote {
  return {
    refresh: async (signal) => {
      await mkdir(dirname(path), { recursive: true });
      await git(['init', '-q', '--bare', '--template=', '-b', 'threadsmith-none', path], BROKEN);
      const failure: GitFailure = {
        code: 'clone_failed',
        what: `The repo ${repo.name} could not be fetched from ${withoutCredentials(repo.url)}`,
        advice:
          'Check its address in the configuration and that the worker may read it, then reply in the thread to try again.',
      };
      const fetch = ['fetch', '-q', '--prune', '--no-tags', repo.url, '+refs/heads/*:refs/heads/*'];
      const fetched = await tryGit(['--git-dir', path, ...fetch], { signal });
      if (fetched.exitCode !== 0) throw gitError(failure, fetched);
      const defaultBranch = repo.default_branch ?? (await defaultBranchOf(repo, failure));
      const commit = await headOf(path, defaultBranch);
      if (commit === null) throw emptyRepo(repo, defaultBranch);
      return { defaultBranch, commit };
    },
    push: async (branch, commit, what, signal) => {
      const refspec = `${commit ?? ''}:refs/heads/${branch}`;
      const result = await tryGit(['--git-dir', path, 'push', '-q', repo.url, refspec], { signal });
      if (result.exitCode === 0) return;
      const error = gitError(
        {
          code: 'push_rejected',
          what: `${what} was refused by the remote of ${repo.name}`,
          advice:
            'Check the rights of the worker and the rules of the branch, then reply in the thread to try again; the work is kept.',
        },
        result,
      );
      if (!/non-fast-forward|fetch first|incorrect old value|cannot lock ref/i.test(result.stderr))
        throw error;
      throw new ThreadsmithError('push_rejected', error.message, error.advice, { retry: 'now' });
    },
  };
}

async function defaultBranchOf(repo: RepoConfig, failure: GitFailure): Promise<string> {
  const text = await git(['ls-remote', '--symref', repo.url, 'HEAD'], failure);
  return /^ref: refs\/heads\/(\S+)\s+HEAD/m.exec(text)?.[1] ?? 'main';
}

function emptyRepo(repo: RepoConfig, branch: string): ThreadsmithError {
  return new ThreadsmithError(
    'repo_empty',
    `The repo ${repo.name} has no commit on its branch ${branch}.`,
    `Push a first commit to ${branch}, or name another default_branch in the configuration, then reply in the thread.`,
  );
}

// The history in a mirror: how its commits and branches relate, as of the last refresh.
import { BROKEN, git, tryGit } from './git.ts';

/** Only reads, so each method may be called any number of times. A mirror that git cannot read throws `internal`. */
export interface MirrorHistory {
  /** The commit of a branch after the last refresh, or null. Does not throw. */
  head(branch: string): Promise<string | null>;
  /** True where both are the same commit or `commit` comes before `of`; false where one is not known. */
  isAncestor(commit: string, of: string): Promise<boolean>;
  /** The commit that this one was made on top of. Throws `internal` where it has no parent. */
  firstParent(commit: string): Promise<string>;
  /** The commit where two histories parted, or null where they have nothing in common. Does not throw. */
  mergeBase(one: string, other: string): Promise<string | null>;
  /** The merge that brought a commit into the history of `into`: the commit itself without one, null where it is not in it. */
  mergeOf(commit: string, into: string): Promise<string | null>;
  /** The whole message, with a line break at its end. */
  messageOf(commit: string): Promise<string>;
}

/** The history of the mirror at `path`. */
export function historyOf(path: string): MirrorHistory {
  const run = (...args: string[]) => git(['--git-dir', path, ...args], BROKEN);
  const isAncestor = async (commit: string, of: string): Promise<boolean> =>
    (await tryGit(['--git-dir', path, 'merge-base', '--is-ancestor', commit, of])).exitCode === 0;
  return {
    head: (branch) => headOf(path, branch),
    isAncestor,
    firstParent: (commit) => run('rev-parse', '--verify', '-q', `${commit}^1`),
    mergeBase: async (one, other) => {
      const result = await tryGit(['--git-dir', path, 'merge-base', one, other]);
      return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : null;
    },
    mergeOf: async (commit, into) => {
      if (!(await isAncestor(commit, into))) return null;
      const merges = await run('rev-list', '--ancestry-path', '--reverse', '--merges', `${commit}..${into}`);
      return merges.split('\n')[0] || commit;
    },
    messageOf: async (commit) => `${await run('log', '-1', '--format=%B', commit)}\n`,
  };
}

/** The commit of a branch in the mirror at `path`, or null. */
export async function headOf(path: string, branch: string): Promise<string | null> {
  const ref = `refs/heads/${branch}^{commit}`;
  const result = await tryGit(['--git-dir', path, 'rev-parse', '--verify', '-q', ref]);
  return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : null;
}

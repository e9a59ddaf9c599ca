// A bare clone that the worker keeps of a repo: sandboxes are filled from it and commits are made in it.
// Git never runs on the host in a folder that a sandbox wrote.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Serial, serial } from '../../core/async.ts';
import type { RepoConfig } from '../../core/config/config.ts';
import { inBorrowingRepo } from './borrowing-repo.ts';
import { BROKEN, type GitFailure, git, gitError, tryGit } from './git.ts';
import { importTree } from './import-tree.ts';
import { historyOf, type MirrorHistory } from './mirror-history.ts';
import { type MirrorRemote, remoteOf } from './mirror-remote.ts';
import { type MirrorTrees, treesOf } from './mirror-trees.ts';

export interface Signature {
  readonly name: string;
  readonly email: string;
}

export interface CommitSpec {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Signature;
  /** The same spec with the same time gives the same commit. */
  readonly at: Date;
}

export const COMMITTER: Signature = {
  name: 'Threadsmith',
  email: 'threadsmith@users.noreply.threadsmith.invalid',
};

export type MergedTree =
  | { readonly kind: 'merged'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

/** Objects in and out. What is written again has the same id, so each method may be called any number of times. */
export interface MirrorObjects {
  /** Commits as a bundle with one branch ref per entry, leaving out what `without` has. Throws `internal`. */
  bundle(branches: Readonly<Record<string, string>>, without?: readonly string[]): Promise<Buffer>;
  /**
   * Takes objects out of a bundle that a sandbox made, checked as hostile. Returns the tree of its ref. Throws
   * `change_refused` where the bundle breaks a rule; the mirror then stays as it was.
   */
  importTree(bundle: Uint8Array, ref: string): Promise<string>;
  /** Makes a commit that no branch has yet and returns its id. Throws `internal` where its tree is not known. */
  commit(spec: CommitSpec): Promise<string>;
  /** Merges two commits into a tree, or names the files that conflict. Throws `failure` where git cannot try. */
  mergeTree(one: string, other: string, failure: GitFailure): Promise<MergedTree>;
}

export interface Mirror {
  readonly repo: RepoConfig;
  readonly history: MirrorHistory;
  readonly trees: MirrorTrees;
  readonly objects: MirrorObjects;
  readonly remote: MirrorRemote;
}

/** A queue for each mirror of this process: fetches, pushes and imports of one mirror exclude each other. */
const queues = new Map<string, Serial>();

/** Opens the mirror of a repo in a folder; it is made at the first refresh. */
export function openMirror(repo: RepoConfig, folder: string): Mirror {
  const path = join(folder, `${repo.name}.git`);
  const queue = queues.get(path) ?? serial();
  queues.set(path, queue);
  const remote = remoteOf(repo, path);
  return {
    repo,
    history: historyOf(path),
    trees: treesOf(path),
    objects: {
      bundle: (branches, without = []) => makeBundle(path, branches, without),
      importTree: (bundle, ref) => queue(() => importTree(path, bundle, ref)),
      commit: (spec) => commitTree(path, spec),
      mergeTree: (one, other, failure) => mergeTree(path, [one, other], failure),
    },
    remote: {
      refresh: (signal) => queue(() => remote.refresh(signal)),
      push: (branch, commit, what, signal) => queue(() => remote.push(branch, commit, what, signal)),
    },
  };
}

/** Names up to five files in a sentence. */
export function namedFiles(files: readonly string[]): string {
  return files.slice(0, 5).join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
}

/** A bundle needs refs, which the mirror must not get: the borrowing repo has just those of the bundle. */
function makeBundle(
  path: string,
  branches: Readonly<Record<string, string>>,
  without: readonly string[],
): Promise<Buffer> {
  return inBorrowingRepo(path, async (folder) => {
    const run = (...args: string[]) => git(['--git-dir', folder, ...args], BROKEN);
    const refs = Object.entries(branches).map(
      ([branch, commit]) => [`refs/heads/${branch}`, commit] as const,
    );
    for (const [ref, commit] of refs) await run('update-ref', ref, commit);
    const file = join(folder, 'out.bundle');
    const excluded = without.map((commit) => `^${commit}`);
    await run('bundle', 'create', '-q', file, ...refs.map(([ref]) => ref), ...excluded);
    return readFile(file);
  });
}

function commitTree(path: string, { tree, parents, message, author, at }: CommitSpec): Promise<string> {
  const date = `${Math.floor(at.getTime() / 1000)} +0000`;
  const clean = (text: string) => text.replace(/[<>\n\r\0]/g, ' ').trim() || 'unknown';
  const parentArgs = parents.flatMap((parent) => ['-p', parent]);
  return git(['--git-dir', path, 'commit-tree', tree, ...parentArgs, '-F', '-'], BROKEN, {
    stdin: message,
    env: {
      GIT_AUTHOR_NAME: clean(author.name),
      GIT_AUTHOR_EMAIL: clean(author.email),
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: COMMITTER.name,
      GIT_COMMITTER_EMAIL: COMMITTER.email,
      GIT_COMMITTER_DATE: date,
    },
  });
}

async function mergeTree(path: string, commits: readonly string[], failure: GitFailure): Promise<MergedTree> {
  const flags = ['merge-tree', '--write-tree', '--name-only', '--no-messages'];
  const result = await tryGit(['--git-dir', path, ...flags, ...commits]);
  const [tree = '', ...files] = result.stdout.toString('utf8').split('\n').filter(Boolean);
  if (result.exitCode === 0) return { kind: 'merged', tree };
  if (result.exitCode === 1 && files.length > 0) return { kind: 'conflict', files };
  throw gitError(failure, result);
}

// A bare mirror of a repo on the worker: what sandboxes are filled from and what commits are made in.
// Git never runs on the host in a folder that a sandbox wrote.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RepoConfig } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { withoutCredentials } from '../../core/redact.ts';
import type { ChangedFile } from '../../core/result.ts';
import { BROKEN, type GitFailure, git, gitError, tryGit } from './git.ts';
import { importTree } from './import-tree.ts';
import { oneAtATime } from './one-at-a-time.ts';

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

export interface Mirror {
  readonly repo: RepoConfig;
  readonly path: string;
  /** Fetches all branches. Throws `clone_failed` or `repo_empty`. */
  refresh(signal?: AbortSignal): Promise<{ readonly defaultBranch: string; readonly commit: string }>;
  /** The commit of a branch after the last refresh, or null. */
  head(branch: string): Promise<string | null>;
  /** Whether the first is the second or comes before it; false for commits that are not known. */
  isAncestor(commit: string, of: string): Promise<boolean>;
  /** The commit that this one was made on top of. */
  firstParent(commit: string): Promise<string>;
  /** Where two commits parted, or null where they have nothing in common. */
  mergeBase(one: string, other: string): Promise<string | null>;
  /** Paths of all files of a commit. */
  list(commit: string): Promise<readonly string[]>;
  /** A hash over the content of those files of a commit that `pick` chooses. */
  fingerprint(commit: string, pick: (paths: readonly string[]) => readonly string[]): Promise<string>;
  /** A file of a commit, or null where it has none. */
  readText(commit: string, path: string): Promise<string | null>;
  /** Commits as a bundle with one branch ref per entry, leaving out what `without` has. */
  bundle(branches: Readonly<Record<string, string>>, without?: readonly string[]): Promise<Buffer>;
  /** Takes objects out of a bundle that a sandbox made; checked as hostile. Returns the tree of its ref. */
  importTree(bundle: Uint8Array, ref: string): Promise<string>;
  commit(spec: CommitSpec): Promise<string>;
  treeOf(commit: string): Promise<string>;
  messageOf(commit: string): Promise<string>;
  changes(from: string, to: string): Promise<readonly ChangedFile[]>;
  /** A unified diff, at most `maxBytes` long. */
  diff(from: string, to: string, maxBytes: number): Promise<string>;
}

/** Opens the mirror of a repo in a folder; it is made at the first refresh. */
export function openMirror(repo: RepoConfig, folder: string): Mirror {
  const path = join(folder, `${repo.name}.git`);
  const run = (args: readonly string[], failure: GitFailure = BROKEN, stdin?: string | Uint8Array) =>
    git(['--git-dir', path, ...args], failure, stdin === undefined ? {} : { stdin });

  const refresh = async (signal?: AbortSignal) => {
    await mkdir(folder, { recursive: true });
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
    const defaultBranch = repo.default_branch ?? (await remoteDefault(repo, failure));
    const commit = await resolveRef(path, `refs/heads/${defaultBranch}`);
    if (commit === null) throw emptyRepo(repo, defaultBranch);
    return { defaultBranch, commit };
  };

  return {
    repo,
    path,
    refresh: (signal) => oneAtATime(path, () => refresh(signal)),
    head: (branch) => resolveRef(path, `refs/heads/${branch}`),
    isAncestor: async (commit, of) => {
      const result = await tryGit(['--git-dir', path, 'merge-base', '--is-ancestor', commit, of]);
      return result.exitCode === 0;
    },
    mergeBase: async (one, other) => {
      const result = await tryGit(['--git-dir', path, 'merge-base', one, other]);
      return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : null;
    },
    firstParent: (commit) => run(['rev-parse', '--verify', '-q', `${commit}^1`]),
    treeOf: (commit) => run(['rev-parse', '--verify', '-q', `${commit}^{tree}`]),
    messageOf: async (commit) => `${await run(['log', '-1', '--format=%B', commit])}\n`,
    list: async (commit) =>
      (await run(['ls-tree', '-r', '-z', '--name-only', commit])).split('\0').filter((file) => file !== ''),
    fingerprint: async (commit, pick) => {
      const lines = (await run(['ls-tree', '-r', '-z', commit])).split('\0').filter((line) => line !== '');
      const blobs = new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line]));
      const hash = createHash('sha256');
      for (const path of pick([...blobs.keys()])) hash.update(`${blobs.get(path) ?? ''}\0`);
      return hash.digest('hex');
    },
    readText: async (commit, file) => {
      const result = await tryGit(['--git-dir', path, 'cat-file', 'blob', `${commit}:${file}`]);
      return result.exitCode === 0 ? result.stdout.toString('utf8') : null;
    },
    bundle: (branches, without = []) => makeBundle(path, branches, without),
    importTree: (bundle, ref) => oneAtATime(path, () => importTree(path, bundle, ref)),
    commit: (spec) => commitTree(path, spec),
    changes: async (from, to) => {
      const flags = ['diff-tree', '-r', '-z', '-M', '--no-ext-diff', '--no-textconv'];
      return readChanges(
        await run([...flags, '--numstat', from, to]),
        await run([...flags, '--name-status', from, to]),
      );
    },
    diff: async (from, to, maxBytes) => {
      const text = await run(['diff', '-M', '--no-color', '--no-ext-diff', '--no-textconv', from, to]);
      if (Buffer.byteLength(text) <= maxBytes) return text;
      return `${Buffer.from(text).subarray(0, maxBytes).toString('utf8')}\n… the rest of the diff is left out …\n`;
    },
  };
}

async function remoteDefault(repo: RepoConfig, failure: GitFailure): Promise<string> {
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

async function resolveRef(path: string, ref: string): Promise<string | null> {
  const result = await tryGit(['--git-dir', path, 'rev-parse', '--verify', '-q', `${ref}^{commit}`]);
  return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : null;
}

async function makeBundle(
  path: string,
  branches: Readonly<Record<string, string>>,
  without: readonly string[],
): Promise<Buffer> {
  // A bundle wants refs. A repo of its own, borrowing the mirror's objects, has just the ones asked for.
  const work = await mkdtemp(join(tmpdir(), 'threadsmith-bundle-'));
  try {
    await git(['init', '-q', '--bare', '--template=', work], BROKEN);
    await mkdir(join(work, 'objects', 'info'), { recursive: true });
    await writeFile(join(work, 'objects', 'info', 'alternates'), `${join(path, 'objects')}\n`);
    for (const [branch, commit] of Object.entries(branches)) {
      await git(['--git-dir', work, 'update-ref', `refs/heads/${branch}`, commit], BROKEN);
    }
    const file = join(work, 'out.bundle');
    const refs = Object.keys(branches).map((branch) => `refs/heads/${branch}`);
    await git(
      ['--git-dir', work, 'bundle', 'create', '-q', file, ...refs, ...without.map((commit) => `^${commit}`)],
      BROKEN,
    );
    return await readFile(file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function commitTree(path: string, spec: CommitSpec): Promise<string> {
  const date = `${Math.floor(spec.at.getTime() / 1000)} +0000`;
  const clean = (text: string) => text.replace(/[<>\n\r\0]/g, ' ').trim() || 'unknown';
  return git(
    [
      '--git-dir',
      path,
      'commit-tree',
      spec.tree,
      ...spec.parents.flatMap((parent) => ['-p', parent]),
      '-F',
      '-',
    ],
    BROKEN,
    {
      stdin: spec.message,
      env: {
        GIT_AUTHOR_NAME: clean(spec.author.name),
        GIT_AUTHOR_EMAIL: clean(spec.author.email),
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: COMMITTER.name,
        GIT_COMMITTER_EMAIL: COMMITTER.email,
        GIT_COMMITTER_DATE: date,
      },
    },
  );
}

function readChanges(numstat: string, nameStatus: string): readonly ChangedFile[] {
  const kinds = new Map<string, ChangedFile['status']>();
  const names = nameStatus.split('\0');
  for (let index = 0; index + 1 < names.length; ) {
    const letter = names[index] ?? '';
    const renamed = letter.startsWith('R') || letter.startsWith('C');
    const file = names[index + (renamed ? 2 : 1)] ?? '';
    kinds.set(file, renamed ? 'renamed' : letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'modified');
    index += renamed ? 3 : 2;
  }
  const changes: ChangedFile[] = [];
  const stats = numstat.split('\0');
  for (let index = 0; index < stats.length; ) {
    const match = /^(-|\d+)\t(-|\d+)\t(.*)$/s.exec(stats[index] ?? '');
    if (match === null) break;
    // A rename has an empty name here and its two names in the next two fields.
    const renamed = match[3] === '';
    const file = renamed ? (stats[index + 2] ?? '') : (match[3] ?? '');
    const count = (text: string | undefined) => (text === '-' ? null : Number(text));
    changes.push({
      path: file,
      status: kinds.get(file) ?? 'modified',
      additions: count(match[1]),
      deletions: count(match[2]),
    });
    index += renamed ? 3 : 1;
  }
  return changes;
}

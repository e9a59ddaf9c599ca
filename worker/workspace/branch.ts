// The session's branch in the sandbox: puts it on the commit that the turn's work comes on top of, and brings the
// newest default branch, so that an agent can merge that without a network.
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { UnpublishedWork } from '../../db/turns/saved-work.ts';
import type { Mirror } from '../forge/mirror.ts';
import { requireRoom, UNBEGUN } from './disk-space.ts';
import { quoted, rememberMerge } from './merge-marks.ts';
import { putWork } from './saved-work.ts';
import { type Prepared, shell, type TurnSandbox, type WorkspaceFacts } from './workspace.ts';

export const BUNDLE_FILE = '.threadsmith.bundle';

/** The commits that a turn's branch is put together from. */
interface BranchCommits extends Pick<Prepared, 'base' | 'latest' | 'parent' | 'defaultBranch'> {
  /** The commit that people saw last. */
  readonly shown: string;
}

/**
 * The commit that the turn's work comes on top of: the head of the session's branch on the remote where another
 * person pushed to it, else the commit that was shown. A commit that the turn itself pushed before a crash does not
 * count: the turn makes it again.
 */
export async function parentOf(
  facts: WorkspaceFacts,
  mirror: Mirror,
  base: string,
  shown: string,
): Promise<string> {
  const head = await mirror.history.head(facts.branch);
  if (head === null || head === shown) return shown;
  if ((await mirror.history.messageOf(head)).includes(turnTrailer(facts))) return shown;
  // The branch was merged before, and new work begins after that merge.
  if (await mirror.history.isAncestor(head, base)) return shown;
  return (await mirror.history.isAncestor(base, head)) || shown !== base ? head : shown;
}

/** The line of a commit message by which a turn knows its own commit again. */
export function turnTrailer(facts: WorkspaceFacts): string {
  return `Threadsmith-turn: ${facts.turnId}\n`;
}

export interface BranchState {
  /** The sandbox did not have the branch before. */
  readonly isFresh: boolean;
  /** Saved work was put into the sandbox. */
  readonly isRestored: boolean;
  /** Unpublished work conflicts with the new parent; the places are marked in the files. */
  readonly conflicted: boolean;
}

/**
 * Puts the session's branch on `parent`. A fresh sandbox gets a checkout with the saved work, where there is some;
 * in another one the working tree stays as the last turn left it. Unpublished work is applied on top of commits that
 * another person pushed.
 */
export async function checkOutParent(
  opened: TurnSandbox,
  mirror: Mirror,
  commits: BranchCommits,
  saved: UnpublishedWork | null,
): Promise<BranchState> {
  const { facts } = opened;
  const { parent, shown } = commits;
  const ref = `refs/heads/${facts.branch}`;
  const state = await shell(
    opened,
    `state-${facts.run}`,
    `git rev-parse -q --verify ${ref} || echo none; git rev-parse HEAD`,
  );
  const [branch, head] = state.output.text.trim().split('\n');
  const isFresh = branch === 'none';
  // In a fresh sandbox no agent has merged anything yet, though its snapshot may be ahead of the session's base.
  if (!isFresh) await must(opened, `merged-${facts.run}`, rememberMerge(commits.defaultBranch));
  await bringCommits(opened, mirror, commits);
  const carry = async (from: string): Promise<boolean> =>
    (await must(opened, `carry-${facts.run}`, carryOver(ref, from, parent))).endsWith('conflicted');
  if (isFresh) {
    if (saved !== null && (await putWork(opened, facts.branch, saved))) {
      const conflicted = saved.parent !== parent && (await carry(saved.parent));
      return { isFresh, isRestored: true, conflicted };
    }
    await must(opened, `checkout-${facts.run}`, `git checkout -q -f -B '${facts.branch}' ${parent}`);
    return { isFresh, isRestored: false, conflicted: false };
  }
  if (parent === shown) {
    const stay = ['git merge --quit', `git symbolic-ref HEAD ${ref}`, `git update-ref ${ref} ${parent}`];
    if (head !== parent) await must(opened, `head-${facts.run}`, stay.join(' && '));
    return { isFresh, isRestored: false, conflicted: false };
  }
  return { isFresh, isRestored: false, conflicted: await carry(shown) };
}

/** Checks the session's base out in the sandbox of the baseline, whose snapshot may be of another commit. */
export async function checkOutBase(
  opened: TurnSandbox,
  mirror: Mirror,
  commits: BranchCommits,
): Promise<void> {
  await bringCommits(opened, mirror, commits);
  await must(opened, `base-${opened.facts.run}`, `git checkout -q -f --detach ${commits.base}`);
}

/** Brings the commits that the sandbox lacks, and updates its remote-tracking branch of the default branch. */
async function bringCommits(opened: TurnSandbox, mirror: Mirror, commits: BranchCommits): Promise<void> {
  const { facts, sandbox } = opened;
  const { base, latest, defaultBranch, parent, shown } = commits;
  const upstream = `'refs/remotes/origin/${quoted(defaultBranch)}'`;
  const wanted = { base, parent, shown, latest };
  const known = await shell(
    opened,
    `known-${facts.run}`,
    [
      ...Object.entries(wanted).map(([name, commit]) => `git cat-file -e ${commit} && echo ${name}`),
      `echo "at $(git rev-parse -q --verify ${upstream})"`,
    ].join('; '),
  );
  const has = known.output.text.split('\n');
  const missing = Object.entries(wanted).filter(([name]) => !has.includes(name));
  const lines = [`git update-ref ${upstream} ${latest}`];
  if (missing.length > 0) {
    const common = has.includes('base') ? [base] : await knownTo(mirror, latest, has);
    const bundle = await mirror.objects.bundle(Object.fromEntries(missing), common);
    try {
      await sandbox.write(`/work/repo/${BUNDLE_FILE}`, bundle);
    } catch (thrown) {
      if (hasCode(thrown, 'sandbox_full')) await requireRoom(opened, `room-bundle-${facts.run}`, UNBEGUN);
      throw thrown;
    }
    lines.unshift(
      `git fetch -q ./${BUNDLE_FILE} '+refs/heads/*:refs/threadsmith/fetched/*'`,
      `rm ${BUNDLE_FILE}`,
    );
  }
  await must(opened, `fetch-${facts.run}`, lines.join(' && '));
}

/** The commit that the snapshot was made of. The sandbox may claim any: it counts where the mirror knows it too. */
async function knownTo(mirror: Mirror, latest: string, said: readonly string[]): Promise<readonly string[]> {
  const at = said
    .map((line) => /^at ([0-9a-f]{40,64})$/.exec(line)?.[1])
    .find((found) => found !== undefined);
  return at !== undefined && (await mirror.history.isAncestor(at, latest)) ? [at] : [];
}

/** Shell lines that apply the unpublished work over `shown` on top of `parent`, and mark conflicts in the files. */
function carryOver(ref: string, shown: string, parent: string): string {
  return [
    'set -e',
    'git merge --quit',
    'git add -A',
    'tree=$(git write-tree)',
    `work=$(git commit-tree "$tree" -p ${shown} -m 'Work in progress')`,
    `git symbolic-ref HEAD ${ref}`,
    `git update-ref ${ref} ${parent}`,
    'git reset -q --hard',
    `if [ "$tree" != "$(git rev-parse '${shown}^{tree}')" ]; then`,
    '  git cherry-pick --no-commit "$work" || echo conflicted',
    'fi',
  ].join('\n');
}

async function must(opened: TurnSandbox, name: string, line: string): Promise<string> {
  const result = await shell(opened, name, line);
  const said = result.output.text.trim();
  if (result.exitCode === 0) return said;
  await requireRoom(opened, `room-${name}`, UNBEGUN);
  throw new ThreadsmithError(
    'sandbox_lost',
    `The session's branch could not be set up in the sandbox: ${said.slice(-300)}.`,
    'Reply in the thread to try again.',
  );
}

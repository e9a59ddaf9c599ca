// The session's branch in the sandbox: on which commit the next turn stands, and what the default branch has
// got since, so that an agent can bring it in without a network.
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { UnpublishedWork } from '../../db/turns/saved-work.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import type { Mirror } from '../forge/mirror.ts';
import { requireRoom, UNBEGUN } from './disk-space.ts';
import { quoted, rememberMerge } from './merge-marks.ts';
import { putWork } from './saved-work.ts';
import { shell, type WorkspaceFacts } from './workspace.ts';

export const BUNDLE_FILE = '.threadsmith.bundle';

interface Started {
  readonly sandbox: Sandbox;
  readonly facts: WorkspaceFacts;
  readonly signal: AbortSignal;
}

interface Stand {
  readonly base: string;
  readonly latest: string;
  readonly defaultBranch: string;
  /** The commit that people saw last. */
  readonly shown: string;
  readonly parent: string;
}

/**
 * The commit that the next one comes on top of: the head of the session's branch on the remote, where
 * somebody pushed to it, else what was shown. What the turn itself pushed is made again and found there.
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
  // A branch that was merged before, and a new piece of work that begins after that merge.
  if (await mirror.history.isAncestor(head, base)) return shown;
  return (await mirror.history.isAncestor(base, head)) || shown !== base ? head : shown;
}

/** The line of a commit message by which a turn knows its own commit again. */
export function turnTrailer(facts: WorkspaceFacts): string {
  return `Threadsmith-turn: ${facts.turnId}\n`;
}

/** How the sandbox was found, and how the branch stands in it now. */
export interface Standing {
  /** The branch is new in this sandbox. */
  readonly isFresh: boolean;
  /** Saved work was put into it. */
  readonly isRestored: boolean;
  readonly conflicted: boolean;
}

/**
 * Puts the session's branch on `parent`. In a sandbox that is new it is checked out, with the saved work where
 * there is some; else the working tree stays as the last turn left it. Either comes on top of what somebody
 * else pushed.
 */
export async function standOnParent(
  started: Started,
  mirror: Mirror,
  stand: Stand,
  saved: UnpublishedWork | null,
): Promise<Standing> {
  const { facts } = started;
  const { parent, shown } = stand;
  const ref = `refs/heads/${facts.branch}`;
  const state = await shell(
    started,
    `state-${facts.run}`,
    `git rev-parse -q --verify ${ref} || echo none; git rev-parse HEAD`,
  );
  const [branch, head] = state.output.text.trim().split('\n');
  const isFresh = branch === 'none';
  // In a new one nobody has merged anything, though a snapshot may be ahead of the session's base.
  if (!isFresh) await must(started, `merged-${facts.run}`, rememberMerge(stand.defaultBranch));
  await bringCommits(started, mirror, stand);
  const carry = async (from: string): Promise<boolean> =>
    (await must(started, `carry-${facts.run}`, carryOver(ref, from, parent))).endsWith('conflicted');
  if (isFresh) {
    if (saved !== null && (await putWork(started, facts.branch, saved))) {
      const conflicted = saved.parent !== parent && (await carry(saved.parent));
      return { isFresh, isRestored: true, conflicted };
    }
    await must(started, `checkout-${facts.run}`, `git checkout -q -f -B '${facts.branch}' ${parent}`);
    return { isFresh, isRestored: false, conflicted: false };
  }
  if (parent === shown) {
    const stay = ['git merge --quit', `git symbolic-ref HEAD ${ref}`, `git update-ref ${ref} ${parent}`];
    if (head !== parent) await must(started, `head-${facts.run}`, stay.join(' && '));
    return { isFresh, isRestored: false, conflicted: false };
  }
  return { isFresh, isRestored: false, conflicted: await carry(shown) };
}

/** Checks the session's base out in a sandbox that shows how it was before, whatever its snapshot was made of. */
export async function checkOutBase(started: Started, mirror: Mirror, stand: Stand): Promise<void> {
  await bringCommits(started, mirror, stand);
  await must(started, `base-${started.facts.run}`, `git checkout -q -f --detach ${stand.base}`);
}

/** Brings what the sandbox does not have yet of the remote, and the default branch up to date. */
async function bringCommits(started: Started, mirror: Mirror, stand: Stand): Promise<void> {
  const { facts, sandbox } = started;
  const { base, latest, defaultBranch, parent, shown } = stand;
  const upstream = `'refs/remotes/origin/${quoted(defaultBranch)}'`;
  const wanted = { base, parent, shown, latest };
  const known = await shell(
    started,
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
      if (hasCode(thrown, 'sandbox_full')) await requireRoom(started, `room-bundle-${facts.run}`, UNBEGUN);
      throw thrown;
    }
    lines.unshift(
      `git fetch -q ./${BUNDLE_FILE} '+refs/heads/*:refs/threadsmith/fetched/*'`,
      `rm ${BUNDLE_FILE}`,
    );
  }
  await must(started, `fetch-${facts.run}`, lines.join(' && '));
}

/** The commit that a snapshot was made of. The sandbox may claim what it likes: the mirror has to know it too. */
async function knownTo(mirror: Mirror, latest: string, said: readonly string[]): Promise<readonly string[]> {
  const at = said
    .map((line) => /^at ([0-9a-f]{40,64})$/.exec(line)?.[1])
    .find((found) => found !== undefined);
  return at !== undefined && (await mirror.history.isAncestor(at, latest)) ? [at] : [];
}

/** What the working tree has over `shown` comes on top of `parent`; where it conflicts, the files say so. */
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

async function must(started: Started, name: string, line: string): Promise<string> {
  const result = await shell(started, name, line);
  const said = result.output.text.trim();
  if (result.exitCode === 0) return said;
  await requireRoom(started, `room-${name}`, UNBEGUN);
  throw new ThreadsmithError(
    'sandbox_lost',
    `The session's branch could not be set up in the sandbox: ${said.slice(-300)}.`,
    'Reply in the thread to try again.',
  );
}

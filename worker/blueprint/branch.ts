// The session's branch in the sandbox: on which commit the next turn stands, and what the default branch has
// got since, so that an agent can bring it in without a network.
import { ThreadsmithError } from '../../core/errors.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Mirror } from '../forge/mirror.ts';
import { shell, type TurnFacts } from './bench.ts';

export const BUNDLE_FILE = '.threadsmith.bundle';
/** Where the sandbox remembers which commit of the default branch was merged into the working tree. */
const MERGED_REF = 'refs/threadsmith/merged';

interface Started {
  readonly sandbox: Sandbox;
  readonly facts: TurnFacts;
  readonly signal: AbortSignal;
}

export interface Stand {
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
  facts: TurnFacts,
  mirror: Mirror,
  base: string,
  shown: string,
): Promise<string> {
  const head = await mirror.head(facts.branch);
  if (head === null || head === shown) return shown;
  if ((await mirror.messageOf(head)).includes(turnTrailer(facts))) return shown;
  // A branch that was merged before, and a new piece of work that begins after that merge.
  if (await mirror.isAncestor(head, base)) return shown;
  return (await mirror.isAncestor(base, head)) || shown !== base ? head : shown;
}

/** The line of a commit message by which a turn knows its own commit again. */
export function turnTrailer(facts: TurnFacts): string {
  return `Threadsmith-turn: ${facts.turnId}\n`;
}

/**
 * Puts the session's branch on `parent`: checked out where the sandbox is new; else the working tree stays
 * as the last turn left it, on top of what somebody else pushed.
 */
export async function standOnParent(
  started: Started,
  mirror: Mirror,
  stand: Stand,
): Promise<{ readonly isFresh: boolean; readonly conflicted: boolean }> {
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
  await must(started, `merged-${facts.run}`, rememberMerge(stand.defaultBranch));
  await bringCommits(started, mirror, stand);
  if (isFresh) {
    await must(started, `checkout-${facts.run}`, `git checkout -q -f -B '${facts.branch}' ${parent}`);
    return { isFresh, conflicted: false };
  }
  if (parent === shown) {
    const stay = ['git merge --quit', `git symbolic-ref HEAD ${ref}`, `git update-ref ${ref} ${parent}`];
    if (head !== parent) await must(started, `head-${facts.run}`, stay.join(' && '));
    return { isFresh, conflicted: false };
  }
  const carried = await must(started, `carry-${facts.run}`, carryOver(ref, shown, parent));
  return { isFresh, conflicted: carried.endsWith('conflicted') };
}

/**
 * Shell lines that write down which commit of the default branch the agent merged, committed or not.
 * Whether that is true is judged outside, by the history of the mirror.
 */
export function rememberMerge(defaultBranch: string): string {
  const upstream = `'refs/remotes/origin/${quoted(defaultBranch)}'`;
  return [
    'merged=$(git rev-parse -q --verify MERGE_HEAD || true)',
    `if [ -z "$merged" ] && git merge-base --is-ancestor ${upstream} HEAD; then merged=$(git rev-parse ${upstream}); fi`,
    `if [ -n "$merged" ]; then git update-ref ${MERGED_REF} "$merged"; fi`,
  ].join('\n');
}

/** A shell line that says what `rememberMerge` wrote down. */
export const TELL_MERGE = `echo "merged $(git rev-parse -q --verify ${MERGED_REF} || echo nothing)"`;

/** Makes a text safe between single quotes in a shell line. */
export function quoted(text: string): string {
  return text.replaceAll("'", `'\\''`);
}

/** Brings what the sandbox does not have yet of the remote, and the default branch up to date. */
async function bringCommits(started: Started, mirror: Mirror, stand: Stand): Promise<void> {
  const { facts, sandbox } = started;
  const { base, latest, defaultBranch, parent, shown } = stand;
  const wanted = { parent, shown, latest };
  const known = await shell(
    started,
    `known-${facts.run}`,
    Object.entries(wanted)
      .map(([name, commit]) => `git cat-file -e ${commit} && echo ${name}`)
      .join('; '),
  );
  const has = known.output.text.split('\n');
  const missing = Object.entries(wanted).filter(([name]) => !has.includes(name));
  const lines = [`git update-ref 'refs/remotes/origin/${quoted(defaultBranch)}' ${latest}`];
  if (missing.length > 0) {
    await sandbox.write(
      `/work/repo/${BUNDLE_FILE}`,
      await mirror.bundle(Object.fromEntries(missing), [base]),
    );
    lines.unshift(
      `git fetch -q ./${BUNDLE_FILE} '+refs/heads/*:refs/threadsmith/fetched/*'`,
      `rm ${BUNDLE_FILE}`,
    );
  }
  await must(started, `fetch-${facts.run}`, lines.join(' && '));
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
  throw new ThreadsmithError(
    'sandbox_lost',
    `The session's branch could not be set up in the sandbox: ${said.slice(-300)}.`,
    'Reply in the thread to try again.',
  );
}

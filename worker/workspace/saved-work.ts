// Takes the unpublished work of a session out of its sandbox and puts it into a fresh one, as a git bundle. Only
// sandboxes open it: the worker keeps bytes that it never reads.
import { ThreadsmithError } from '../../core/errors.ts';
import { MAX_SAVED_BYTES, type UnpublishedWork } from '../../db/turns/saved-work.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { requireRoom, UNBEGUN } from './disk-space.ts';
import { MERGED_REF, rememberMerge, TELL_MERGE } from './merge-marks.ts';
import { OWN_FOLDER, shell, type TurnSandbox, type Workspace } from './workspace.ts';

const NAME_FILE = `${OWN_FOLDER}/sandbox`;
/** Git uses this index for saving, so that the agent's own stays as the agent left it. */
const INDEX = `${OWN_FOLDER}/index`;
const BUNDLE = `${OWN_FOLDER}/work.bundle`;
/** The file is in memory: it is gone after the sandbox was started again, like every process in it. */
const AWAKE_FILE = '/tmp/.threadsmith-awake';
const WORK_REF = 'refs/threadsmith/work';
const BASE_REF = 'refs/threadsmith/base';
const PARENT_REF = 'refs/threadsmith/parent';
const UPSTREAM = 'refs/remotes/origin/HEAD';
const COMMIT = /^[0-9a-f]{40,64}$/;

export interface SandboxMark {
  /** Null where no turn has prepared the sandbox yet. */
  readonly name: string | null;
  /** Whether its processes still run since the last turn. */
  readonly isAwake: boolean;
}

/** The mark of a fresh sandbox. */
export const UNMARKED: SandboxMark = { name: null, isAwake: false };

/** Reads the mark that `markSandbox` left in the sandbox. */
export async function readMark(opened: TurnSandbox): Promise<SandboxMark> {
  const line = `cat ${NAME_FILE} 2>/dev/null || echo; [ -e ${AWAKE_FILE} ] && echo awake`;
  const { output } = await shell(opened, `mark-${opened.facts.run}`, line);
  const [name = '', awake] = output.text.split('\n');
  return { name: name === '' ? null : name.slice(0, 200), isAwake: awake === 'awake' };
}

/** Reads the name of a sandbox that no turn has open; null where it has none. */
export async function readName(sandbox: Sandbox, id: string): Promise<string | null> {
  const { exitCode, output } = await sandbox.run({ id: `name-${id}`, argv: ['cat', NAME_FILE], cwd: '/' });
  return exitCode === 0 ? output.text.trim().slice(0, 200) : null;
}

/** Gives the prepared sandbox its name, and keeps the commits that `takeWork` compares the work with. */
export async function markSandbox(
  opened: TurnSandbox,
  name: string,
  { base, parent, defaultBranch }: Pick<Workspace, 'base' | 'parent' | 'defaultBranch'>,
): Promise<void> {
  const script = [
    'set -e',
    `mkdir -p ${OWN_FOLDER}`,
    `git update-ref ${BASE_REF} ${base}`,
    `git update-ref ${PARENT_REF} ${parent}`,
    `git symbolic-ref ${UPSTREAM} "refs/remotes/origin/$1"`,
    // The index knows size and time of each file, so that the first saving reads none of them again.
    `cp -f .git/index ${INDEX}`,
    `touch ${AWAKE_FILE}`,
    `echo "$0" > ${NAME_FILE}`,
  ].join('\n');
  const argv = ['bash', '-c', script, name, defaultBranch];
  const id = `${opened.facts.turnId}-named-${opened.facts.run}`;
  const { exitCode, output } = await opened.sandbox.run({ id, argv, timeoutMs: 120_000 });
  if (exitCode === 0) return;
  await requireRoom(opened, `room-named-${opened.facts.run}`, UNBEGUN);
  throw new ThreadsmithError(
    'sandbox_lost',
    `The sandbox could not be prepared: ${output.text.trim().slice(-300)}.`,
    'Reply in the thread to try again.',
  );
}

export type Taken =
  | { readonly kind: 'unchanged' }
  /** `work` is null where the tree is that of its parent. */
  | { readonly kind: 'taken'; readonly work: UnpublishedWork | null }
  /** It could not be taken, or is larger than what is kept. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * What the working tree has over its parent. `id` names the call, and is used once. With `since: 'last'` only
 * where a file changed since the last call: one process of git compares times and sizes, a few milliseconds instead of
 * tens.
 */
export async function takeWork(sandbox: Sandbox, id: string, since: 'ever' | 'last'): Promise<Taken> {
  const env = { GIT_INDEX_FILE: INDEX };
  if (since === 'last') {
    const look = { id: `look-${id}`, argv: ['git', 'add', '-A', '-v'], env, timeoutMs: 60_000 };
    const looked = await sandbox.run(look, { maxOutputBytes: 1024 });
    if (looked.exitCode === 0 && looked.output.totalBytes === 0) return { kind: 'unchanged' };
  }
  const script = [
    `rm -f ${INDEX}.lock`,
    // A file that cannot be read is left out; the rest is worth keeping.
    'git add -A --ignore-errors > /dev/null 2>&1',
    'set -e',
    rememberMerge('HEAD'),
    TELL_MERGE,
    'tree=$(git write-tree)',
    `parent=$(git rev-parse ${PARENT_REF})`,
    'echo "parent $parent"',
    'if [ "$tree" = "$(git rev-parse "$parent^{tree}")" ]; then echo clean; exit; fi',
    'work=$(git -c user.name=a -c user.email=a@sandbox.invalid commit-tree "$tree" -p "$parent" -m work)',
    `git update-ref ${WORK_REF} "$work"`,
    `git bundle create -q ${BUNDLE} ${WORK_REF} ^${BASE_REF} ^${UPSTREAM}`,
  ].join('\n');
  const argv = ['bash', '-c', script];
  const saved = await sandbox.run({ id: `save-${id}`, argv, env, timeoutMs: 120_000 });
  const lines = saved.output.text.trim().split('\n');
  const valueOf = (key: string): string | null =>
    lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? null;
  const parent = valueOf('parent');
  if (saved.exitCode !== 0 || parent === null || !COMMIT.test(parent))
    return { kind: 'refused', reason: saved.output.text.trim().slice(-300) };
  if (lines.at(-1) === 'clean') return { kind: 'taken', work: null };
  const merged = valueOf('merged');
  const bundle = await readBundle(sandbox);
  if (bundle === null) return { kind: 'refused', reason: `it has more than ${MAX_SAVED_BYTES} bytes` };
  return {
    kind: 'taken',
    work: { parent, merged: merged !== null && COMMIT.test(merged) ? merged : null, bundle },
  };
}

async function readBundle(sandbox: Sandbox): Promise<Uint8Array | null> {
  try {
    return await sandbox.read(BUNDLE, MAX_SAVED_BYTES);
  } catch (thrown) {
    if (thrown instanceof ThreadsmithError && thrown.code === 'file_too_large') return null;
    throw thrown;
  }
}

/** Puts saved work into the checkout of its session's branch, over its own parent. False where it does not fit. */
export async function putWork(opened: TurnSandbox, branch: string, work: UnpublishedWork): Promise<boolean> {
  const { sandbox, facts } = opened;
  await sandbox.write(BUNDLE, work.bundle);
  const script = [
    'set -e',
    `git fetch -q ${BUNDLE} '+${WORK_REF}:${WORK_REF}'`,
    `git checkout -q -f -B '${branch}' ${work.parent}`,
    `git read-tree -u --reset ${WORK_REF}`,
    'git reset -q',
    ...(work.merged === null
      ? []
      : [`git cat-file -e ${work.merged} && git update-ref ${MERGED_REF} ${work.merged} || true`]),
  ].join('\n');
  return (await shell(opened, `restore-${facts.run}`, script)).exitCode === 0;
}

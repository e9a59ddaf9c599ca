// Prepares the sandbox of a turn: fetches the repo, chooses a snapshot, opens the sandbox and checks out the branch.

import type { Config } from '../../core/config/config.ts';
import type { SavedWork } from '../../db/turns/saved-work.ts';
import type { EgressPolicy } from '../../sandbox/port/network-policy.ts';
import type {
  Progress,
  Sandbox,
  SandboxLimits,
  SandboxProvider,
  SandboxSpec,
} from '../../sandbox/port/sandbox.ts';
import { checkOutParent, parentOf } from './branch.ts';
import { readRepoFile } from './repo-file.ts';
import { markSandbox, readMark, type SandboxMark, UNMARKED } from './saved-work.ts';
import { chooseSnapshot, type SnapshotFailures, snapshotSpec } from './snapshot.ts';
import type { Lost, Prepared, Workspace } from './workspace.ts';

export interface PrepareOptions
  extends Pick<Workspace, 'facts' | 'config' | 'repo' | 'mirror' | 'log' | 'signal'> {
  readonly provider: SandboxProvider;
  /** The hosts that `setup` may reach; any public host without it. */
  readonly network?: EgressPolicy | undefined;
  /** The base of the session; null before its first turn. */
  readonly baseCommit: string | null;
  /** The commit that people saw last; null before the first one. */
  readonly headCommit: string | null;
  /** The sandbox with the session's newest work; null where none is known. */
  readonly saved: SavedWork | null;
  /** Whether there was work before, so that a new sandbox means that some of it may be gone. */
  readonly goesOn: boolean;
  readonly failures: SnapshotFailures;
  /** Called where an older snapshot fitted, so that one of the newest commit can be built. */
  readonly onOutdated?: ((repo: string, commit: string) => void) | undefined;
  readonly progress: Progress;
}

/**
 * Opens the session's sandbox, or a fresh one, with the branch on the turn's parent and the unpublished work on top.
 * Throws `setup_failed`, `engine_full` or `sandbox_full`.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { facts, mirror, signal, progress } = options;
  progress(`Fetching ${options.repo.name}`);
  const latest = await mirror.remote.refresh(signal);
  const base = options.baseCommit ?? latest.commit;
  const shown = options.headCommit ?? base;
  const parent = await parentOf(facts, mirror, base, shown);
  // The file of the base counts, so that a change cannot rewrite the checks that judge it.
  const repoFile = await readRepoFile((path) => mirror.trees.readText(base, path), chosenBranch(options));
  const { defaultBranch } = latest;
  const spec = await snapshotSpec({ ...options, base, defaultBranch, repoFile });
  const snapshot = await chooseSnapshot({ ...options, spec, key: facts.sandboxKey }, options.repo.name);
  if (snapshot.key !== spec.key && base === latest.commit)
    options.onOutdated?.(options.repo.name, latest.commit);
  progress('Opening the sandbox');
  const limits = limitsOf(options.config);
  const wanted = { key: facts.sandboxKey, image: snapshot.image, limits, fence: facts.fence };
  const { sandbox, mark } = await openNewest(options, wanted);
  const opened = { sandbox, facts, signal };
  const commits = { base, latest: latest.commit, defaultBranch, shown, parent };
  const unpublished = options.saved?.unpublished ?? null;
  const { isFresh, isRestored, conflicted } = await checkOutParent(opened, mirror, commits, unpublished);
  const name = isFresh || mark.name === null ? `${facts.turnId}-${facts.run}` : mark.name;
  await markSandbox(opened, name, commits);
  if (isRestored) options.log.info('unpublished work was put into a fresh sandbox', { sandbox: name });
  const lostFiles = isFresh && unpublished !== null && !isRestored;
  if (lostFiles) options.log.warn('saved work did not fit into a fresh sandbox', { sandbox: name });
  return {
    repoFile,
    snapshot: snapshot.image,
    sandbox,
    ...commits,
    moved: parent !== shown,
    conflicted,
    lost: lostOf(options, isFresh, lostFiles, mark.isAwake),
    sandboxName: name,
  };
}

/** The base branch that a request named; undefined where it is the usual one. */
function chosenBranch({ config, repo }: PrepareOptions): string | undefined {
  const usual = config.repos.find(({ name }) => name === repo.name)?.default_branch;
  return repo.default_branch === usual ? undefined : repo.default_branch;
}

/** The limits of a sandbox in the configuration. */
export function limitsOf({ sandbox: { memory_mb, cpus, pids, disk_mb } }: Config): SandboxLimits {
  return { memoryBytes: memory_mb * 2 ** 20, cpus, pids, diskBytes: disk_mb * 2 ** 20 };
}

/** Opens the session's sandbox. One without the session's newest work is removed and replaced by a fresh one. */
async function openNewest(
  { provider, saved, facts, log, signal }: PrepareOptions,
  spec: SandboxSpec,
): Promise<{ readonly sandbox: Sandbox; readonly mark: SandboxMark }> {
  const sandbox = await provider.open(spec, signal);
  const mark = await readMark({ sandbox, facts, signal });
  if (sandbox.fresh || saved === null || mark.name === saved.sandbox) return { sandbox, mark };
  log.info('a sandbox without the newest work was removed', { sandbox: mark.name, newest: saved.sandbox });
  await sandbox.close();
  await provider.remove(spec.key);
  return { sandbox: await provider.open(spec, signal), mark: UNMARKED };
}

function lostOf(
  { goesOn, saved }: PrepareOptions,
  isFresh: boolean,
  lostFiles: boolean,
  isAwake: boolean,
): Lost | null {
  if (!goesOn) return null;
  if (isFresh) return saved === null || lostFiles ? 'work' : 'sandbox';
  return saved === null || isAwake ? null : 'processes';
}

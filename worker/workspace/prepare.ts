// Chapter 1: the repo outside, the snapshot, the sandbox, the branch.

import type { Config, RepoConfig } from '../../core/config/config.ts';
import type { Log } from '../../core/log.ts';
import type { SavedWork } from '../../db/turns/saved-work.ts';
import type { EgressPolicy } from '../../sandbox/port/network-policy.ts';
import type {
  Progress,
  Sandbox,
  SandboxLimits,
  SandboxProvider,
  SandboxSpec,
} from '../../sandbox/port/sandbox.ts';
import type { Mirror } from '../forge/mirror.ts';
import { parentOf, standOnParent } from './branch.ts';
import { type RepoFile, readRepoFile } from './repo-file.ts';
import { type Mark, markSandbox, readMark, UNMARKED } from './saved-work.ts';
import { chooseSnapshot, type SnapshotFailures, snapshotSpec } from './snapshot.ts';
import type { Lost, WorkspaceFacts } from './workspace.ts';

export interface Prepared {
  readonly repoFile: RepoFile;
  readonly snapshot: string;
  readonly sandbox: Sandbox;
  readonly defaultBranch: string;
  readonly base: string;
  /** Commit of the default branch right now. */
  readonly latest: string;
  readonly parent: string;
  /** Somebody else pushed to the session's branch: `parent` is a commit that no result has shown. */
  readonly moved: boolean;
  /** What the working tree held conflicts with what was pushed; the places are marked in the files. */
  readonly conflicted: boolean;
  /** What the session's work has lost since the last step; null where all is as it was left. */
  readonly lost: Lost | null;
  /** The name of this sandbox, under which its work is saved. */
  readonly sandboxName: string;
}

export interface PrepareOptions {
  readonly facts: WorkspaceFacts;
  readonly config: Config;
  readonly repo: RepoConfig;
  readonly mirror: Mirror;
  readonly provider: SandboxProvider;
  /** What `setup` may reach; any public host without it. */
  readonly network?: EgressPolicy | undefined;
  /** Of the session so far. */
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  /** Where the session's newest work is; null where nobody noted it down. */
  readonly saved: SavedWork | null;
  /** Whether there was work before, so that a new sandbox means that some of it may be gone. */
  readonly goesOn: boolean;
  readonly failures: SnapshotFailures;
  /** Called where an older snapshot was good enough: time to build one of the newest commit. */
  readonly onOutdated?: ((repo: string, commit: string) => void) | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Brings a session's sandbox to where its next turn can work. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { facts, mirror, signal, progress } = options;
  progress(`Fetching ${options.repo.name}`);
  const latest = await mirror.remote.refresh(signal);
  const base = options.baseCommit ?? latest.commit;
  const shown = options.headCommit ?? base;
  const parent = await parentOf(facts, mirror, base, shown);
  // From where the work begins, so that a change cannot rewrite the checks that judge it.
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
  const started = { sandbox, facts, signal };
  const stand = { base, latest: latest.commit, defaultBranch, shown, parent };
  const unpublished = options.saved?.unpublished ?? null;
  const { isFresh, isRestored, conflicted } = await standOnParent(started, mirror, stand, unpublished);
  const name = isFresh || mark.name === null ? `${facts.turnId}-${facts.run}` : mark.name;
  await markSandbox(started, name, stand);
  if (isRestored) options.log.info('unpublished work was put into a fresh sandbox', { sandbox: name });
  const lostFiles = isFresh && unpublished !== null && !isRestored;
  if (lostFiles) options.log.warn('saved work did not fit into a fresh sandbox', { sandbox: name });
  return {
    repoFile,
    snapshot: snapshot.image,
    sandbox,
    ...stand,
    moved: parent !== shown,
    conflicted,
    lost: lostOf(options, isFresh, lostFiles, mark.isAwake),
    sandboxName: name,
  };
}

/** The branch that a person named in place of the one that the configuration, or the remote, has as the default. */
function chosenBranch({ config, repo }: PrepareOptions): string | undefined {
  const usual = config.repos.find(({ name }) => name === repo.name)?.default_branch;
  return repo.default_branch === usual ? undefined : repo.default_branch;
}

/** What a sandbox may use up, by the configuration. */
export function limitsOf({ sandbox: { memory_mb, cpus, pids, disk_mb } }: Config): SandboxLimits {
  return { memoryBytes: memory_mb * 2 ** 20, cpus, pids, diskBytes: disk_mb * 2 ** 20 };
}

/** Opens the sandbox that has the session's newest work, else a fresh one: one that was left behind is removed. */
async function openNewest(
  { provider, saved, facts, log, signal }: PrepareOptions,
  spec: SandboxSpec,
): Promise<{ readonly sandbox: Sandbox; readonly mark: Mark }> {
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

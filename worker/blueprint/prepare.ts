// Chapter 1: the repo outside, the snapshot, the sandbox, the branch.

import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Config, RepoConfig } from '../../core/config.ts';
import type { Log } from '../../core/log.ts';
import type { SavedWork } from '../../db/saved-work.ts';
import type { EgressPolicy } from '../../sandbox/egress/policy.ts';
import type { Progress, Sandbox, SandboxProvider, SandboxSpec } from '../../sandbox/sandbox.ts';
import type { Mirror } from '../forge/mirror.ts';
import type { TurnFacts } from './bench.ts';
import { BUNDLE_FILE, parentOf, standOnParent } from './branch.ts';
import { quoted } from './merged.ts';
import { type RepoFile, readRepoFile } from './repo-file.ts';
import { type Mark, markSandbox, readMark, UNMARKED } from './saved-work.ts';

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

/**
 * `processes`: the sandbox was started again. `sandbox`: it is another one, with the files as they were saved.
 * `work`: it is another one, with only what was published.
 */
export type Lost = 'processes' | 'sandbox' | 'work';

export interface PrepareOptions {
  readonly facts: TurnFacts;
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
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Brings a session's sandbox to where its next turn can work. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { facts, mirror, signal, progress } = options;
  progress(`Fetching ${options.repo.name}`);
  const latest = await mirror.refresh(signal);
  const base = options.baseCommit ?? latest.commit;
  const shown = options.headCommit ?? base;
  const parent = await parentOf(facts, mirror, base, shown);
  // From the default branch, so that a change cannot rewrite the checks that judge it.
  const repoFile = await readRepoFile((path) => mirror.readText(base, path));
  const snapshot = await takeSnapshot(options, base, latest.defaultBranch, repoFile);
  progress('Opening the sandbox');
  const { memory_mb, cpus, pids, disk_mb } = options.config.sandbox;
  const limits = { memoryBytes: memory_mb * 2 ** 20, cpus, pids, diskBytes: disk_mb * 2 ** 20 };
  const spec = { key: facts.sandboxKey, image: snapshot, limits, fence: facts.fence };
  const { sandbox, mark } = await openNewest(options, spec);
  const started = { sandbox, facts, signal };
  const { defaultBranch, commit } = latest;
  const stand = { base, latest: commit, defaultBranch, shown, parent };
  const unpublished = options.saved?.unpublished ?? null;
  const { isFresh, isRestored, conflicted } = await standOnParent(started, mirror, stand, unpublished);
  const name = isFresh || mark.name === null ? `${facts.turnId}-${facts.run}` : mark.name;
  await markSandbox(started, name, stand);
  if (isRestored) options.log.info('unpublished work was put into a fresh sandbox', { sandbox: name });
  const lostFiles = isFresh && unpublished !== null && !isRestored;
  if (lostFiles) options.log.warn('saved work did not fit into a fresh sandbox', { sandbox: name });
  return {
    repoFile,
    snapshot,
    sandbox,
    ...stand,
    moved: parent !== shown,
    conflicted,
    lost: lostOf(options, isFresh, lostFiles, mark.isAwake),
    sandboxName: name,
  };
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

async function takeSnapshot(
  options: PrepareOptions,
  base: string,
  defaultBranch: string,
  repoFile: RepoFile,
): Promise<string> {
  const { mirror, provider, network, progress, signal } = options;
  const setup = [checkoutLine(defaultBranch, base), ...repoFile.setup, LEAVE_OUT_SETUP];
  const digest = createHash('sha256').update(JSON.stringify(setup)).digest('hex').slice(0, 10);
  const name = options.repo.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const bundled = async () => bundleTar(await mirror.bundle({ [defaultBranch]: base }));
  return provider.snapshot(
    {
      key: `${name}-${base.slice(0, 12)}-${digest}`,
      files: () => lazily(bundled),
      setup,
      ...(network === undefined ? {} : { network }),
      setupTimeoutMs: options.config.sandbox.setup_minutes * 60_000,
    },
    progress,
    signal,
  );
}

/** What `setup` leaves in the working tree is not part of any change, whether the repo ignores it or not. */
const LEAVE_OUT_SETUP =
  "git checkout -q -- . && git ls-files --others --exclude-standard --directory | sed 's#^#/#' >> .git/info/exclude";

/** Git runs in the sandbox here: the checkout of a hostile repo stays inside. */
function checkoutLine(defaultBranch: string, base: string): string {
  return [
    `git init -q -b '${quoted(defaultBranch)}' .`,
    `git fetch -q ./${BUNDLE_FILE} '+refs/heads/*:refs/remotes/origin/*'`,
    `git checkout -q -B '${quoted(defaultBranch)}' ${base}`,
    `rm ${BUNDLE_FILE}`,
    "git config user.name 'Threadsmith agent'",
    "git config user.email 'agent@sandbox.invalid'",
  ].join(' && ');
}

function bundleTar(bundle: Buffer): AsyncIterable<Uint8Array> {
  const archive = pack();
  archive.entry({ name: BUNDLE_FILE, size: bundle.length, mode: 0o644, uid: 1000, gid: 1000 }, bundle);
  archive.finalize();
  return archive.pipe(new PassThrough());
}

/** A stream that is made when it is first read, so that a snapshot that exists costs no bundle. */
function lazily(make: () => Promise<AsyncIterable<Uint8Array>>): Readable {
  return Readable.from(
    (async function* () {
      yield* await make();
    })(),
  );
}

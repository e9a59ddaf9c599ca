// Chooses the snapshot that a sandbox is made from. One of an older commit fits as long as `setup` would do the same:
// the newer commits only bring files, and those are fetched in a moment (docs/decisions/0008).
import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Config, RepoConfig } from '../../core/config/config.ts';
import { type ErrorCode, type Failure, ThreadsmithError, toFailure } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { EgressPolicy } from '../../sandbox/port/network-policy.ts';
import type { Progress, SandboxProvider, Snapshot, SnapshotSpec } from '../../sandbox/port/sandbox.ts';
import type { Mirror } from '../forge/mirror.ts';
import { BUNDLE_FILE } from './branch.ts';
import { quoted } from './merge-marks.ts';
import type { RepoFile } from './repo-file.ts';

/** Keeps the failed builds, so that people hear of each once and no turn waits for it again. */
export interface SnapshotFailures {
  /** The `alike` of the last build where that failed, else null. */
  failing(repo: string): Promise<string | null>;
  failed(repo: string, alike: string, failure: Failure): Promise<void>;
  built(repo: string): Promise<void>;
}

export interface SnapshotSource {
  readonly repo: RepoConfig;
  readonly config: Config;
  readonly mirror: Mirror;
  readonly base: string;
  readonly defaultBranch: string;
  readonly repoFile: RepoFile;
  /** The hosts that `setup` may reach. */
  readonly network?: EgressPolicy | undefined;
}

export interface SnapshotChoice {
  readonly spec: SnapshotSpec;
  readonly provider: SandboxProvider;
  readonly failures: SnapshotFailures;
  /** The key of the sandbox: where that exists already, any snapshot fits. */
  readonly key: string;
  readonly progress: Progress;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Keeps nothing, for a run without a database. */
export const FORGETFUL: SnapshotFailures = {
  failing: async () => null,
  failed: async () => {},
  built: async () => {},
};

/** Failures that are caused by the build itself, so that an older snapshot can be used. */
const BUILD_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'setup_failed',
  'engine_full',
  'sandbox_full',
]);

/** Whether the build itself failed: people hear of that, and the last good snapshot is used. */
export function isFailedBuild(thrown: unknown): boolean {
  return thrown instanceof ThreadsmithError && BUILD_FAILURES.has(thrown.code);
}

/**
 * Finds the newest snapshot that fits, builds one where none does, and takes the last good one where the build fails.
 * Without a good one it throws `setup_failed`, `engine_full` or `sandbox_full`.
 */
export async function chooseSnapshot(choice: SnapshotChoice, repo: string): Promise<Snapshot> {
  const { spec, provider, failures, progress, log, signal } = choice;
  const shelf = await provider.snapshots.list(spec.series);
  const fitting =
    shelf.find(({ key }) => key === spec.key) ?? shelf.find(({ alike }) => alike === spec.alike);
  if (fitting !== undefined) return fitting;
  // The setup of another branch must not decide the checks of this one.
  const last = shelf.find(({ alike }) => lineOf(alike) === lineOf(spec.alike));
  if (last !== undefined && (await provider.list()).includes(choice.key)) return last;
  const useLast = (snapshot: Snapshot): Snapshot => {
    log.warn('the last good snapshot is used, because a newer one could not be built', { key: snapshot.key });
    progress('Using the last good snapshot: the newest could not be built');
    return snapshot;
  };
  if (last !== undefined && (await failures.failing(repo)) === spec.alike) return useLast(last);
  try {
    const built = await provider.snapshots.build(spec, progress, signal);
    await failures.built(repo);
    return built;
  } catch (error) {
    if (!isFailedBuild(error)) throw error;
    await failures.failed(repo, spec.alike, toFailure(error));
    if (last === undefined) throw error;
    log.warn('a snapshot could not be built', { error });
    return useLast(last);
  }
}

/** Describes the snapshot of a commit. */
export async function snapshotSpec(source: SnapshotSource): Promise<SnapshotSpec> {
  const { repo, config, mirror, base, defaultBranch, repoFile, network } = source;
  const inputs = await mirror.trees.fingerprint(base, (paths) => inputsOfSetup(paths, repoFile.setup));
  const does = digest([defaultBranch, repoFile.setup, inputs, network?.rules ?? []]);
  const alike = `${digest(defaultBranch).slice(0, LINE_CHARS)}-${does}`;
  const bundled = async () => bundleTar(await mirror.objects.bundle({ [defaultBranch]: base }));
  return {
    series: seriesOf(repo.name),
    key: `${base.slice(0, 16)}-${alike}`,
    alike,
    files: () => lazily(bundled),
    setup: [checkoutLine(defaultBranch, base), ...repoFile.setup, LEAVE_OUT_SETUP],
    ...(network === undefined ? {} : { network }),
    setupTimeoutMs: config.sandbox.setup_minutes * 60_000,
  };
}

/** `alike` begins with a digest of the branch's name, of this length. */
const LINE_CHARS = 8;

function lineOf(alike: string): string {
  return alike.slice(0, LINE_CHARS);
}

/** The series of a repo's snapshots. */
export function seriesOf(repoName: string): string {
  const readable = repoName.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${readable.slice(0, 40)}-${digest(repoName).slice(0, 6)}`;
}

const LOCKS =
  /^(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|requirements[^/]*\.txt|go\.sum|Cargo\.lock|Gemfile\.lock|composer\.lock|mix\.lock|gradle\.lockfile|packages\.lock\.json)$/;
/** Manifests count only where a repo has no lock file, because they change for other reasons too. */
const MANIFESTS =
  /^(package\.json|pyproject\.toml|setup\.(py|cfg)|Pipfile|environment\.ya?ml|go\.mod|Cargo\.toml|Gemfile|composer\.json|mix\.exs|pom\.xml|build\.gradle(\.kts)?|[^/]+\.csproj)$/;
const SETTINGS = /^(\.npmrc|\.yarnrc\.yml|\.nvmrc|\.tool-versions|\.python-version|\.ruby-version)$/;

/** The files that decide what `setup` does: lock files, and files that its lines name. */
export function inputsOfSetup(paths: readonly string[], setup: readonly string[]): readonly string[] {
  if (setup.length === 0) return [];
  const named = new Set(
    setup.flatMap((line) => line.split(/[\s;&|()'"=<>]+/)).map((word) => word.replace(/^\.\//, '')),
  );
  const byName = (pattern: RegExp) => paths.filter((path) => pattern.test(path.split('/').at(-1) ?? ''));
  const locks = byName(LOCKS);
  const wanted = locks.length > 0 ? locks : byName(MANIFESTS);
  return [
    ...new Set([...wanted, ...byName(SETTINGS), ...paths.filter((path) => named.has(path))]),
  ].toSorted();
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** Excludes the files that `setup` leaves in the working tree from every change, ignored by the repo or not. */
const LEAVE_OUT_SETUP =
  "git checkout -q -- . && git ls-files --others --exclude-standard --directory | sed 's#^#/#' >> .git/info/exclude";

/** Git checks out in the sandbox, so that a hostile repo harms only the sandbox. */
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

/** Makes the stream at its first read, so that a snapshot that exists costs no bundle. */
function lazily(make: () => Promise<AsyncIterable<Uint8Array>>): Readable {
  return Readable.from(
    (async function* () {
      yield* await make();
    })(),
  );
}

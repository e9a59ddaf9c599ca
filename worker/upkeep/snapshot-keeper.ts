// Keeps the snapshots of the repos fresh and a pool of sandboxes of the newest ones warm, apart from the turns.
import type { Config, RepoConfig } from '../../core/config/config.ts';
import { toFailure } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import {
  endSnapshotFailures,
  isInUse,
  noteSnapshotFailure,
  type SnapshotFailure,
  snapshotFailures,
} from '../../db/log/snapshot-failures.ts';
import type { Database } from '../../db/schema/database.ts';
import type { SandboxProvider, Snapshot, SnapshotSpec } from '../../sandbox/port/sandbox.ts';
import type { Networks } from '../egress/networks.ts';
import { openMirror } from '../forge/mirror.ts';
import { limitsOf } from '../workspace/prepare.ts';
import { readRepoFile } from '../workspace/repo-file.ts';
import { isFailedBuild, seriesOf, snapshotSpec } from '../workspace/snapshot.ts';

/** A repo without a turn in this time is not refreshed. */
const IN_USE_MS = 24 * 3_600_000;
/** Packages that `setup` installs may be as old as this, and a failed build is tried again after this time. */
export const REBUILD_MS = 30 * 60_000;

export interface SnapshotKeeperTools {
  readonly config: Config;
  readonly database: Database;
  readonly provider: SandboxProvider;
  readonly networks?: Networks;
  readonly mirrors: string;
  readonly log: Log;
  /** Aborts the builds. */
  readonly signal: AbortSignal;
}

export interface SnapshotKeeper {
  /** Builds the repo's snapshot where it is due, and moves the warm pool to the newest one. Never throws. */
  refresh(repoName: string): Promise<void>;
  /** Fills the warm pool up to the number in the configuration. Never throws. */
  warm(repoName: string): Promise<void>;
}

/** Makes the keeper for the engine of this worker. */
export function keepSnapshots(tools: SnapshotKeeperTools): SnapshotKeeper {
  const { config, database, provider, log, signal } = tools;
  const pools = new Map<string, string>();

  const warmFrom = async (repo: RepoConfig, snapshot: Snapshot | undefined): Promise<void> => {
    const { warm = 0 } = repo;
    if (warm === 0 || snapshot === undefined) return;
    const limits = limitsOf(config);
    const before = pools.get(repo.name);
    pools.set(repo.name, snapshot.image);
    await provider.warm({ image: snapshot.image, limits }, warm);
    if (before !== undefined && before !== snapshot.image) await provider.warm({ image: before, limits }, 0);
  };

  const build = async (repo: RepoConfig, spec: SnapshotSpec): Promise<Snapshot | undefined> => {
    try {
      const startedAt = performance.now();
      const built = await provider.snapshots.build(spec, (line) => log.debug('snapshot', { line }), signal);
      await endSnapshotFailures(database.em(), repo.name);
      const durationMs = Math.round(performance.now() - startedAt);
      log.info('a snapshot was built', { repo: repo.name, key: spec.key, durationMs });
      return built;
    } catch (error) {
      if (!isFailedBuild(error)) throw error;
      log.warn('a snapshot could not be built; the last good one stays', { repo: repo.name, error });
      await noteSnapshotFailure(database.em(), repo.name, spec.alike, toFailure(error));
      return undefined;
    }
  };

  const refresh = async (repo: RepoConfig): Promise<void> => {
    if (!(await isInUse(database.em(), repo.name, IN_USE_MS))) return;
    const mirror = openMirror(repo, tools.mirrors);
    const { defaultBranch, commit: base } = await mirror.remote.refresh(signal);
    const repoFile = await readRepoFile((path) => mirror.trees.readText(base, path));
    const network = tools.networks?.byRepo.get(repo.name)?.policy;
    const spec = await snapshotSpec({ repo, config, mirror, base, defaultBranch, repoFile, network });
    const [newest] = await provider.snapshots.list(spec.series);
    const failed = (await snapshotFailures(database.em())).find((row) => row.repo === repo.name);
    const isDue = dueFor(spec, newest, failed, repoFile.setup.length > 0);
    const built = isDue ? await build(repo, { ...spec, anew: true }) : undefined;
    await warmFrom(repo, built ?? newest);
  };

  const named = (repoName: string): RepoConfig | undefined =>
    config.repos.find(({ name }) => name === repoName);
  const quietly = (what: string, work: (repo: RepoConfig) => Promise<void>) => async (repoName: string) => {
    const repo = named(repoName);
    if (repo === undefined) return;
    await work(repo).catch((error: unknown) => {
      if (!signal.aborted) log.warn(what, { repo: repoName, error });
    });
  };
  return {
    refresh: quietly('a snapshot could not be refreshed', refresh),
    warm: quietly('no sandboxes could be made ready', async (repo) => {
      if (repo.warm === undefined) return;
      const [newest] = await provider.snapshots.list(seriesOf(repo.name));
      await warmFrom(repo, newest);
    }),
  };
}

/** Whether to build: the branch moved or the installed packages may be old, and the last build did not just fail. */
function dueFor(
  spec: SnapshotSpec,
  newest: Snapshot | undefined,
  failed: SnapshotFailure | undefined,
  hasSetup: boolean,
): boolean {
  if (failed?.alike === spec.alike && failed.agoMs < REBUILD_MS) return false;
  if (newest?.key !== spec.key) return true;
  return hasSetup && Date.now() - newest.builtAt.getTime() > REBUILD_MS;
}

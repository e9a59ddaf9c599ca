// Lists and builds the snapshots on an engine, which are images with labels. The newest two of a series stay: a failed
// build needs the one before it, and a turn may be opening that.
import type Docker from 'dockerode';
import { withBuildLock } from '../image/build-lock.ts';
import type { Progress, Snapshot, SnapshotSpec, SnapshotStore } from '../port/sandbox.ts';
import { unless, withEngine } from './engine.ts';
import {
  ALIKE_LABEL,
  BASE_LABEL,
  BUILT_LABEL,
  KEY_LABEL,
  labelFilter,
  labels,
  SERIES_LABEL,
} from './labels.ts';
import { buildSnapshot, type SnapshotBuild } from './snapshot.ts';

const GENERATIONS = 2;

export interface DockerSnapshotsOptions {
  readonly docker: Docker;
  readonly installId: string;
  /** The sandbox image, built first where it is missing. */
  readonly ensureImage: (progress: Progress, signal?: AbortSignal) => Promise<string>;
  readonly buildOptions: () => Promise<
    Omit<SnapshotBuild, 'docker' | 'installId' | 'baseImage' | 'spec' | 'progress' | 'signal'>
  >;
}

interface Found extends Snapshot {
  readonly base: string;
}

export class DockerSnapshots implements SnapshotStore {
  private readonly options: DockerSnapshotsOptions;

  constructor(options: DockerSnapshotsOptions) {
    this.options = options;
  }

  list(series: string): Promise<readonly Snapshot[]> {
    return withEngine(async () => this.usable(series, await this.options.ensureImage(() => {})));
  }

  build(spec: SnapshotSpec, progress: Progress, signal?: AbortSignal): Promise<Snapshot> {
    return withEngine(async () => {
      const { docker, installId, ensureImage, buildOptions } = this.options;
      const baseImage = await ensureImage(progress, signal);
      const askedAt = Date.now();
      const known = async (): Promise<Snapshot | undefined> =>
        (await this.usable(spec.series, baseImage)).find(
          ({ key, builtAt }) => key === spec.key && (spec.anew !== true || builtAt.getTime() > askedAt),
        );
      return (
        (await known()) ??
        withBuildLock(
          `snapshot-${installId}-${spec.series}`,
          async () => {
            const meanwhile = await known();
            if (meanwhile !== undefined) return meanwhile;
            const options = await buildOptions();
            const build = { ...options, docker, installId, baseImage, spec, progress, signal };
            const builtAt = new Date();
            const image = `threadsmith-snapshot:${installId}-${spec.series}-${builtAt.getTime().toString(36)}`;
            await buildSnapshot(build, image, labelsOf(installId, spec, baseImage, builtAt));
            await this.tidy(spec.series, baseImage);
            return { image, key: spec.key, alike: spec.alike, builtAt };
          },
          signal,
        )
      );
    });
  }

  private async usable(series: string, baseImage: string): Promise<readonly Snapshot[]> {
    return (await this.all(series)).flatMap(({ base, ...snapshot }) =>
      base === baseImage ? [snapshot] : [],
    );
  }

  private async all(series: string): Promise<readonly Found[]> {
    const { docker, installId } = this.options;
    const { label } = labelFilter(installId, 'snapshot');
    const filters = { label: [...label, `${SERIES_LABEL}=${series}`] };
    const images = await docker.listImages({ filters });
    return images
      .flatMap(({ RepoTags, Labels }) => (RepoTags ?? []).map((image) => foundOf(image, Labels)))
      .toSorted((one, other) => other.builtAt.getTime() - one.builtAt.getTime());
  }

  /** Removes older generations and snapshots of an earlier sandbox image, unless a sandbox uses them. */
  private async tidy(series: string, baseImage: string): Promise<void> {
    const kept = (await this.usable(series, baseImage)).slice(0, GENERATIONS).map(({ image }) => image);
    for (const { image } of await this.all(series)) {
      // 409: a sandbox still uses it; the next build tries again.
      if (!kept.includes(image)) await this.options.docker.getImage(image).remove().catch(unless(404, 409));
    }
  }
}

function foundOf(image: string, found: Readonly<Record<string, string>> | null): Found {
  const labelled = (name: string): string => found?.[name] ?? '';
  return {
    image,
    key: labelled(KEY_LABEL),
    alike: labelled(ALIKE_LABEL),
    base: labelled(BASE_LABEL),
    builtAt: new Date(Number(labelled(BUILT_LABEL)) || 0),
  };
}

function labelsOf(
  installId: string,
  { series, key, alike }: SnapshotSpec,
  baseImage: string,
  builtAt: Date,
): Record<string, string> {
  return labels(installId, 'snapshot', {
    [SERIES_LABEL]: series,
    [KEY_LABEL]: key,
    [ALIKE_LABEL]: alike,
    [BASE_LABEL]: baseImage,
    [BUILT_LABEL]: String(builtAt.getTime()),
  });
}

// What the sandbox's benchmark runs on: an engine, the image, a snapshot, a provider of its own, and bare
// containers of the same image. All of it carries an id of this run and is removed in the end.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { connectEngine } from '../../sandbox/docker/engine.ts';
import { DEFAULT_LIMITS } from '../../sandbox/docker/isolation.ts';
import { expiresIn, INSTALL_LABEL, labels, sandboxName } from '../../sandbox/docker/labels.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import type { SandboxLimits, SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { BareContainer } from './bare-container.ts';

/** A gigabyte each, so that a machine of eight has room for those that wait. */
const LIMITS: SandboxLimits = { ...DEFAULT_LIMITS, memoryBytes: 1024 ** 3 };
/** Should this process die, the next sweep of the engine finds its bare containers. */
const KEEP_SECONDS = 1_800;

export interface SandboxGround {
  readonly provider: SandboxProvider;
  readonly limits: SandboxLimits;
  /** A snapshot with nothing but a README in it: what it costs to open is our own. */
  readonly image: string;
  /** `docker run` of the same image, with the same limits and nothing else of ours. */
  runBare(): Promise<BareContainer>;
  /** The memory that a sandbox or a bare container holds, without what the kernel could give back. In MB. */
  memoryMb(of: string | BareContainer): Promise<number>;
  close(): Promise<void>;
}

/** Prepares the ground on a running engine; the sandbox image is built where it is missing (minutes). */
export async function openSandboxGround(dockerHost: string): Promise<SandboxGround> {
  const installId = `b${randomBytes(4).toString('hex')}`;
  const docker = connectEngine({ host: dockerHost });
  const provider = createDockerProvider({ dockerHost, installId, limits: LIMITS });
  const removeAll = async () => {
    await provider.close();
    await removeOwn(dockerHost, installId);
  };
  try {
    const spec = {
      series: 'bench',
      key: 'bench',
      alike: 'bench',
      files: readme,
      setup: [],
      setupTimeoutMs: 60_000,
    };
    const { image } = await provider.snapshots.build(spec, (line) => process.stderr.write(`${line}\n`));
    const bareLabels = labels(installId, 'build', expiresIn(KEEP_SECONDS));
    return {
      provider,
      limits: LIMITS,
      image,
      runBare: () => BareContainer.run(docker, image, LIMITS, bareLabels),
      memoryMb: (of) => memoryMb(docker, typeof of === 'string' ? sandboxName(installId, of) : of.id),
      close: removeAll,
    };
  } catch (thrown) {
    await removeAll();
    throw thrown;
  }
}

/** Removes all that an installation has on an engine. */
export async function removeOwn(dockerHost: string, installId: string): Promise<void> {
  const docker = connectEngine({ host: dockerHost });
  const filters = { label: [`${INSTALL_LABEL}=${installId}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(Id).remove({ force: true, v: true });
  const { Volumes } = await docker.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove();
  for (const { RepoTags } of await docker.listImages({ filters }))
    for (const tag of RepoTags ?? []) if (tag.includes('-snapshot:')) await docker.getImage(tag).remove();
}

function readme(): Readable {
  const tar = pack();
  tar.entry({ name: 'README.md' }, '# A repo\n');
  tar.finalize();
  return Readable.from(tar);
}

/** As `docker stats` counts: without the part of the page cache that is not in use. */
async function memoryMb(docker: ReturnType<typeof connectEngine>, name: string): Promise<number> {
  const { memory_stats: memory } = await docker.getContainer(name).stats({ stream: false });
  const idle: unknown = Reflect.get(memory.stats, 'total_inactive_file') ?? memory.stats.inactive_file;
  return (memory.usage - (typeof idle === 'number' ? idle : 0)) / 1024 ** 2;
}

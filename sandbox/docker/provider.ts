// The sandbox provider on a Docker Engine: one container and one volume for each sandbox.
import type Docker from 'dockerode';
import { poll } from '../../core/async.ts';
import { createLog, type Log } from '../../core/log.ts';
import { SYSTEM_CA_FILE } from '../egress/machine.ts';
import type { Lookup } from '../egress/resolve.ts';
import type {
  Progress,
  Sandbox,
  SandboxLimits,
  SandboxProvider,
  SandboxSpec,
  SnapshotStore,
  WarmSpec,
} from '../port/sandbox.ts';
import { ToolhostSandbox } from '../toolhost/toolhost-sandbox.ts';
import { type AttachedContainer, Containers } from './containers.ts';
import { connectEngine, engineFault, unless, withEngine } from './engine.ts';
import { baseImageName, ensureSandboxImage } from './image.ts';
import { DEFAULT_LIMITS } from './isolation.ts';
import { keyInName, labelFilter, sandboxName } from './labels.ts';
import { requireRuntimeOf } from './runtime.ts';
import { DockerSnapshots } from './snapshots.ts';
import { removeOldImages, sweepLeftovers } from './sweep.ts';
import { WarmPool } from './warm-pool.ts';

export interface DockerProviderOptions {
  /** Where the engine is, as in DOCKER_HOST; the usual socket without it. */
  readonly dockerHost?: string | undefined;
  /** Folder with the client's TLS files, as in DOCKER_CERT_PATH. */
  readonly certPath?: string | undefined;
  /** Tells installations apart that share an engine. `[a-z0-9]{1,16}`. */
  readonly installId: string;
  readonly limits?: Partial<SandboxLimits>;
  /** `runsc` for gVisor. */
  readonly runtime?: string;
  readonly log?: Log;
  /** Proxy variables of this machine, for building images. They never reach a sandbox. */
  readonly proxyEnv?: Readonly<Record<string, string>>;
  /** This machine's certificate bundle, for downloads of image builds and of `setup`. */
  readonly caFile?: string;
  /** The npm registry for `setup`, else the one npm is set to here; ignored where it holds credentials. */
  readonly npmRegistry?: string;
  /** Hosts that `setup` may reach although they are not on the public internet. */
  readonly insideHosts?: readonly string[];
  /** Looks names up for `setup`; the system's resolver without it. */
  readonly lookup?: Lookup;
}

/** How long another worker may take to make a container: it can be seen only once its volume is filled. */
const ADOPT_WAIT_MS = 60_000;
const ADOPT_POLL_MS = 50;

/** A provider on the given engine. Does not talk to it yet. */
export function createDockerProvider(options: DockerProviderOptions): SandboxProvider {
  return new DockerProvider(options);
}

class DockerProvider implements SandboxProvider {
  readonly name = 'docker';
  readonly snapshots: SnapshotStore;
  private readonly docker: Docker;
  private readonly options: DockerProviderOptions;
  private readonly containers: Containers;
  private readonly pool: WarmPool;
  private readonly attached = new Set<AttachedContainer>();
  private tidiedFor = '';
  private hasRuntime = false;

  constructor(options: DockerProviderOptions) {
    this.options = options;
    this.docker = connectEngine({ host: options.dockerHost, certPath: options.certPath });
    const log = (options.log ?? createLog({ level: 'warn' })).with({ provider: 'docker' });
    const { docker } = this;
    const { installId, runtime } = options;
    this.containers = new Containers({ docker, installId, runtime, log });
    this.pool = new WarmPool({ docker, installId, containers: this.containers, log });
    this.snapshots = new DockerSnapshots({
      docker,
      installId,
      ensureImage: (progress, signal) => this.ensureImage(progress, signal),
      buildOptions: async () => ({
        limits: this.limits({}),
        swapLimit: await this.containers.hasSwapLimit(),
        runtime,
        caFile: options.caFile ?? SYSTEM_CA_FILE,
        npmRegistry: options.npmRegistry,
        insideHosts: options.insideHosts ?? [],
        lookup: options.lookup,
      }),
    });
  }

  ensureImage(progress: Progress, signal?: AbortSignal): Promise<string> {
    return this.onEngine(async () => {
      await this.docker.ping();
      const { docker } = this;
      const { installId } = this.options;
      await sweepLeftovers(docker, installId);
      const image = await ensureSandboxImage({
        docker,
        installId,
        proxyEnv: this.options.proxyEnv ?? {},
        caFile: this.options.caFile ?? SYSTEM_CA_FILE,
        progress,
        signal,
      });
      await this.removeOldImages(image);
      return image;
    });
  }

  open(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox> {
    return this.onEngine(async () => {
      const opened = await poll(() => this.tryOpen(spec), {
        everyMs: ADOPT_POLL_MS,
        timeoutMs: ADOPT_WAIT_MS,
        signal,
      });
      if (opened !== undefined) return this.track(spec.key, opened);
      throw engineFault('the container neither could be made nor found');
    });
  }

  warm(spec: WarmSpec, count: number): Promise<void> {
    return this.onEngine(() => this.pool.set(spec.image, this.limits(spec.limits ?? {}), count));
  }

  pause(key: string): Promise<void> {
    return withEngine(async () => {
      const container = this.docker.getContainer(sandboxName(this.options.installId, key));
      // 409 and 500: it is paused already, or it does not run.
      await container.pause().catch(unless(404, 409, 500));
    });
  }

  list(): Promise<readonly string[]> {
    return withEngine(async () => {
      const { installId } = this.options;
      const filters = labelFilter(installId, 'sandbox');
      const found = await this.docker.listContainers({ all: true, filters });
      return found.flatMap(({ Names }) => keyInName(installId, Names[0] ?? '') ?? []);
    });
  }

  remove(key: string): Promise<void> {
    return withEngine(() => this.containers.remove(sandboxName(this.options.installId, key)));
  }

  async close(): Promise<void> {
    await this.pool.close();
    for (const { toolhost } of this.attached) toolhost.close();
    this.attached.clear();
  }

  /** Finds the container, else claims a waiting one, else makes one; undefined where another worker was first. */
  private async tryOpen(spec: SandboxSpec): Promise<AttachedContainer | undefined> {
    const name = sandboxName(this.options.installId, spec.key);
    const fence = spec.fence ?? 0;
    const existing = await this.containers.find(name, fence);
    if (existing !== undefined) return existing;
    const limits = this.limits(spec.limits ?? {});
    const waiting = await this.pool.claim(spec.image, limits, name);
    if (waiting === undefined) return this.containers.make(name, spec.image, limits, fence);
    try {
      await waiting.toolhost.claim(fence);
      return waiting;
    } catch {
      // The rename has given it the key's name, so it can be found like one that does not answer.
      return this.containers.find(name, fence);
    }
  }

  /** Removes older images, once for each image that this process uses. */
  private async removeOldImages(image: string): Promise<void> {
    if (this.tidiedFor === image) return;
    this.tidiedFor = image;
    await removeOldImages(this.docker, this.options.installId, [image, baseImageName()]);
  }

  /** Runs calls to the engine. Fails closed: throws `sandbox_refused` where it lacks the configured runtime. */
  private onEngine<T>(calls: () => Promise<T>): Promise<T> {
    return withEngine(async () => {
      const { runtime } = this.options;
      if (runtime !== undefined && !this.hasRuntime) await requireRuntimeOf(this.docker, runtime);
      this.hasRuntime = true;
      return calls();
    });
  }

  private track(key: string, opened: AttachedContainer): Sandbox {
    for (const other of this.attached) if (other.toolhost.isClosed) this.attached.delete(other);
    this.attached.add(opened);
    return new ToolhostSandbox(key, opened.fresh, opened.toolhost);
  }

  private limits(own: Partial<SandboxLimits>): SandboxLimits {
    return { ...DEFAULT_LIMITS, ...this.options.limits, ...own };
  }
}

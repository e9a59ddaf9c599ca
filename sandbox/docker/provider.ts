// The sandbox provider on a Docker Engine: one container and one volume for each sandbox.
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ThreadsmithError } from '../../core/errors.ts';
import { createLog, type Log } from '../../core/log.ts';
import type {
  Progress,
  Sandbox,
  SandboxLimits,
  SandboxProvider,
  SandboxSpec,
  SnapshotSpec,
} from '../sandbox.ts';
import { ToolhostClient } from '../toolhost/client.ts';
import { ToolhostSandbox } from '../toolhost/toolhost-sandbox.ts';
import { answered, connectEngine, reasonOf, withEngine } from './engine.ts';
import { ensureSandboxImage } from './image.ts';
import { KEY_LABEL, labelFilter, labels, sandboxName } from './labels.ts';
import { buildSnapshot } from './snapshot.ts';
import { sweepLeftovers } from './sweep.ts';
import { openToolhostStream } from './toolhost-stream.ts';
import {
  checkSeenWalls,
  checkWalls,
  containerSettings,
  DEFAULT_LIMITS,
  refusedFor,
  type WallOptions,
} from './walls.ts';

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
  /** The npm registry for `setup`; ignored where it holds credentials. */
  readonly npmRegistry?: string;
}

const SYSTEM_CA_FILE = '/etc/ssl/certs/ca-certificates.crt';
/** A container that another worker is making can be seen only once its volume is filled. */
const ADOPT_WAIT_MS = 60_000;
const ADOPT_POLL_MS = 50;

/** A provider on the given engine. Does not talk to it yet. */
export function createDockerProvider(options: DockerProviderOptions): SandboxProvider {
  return new DockerProvider(options);
}

class DockerProvider implements SandboxProvider {
  readonly name = 'docker';
  private readonly docker: Docker;
  private readonly options: DockerProviderOptions;
  private readonly log: Log;
  private readonly attached = new Set<Sandbox>();
  private swapLimit: boolean | undefined;

  constructor(options: DockerProviderOptions) {
    this.options = options;
    this.docker = connectEngine({ host: options.dockerHost, certPath: options.certPath });
    this.log = (options.log ?? createLog({ level: 'warn' })).with({ provider: 'docker' });
  }

  ensureImage(progress: Progress, signal?: AbortSignal): Promise<string> {
    return withEngine(async () => {
      await this.docker.ping();
      await sweepLeftovers(this.docker, this.options.installId);
      return ensureSandboxImage({
        docker: this.docker,
        installId: this.options.installId,
        proxyEnv: this.options.proxyEnv ?? {},
        caFile: this.options.caFile ?? SYSTEM_CA_FILE,
        progress,
        signal,
      });
    });
  }

  snapshot(spec: SnapshotSpec, progress: Progress, signal?: AbortSignal): Promise<string> {
    return withEngine(async () =>
      buildSnapshot({
        docker: this.docker,
        installId: this.options.installId,
        baseImage: await this.ensureImage(progress, signal),
        limits: this.limits({}),
        swapLimit: await this.hasSwapLimit(),
        runtime: this.options.runtime,
        caFile: this.options.caFile ?? SYSTEM_CA_FILE,
        npmRegistry: this.options.npmRegistry,
        spec,
        progress,
        signal,
      }),
    );
  }

  open(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox> {
    return withEngine(async () => {
      const deadline = performance.now() + ADOPT_WAIT_MS;
      while (performance.now() < deadline) {
        signal?.throwIfAborted();
        const sandbox = (await this.adopt(spec)) ?? (await this.create(spec, signal));
        if (sandbox !== undefined) return this.track(sandbox);
        await sleep(ADOPT_POLL_MS);
      }
      throw engineFault('the container neither could be made nor found');
    });
  }

  list(): Promise<readonly string[]> {
    return withEngine(async () => {
      const filters = labelFilter(this.options.installId, 'sandbox');
      const found = await this.docker.listContainers({ all: true, filters });
      return found.flatMap(({ Labels }) => Labels[KEY_LABEL] ?? []);
    });
  }

  remove(key: string): Promise<void> {
    return withEngine(async () => {
      const name = sandboxName(this.options.installId, key);
      await this.docker.getContainer(name).remove({ force: true, v: true }).catch(unless(404, 409));
      await this.docker.getVolume(name).remove({ force: true }).catch(unless(404));
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.attached].map((sandbox) => sandbox.close()));
    this.attached.clear();
  }

  /** Finds the sandbox of a key and gets it going again; undefined where there is none. */
  private async adopt(spec: SandboxSpec): Promise<Sandbox | undefined> {
    const container = this.docker.getContainer(sandboxName(this.options.installId, spec.key));
    const found = await container.inspect().catch(unless(404));
    if (found === undefined) return undefined;
    try {
      checkWalls(found, this.wallsAsMade(found, spec), await this.hasSwapLimit());
    } catch (thrown) {
      await this.remove(spec.key);
      throw thrown;
    }
    if (found.State.Paused) await container.unpause().catch(unless(409, 500));
    else if (!found.State.Running) await this.start(container);
    try {
      return await this.attach(container, spec, false);
    } catch (thrown) {
      if (thrown instanceof ThreadsmithError && ['lease_lost', 'sandbox_refused'].includes(thrown.code)) {
        throw thrown;
      }
      // It is there but does not answer: a frozen toolhost, or no process left for a relay.
      this.log.warn('a sandbox did not answer and is restarted', { key: spec.key, reason: reasonOf(thrown) });
      await container.restart({ t: 0 });
      return this.attach(container, spec, false);
    }
  }

  /** Makes a new one; undefined where another worker was first. */
  private async create(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox | undefined> {
    const name = sandboxName(this.options.installId, spec.key);
    const walls: WallOptions = {
      image: spec.image,
      limits: this.limits(spec.limits ?? {}),
      labels: labels(this.options.installId, 'sandbox', { [KEY_LABEL]: spec.key }),
      volume: name,
      network: 'none',
      runtime: this.options.runtime,
    };
    await this.docker.createVolume({ Name: name, Labels: walls.labels });
    const container = await this.docker
      .createContainer({ name, ...containerSettings(walls) })
      .catch(unless(409, 404));
    if (container === undefined) {
      await this.requireImage(spec.image);
      return undefined;
    }
    try {
      checkWalls(await container.inspect(), walls, await this.hasSwapLimit());
      await this.start(container);
      signal?.throwIfAborted();
      return await this.attach(container, spec, true);
    } catch (thrown) {
      await this.remove(spec.key).catch(() => undefined);
      throw thrown;
    }
  }

  private async attach(container: Docker.Container, spec: SandboxSpec, fresh: boolean): Promise<Sandbox> {
    const stream = await openToolhostStream(container);
    const toolhost = await ToolhostClient.attach(stream, spec.fence ?? 0);
    try {
      checkSeenWalls(toolhost.hello, 'none');
    } catch (thrown) {
      toolhost.close();
      throw thrown;
    }
    return new ToolhostSandbox(spec.key, fresh, toolhost);
  }

  private async start(container: Docker.Container): Promise<void> {
    try {
      await container.start();
    } catch (thrown) {
      // 304: another worker started it in the meantime.
      if (answered(thrown, 304)) return;
      throw engineFault(reasonOf(thrown), thrown);
    }
  }

  /** Limits may have been configured differently when the sandbox was made; walls may not. */
  private wallsAsMade(found: Docker.ContainerInspectInfo, spec: SandboxSpec): WallOptions {
    const { Memory = 0, NanoCpus = 0, PidsLimit, Ulimits } = found.HostConfig;
    const fileSize = Ulimits?.find((limit) => limit.Name === 'fsize');
    const limits: SandboxLimits = {
      memoryBytes: Memory,
      cpus: NanoCpus / 1e9,
      pids: PidsLimit ?? 0,
      diskBytes: Number(fileSize?.Soft ?? 0),
    };
    if (Object.values(limits).some((value) => !(value > 0))) throw refusedFor('limits');
    return {
      image: found.Config.Image,
      limits,
      labels: {},
      volume: sandboxName(this.options.installId, spec.key),
      network: 'none',
      runtime: this.options.runtime,
    };
  }

  private async requireImage(image: string): Promise<void> {
    const found = await this.docker.getImage(image).inspect().catch(unless(404));
    if (found !== undefined) return;
    throw new ThreadsmithError(
      'image_missing',
      `The sandbox image ${image} is not on the Docker Engine.`,
      'Reply in the thread to build it again.',
      { retry: 'later' },
    );
  }

  private async hasSwapLimit(): Promise<boolean> {
    if (this.swapLimit === undefined) {
      const info: unknown = await this.docker.info();
      this.swapLimit = typeof info === 'object' && info !== null && Reflect.get(info, 'SwapLimit') === true;
    }
    return this.swapLimit;
  }

  private limits(own: Partial<SandboxLimits>): SandboxLimits {
    return { ...DEFAULT_LIMITS, ...this.options.limits, ...own };
  }

  private track(sandbox: Sandbox): Sandbox {
    this.attached.add(sandbox);
    return sandbox;
  }
}

/** For `catch`: these statuses of the engine mean undefined, everything else is thrown on. */
function unless(...statuses: readonly number[]): (thrown: unknown) => undefined {
  return (thrown) => {
    if (answered(thrown, ...statuses)) return undefined;
    throw thrown;
  };
}

function engineFault(reason: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'sandbox_lost',
    `The sandbox could not be started: ${reason}.`,
    'Reply in the thread to try again; if it stays, look at the log of the Docker Engine.',
    { retry: 'later', cause },
  );
}

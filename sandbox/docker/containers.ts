// Makes, finds, wakes up, attaches to and removes sandbox containers. One that lacks any isolation is removed.
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { SandboxLimits } from '../port/sandbox.ts';
import { ToolhostClient } from '../toolhost/client.ts';
import { answered, engineFault, reasonOf, unless } from './engine.ts';
import {
  checkIsolation,
  checkSeenIsolation,
  containerSettings,
  type IsolationOptions,
  refusedFor,
} from './isolation.ts';
import { isOwnVolume, labels } from './labels.ts';
import { openToolhostStream } from './toolhost-stream.ts';

const QUICK_FAILURE_MS = 1_500;
const PAUSE_MS = 200;
/** How long another process may take to remove a container. */
const REMOVED_MS = 20_000;
/** The toolhost of a container that was just started may have to be read from a busy disk first. */
export const FIRST_HELLO_MS = 60_000;

export interface ContainersOptions {
  readonly docker: Docker;
  readonly installId: string;
  readonly runtime: string | undefined;
  readonly log: Log;
}

export interface AttachedContainer {
  readonly container: Docker.Container;
  readonly toolhost: ToolhostClient;
  /** True where this call started it for the first time. */
  readonly fresh: boolean;
}

export class Containers {
  private readonly options: ContainersOptions;
  private swapLimit: boolean | undefined;

  constructor(options: ContainersOptions) {
    this.options = options;
  }

  /** Makes and starts a container; undefined where one of this name exists. A failure removes it again. */
  async make(
    name: string,
    image: string,
    limits: SandboxLimits,
    fence: number,
  ): Promise<AttachedContainer | undefined> {
    const { docker, installId, runtime } = this.options;
    const ownLabels = labels(installId, 'sandbox');
    const isolation: IsolationOptions = { image, limits, labels: ownLabels, volume: name, runtime };
    await docker.createVolume({ Name: name, Labels: ownLabels });
    const container = await docker
      .createContainer({ name, ...containerSettings(isolation) })
      .catch(unless(409, 404));
    if (container === undefined) {
      await this.requireImage(image);
      return undefined;
    }
    try {
      checkIsolation(await container.inspect(), isolation, await this.hasSwapLimit());
      const fresh = await this.start(container);
      return { container, toolhost: await this.attachPatiently(container, fence, FIRST_HELLO_MS), fresh };
    } catch (thrown) {
      await this.remove(name).catch(() => undefined);
      throw thrown;
    }
  }

  /** Wakes an existing container up and attaches to it; undefined where there is none of this name. */
  async find(name: string, fence: number): Promise<AttachedContainer | undefined> {
    const container = this.options.docker.getContainer(name);
    const found = await container.inspect().catch(unless(404));
    if (found === undefined) return undefined;
    try {
      checkIsolation(found, this.isolationAsMade(found), await this.hasSwapLimit());
    } catch (thrown) {
      await this.remove(name);
      throw thrown;
    }
    let fresh = false;
    // The engine calls a paused container running.
    const helloMs = found.State.Running ? undefined : FIRST_HELLO_MS;
    if (found.State.Paused) await container.unpause().catch(unless(409, 500));
    else if (!found.State.Running) fresh = (await this.start(container)) && neverStarted(found);
    try {
      return { container, toolhost: await this.attachPatiently(container, fence, helloMs), fresh };
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      // It exists but does not answer: its toolhost is frozen, or no process is left for a relay.
      this.options.log.warn('a sandbox did not answer and is restarted', { name, reason: reasonOf(thrown) });
      await container.restart({ t: 0 });
      return { container, toolhost: await this.attach(container, fence, FIRST_HELLO_MS), fresh };
    }
  }

  /** Removes a container with its volume. One that is gone is not an error. */
  async remove(name: string): Promise<void> {
    const { docker, installId } = this.options;
    const container = docker.getContainer(name);
    const found = await container.inspect().catch(unless(404));
    await container.remove({ force: true, v: true }).catch(unless(404, 409));
    const mounted = found?.Mounts.flatMap((mount) => mount.Name ?? []) ?? [];
    for (const volume of new Set([name, ...mounted])) {
      if (isOwnVolume(installId, volume)) await this.removeVolume(volume);
    }
  }

  /** Removes a volume. It is in use until another process that removes its container has done so. */
  private async removeVolume(name: string): Promise<void> {
    const until = performance.now() + REMOVED_MS;
    for (;;) {
      try {
        return await this.options.docker.getVolume(name).remove({ force: true });
      } catch (thrown) {
        if (answered(thrown, 404)) return;
        if (!answered(thrown, 409) || performance.now() > until) throw thrown;
        await sleep(PAUSE_MS);
      }
    }
  }

  /** True on engines that can bound swap. */
  async hasSwapLimit(): Promise<boolean> {
    if (this.swapLimit === undefined) {
      const info: unknown = await this.options.docker.info();
      this.swapLimit = typeof info === 'object' && info !== null && Reflect.get(info, 'SwapLimit') === true;
    }
    return this.swapLimit;
  }

  /**
   * A container that another worker is starting at this moment may refuse a relay that comes too early;
   * restarting it for that would take it away from that worker.
   */
  private async attachPatiently(
    container: Docker.Container,
    fence: number,
    helloMs?: number,
  ): Promise<ToolhostClient> {
    const quickUntil = performance.now() + QUICK_FAILURE_MS;
    for (;;) {
      try {
        return await this.attach(container, fence, helloMs);
      } catch (thrown) {
        if (!isPassing(thrown) || performance.now() > quickUntil) throw thrown;
        await sleep(PAUSE_MS);
      }
    }
  }

  private async attach(
    container: Docker.Container,
    fence: number,
    helloTimeoutMs?: number,
  ): Promise<ToolhostClient> {
    const toolhost = await ToolhostClient.attach(await openToolhostStream(container), fence, helloTimeoutMs);
    try {
      checkSeenIsolation(toolhost.hello);
      return toolhost;
    } catch (thrown) {
      toolhost.close();
      throw thrown;
    }
  }

  /** Starts a container. False where another worker had started it. */
  private async start(container: Docker.Container): Promise<boolean> {
    try {
      await container.start();
      return true;
    } catch (thrown) {
      // 304: another worker started it in the meantime.
      if (answered(thrown, 304)) return false;
      throw engineFault(reasonOf(thrown), thrown);
    }
  }

  /** Limits may have been configured differently when the sandbox was made; isolation may not. */
  private isolationAsMade(found: Docker.ContainerInspectInfo): IsolationOptions {
    const { Memory = 0, NanoCpus = 0, PidsLimit, Ulimits } = found.HostConfig;
    const fileSize = Ulimits?.find((limit) => limit.Name === 'fsize');
    const limits: SandboxLimits = {
      memoryBytes: Memory,
      cpus: NanoCpus / 1e9,
      pids: PidsLimit ?? 0,
      diskBytes: Number(fileSize?.Soft ?? 0),
    };
    if (Object.values(limits).some((value) => !(value > 0))) throw refusedFor('limits');
    const volume = found.Mounts.find((mount) => mount.Type === 'volume')?.Name ?? '';
    if (!isOwnVolume(this.options.installId, volume)) throw refusedFor('Mounts');
    const { runtime } = this.options;
    return { image: found.Config.Image, limits, labels: {}, volume, runtime };
  }

  private async requireImage(image: string): Promise<void> {
    const found = await this.options.docker.getImage(image).inspect().catch(unless(404));
    if (found !== undefined) return;
    throw new ThreadsmithError(
      'image_missing',
      `The sandbox image ${image} is not on the Docker Engine.`,
      'Reply in the thread to build it again.',
      { retry: 'later' },
    );
  }
}

/** Whether trying again, or a restart, can help. */
function isPassing(thrown: unknown): boolean {
  return !(hasCode(thrown, 'lease_lost') || hasCode(thrown, 'sandbox_refused'));
}

function neverStarted(found: Docker.ContainerInspectInfo): boolean {
  return found.State.Status === 'created';
}

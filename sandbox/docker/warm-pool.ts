// Makes sandboxes before a turn needs them: attached containers with a name of the pool. A claim is a rename, which the
// engine does for one caller only, so workers on one engine share the pool.
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { Log } from '../../core/log.ts';
import type { SandboxLimits } from '../port/sandbox.ts';
import type { AttachedContainer, Containers } from './containers.ts';
import { answered, reasonOf, unless } from './engine.ts';
import { labelFilter, warmName, warmPrefix } from './labels.ts';

/** A pool without a claim or call for this long is emptied. */
const IDLE_MS = 30 * 60_000;
/** The limits of all waiting sandboxes together are at most this share of the engine's memory. */
const MEMORY_SHARE = 0.5;
const RETRY_MS = 15_000;
/** Longer than another worker's pool keeps an unclaimed sandbox. */
const LEFT_AFTER_SECONDS = 2 * 3600;

interface Pool {
  readonly image: string;
  readonly limits: SandboxLimits;
  count: number;
  idleAt: number;
  readonly ready: AttachedContainer[];
  filling: Promise<void> | undefined;
}

export interface WarmPoolOptions {
  readonly docker: Docker;
  readonly installId: string;
  readonly containers: Containers;
  readonly log: Log;
}

export class WarmPool {
  private readonly options: WarmPoolOptions;
  private readonly pools = new Map<string, Pool>();
  private readonly timer: NodeJS.Timeout;
  private isClosed = false;

  constructor(options: WarmPoolOptions) {
    this.options = options;
    this.timer = setInterval(() => this.tend(), RETRY_MS);
    this.timer.unref();
  }

  /** Sets how many sandboxes of an image wait, and returns once they do. */
  async set(image: string, limits: SandboxLimits, count: number): Promise<void> {
    const key = keyOf(image, limits);
    const pool = this.pools.get(key) ?? { image, limits, count: 0, idleAt: 0, ready: [], filling: undefined };
    if (!this.pools.has(key)) await this.adopt(pool);
    this.pools.set(key, pool);
    pool.count = await this.affordable(pool, count);
    pool.idleAt = performance.now() + IDLE_MS;
    await Promise.all(pool.ready.splice(pool.count).map((one) => this.discard(one)));
    await this.fill(pool);
  }

  /** Gives the name to a waiting sandbox; undefined where none waits, or where the name is taken. */
  async claim(image: string, limits: SandboxLimits, name: string): Promise<AttachedContainer | undefined> {
    const pool = this.pools.get(keyOf(image, limits));
    if (pool === undefined) return undefined;
    for (let one = pool.ready.shift(); one !== undefined; one = pool.ready.shift()) {
      pool.idleAt = performance.now() + IDLE_MS;
      if (one.toolhost.isClosed) continue;
      try {
        await one.container.rename({ name });
        void this.fill(pool).catch(() => undefined);
        return { ...one, fresh: true };
      } catch (thrown) {
        if (answered(thrown, 409)) {
          pool.ready.unshift(one);
          return undefined;
        }
        // Another worker was first, or the container is gone; the next one is tried.
        one.toolhost.close();
      }
    }
    void this.fill(pool).catch(() => undefined);
    return undefined;
  }

  /** Detaches from the waiting sandboxes; they stay for the next worker. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    const pools = [...this.pools.values()];
    this.pools.clear();
    for (const pool of pools) for (const one of pool.ready.splice(0)) one.toolhost.close();
    await Promise.all(pools.map((pool) => pool.filling ?? Promise.resolve()));
  }

  private tend(): void {
    for (const pool of this.pools.values()) {
      if (performance.now() > pool.idleAt) pool.count = 0;
      const dead = pool.ready.filter((one) => one.toolhost.isClosed);
      for (const one of [...dead, ...pool.ready.slice(pool.count)]) {
        pool.ready.splice(pool.ready.indexOf(one), 1);
        this.discard(one).catch(() => undefined);
      }
      void this.fill(pool).catch(() => undefined);
    }
  }

  private fill(pool: Pool): Promise<void> {
    pool.filling ??= this.fillNow(pool).finally(() => {
      pool.filling = undefined;
    });
    return pool.filling;
  }

  private async fillNow(pool: Pool): Promise<void> {
    const { containers, installId, log } = this.options;
    while (pool.ready.length < pool.count && !this.isClosed) {
      const name = warmName(installId, randomBytes(5).toString('hex'));
      try {
        const one = await containers.make(name, pool.image, pool.limits, 0);
        if (one === undefined) continue;
        // The wanted count may have changed in the meantime.
        if (this.isClosed || pool.ready.length >= pool.count) await this.discard(one);
        else pool.ready.push(one);
      } catch (thrown) {
        log.warn('no sandbox could be made in advance', { image: pool.image, reason: reasonOf(thrown) });
        return;
      }
    }
  }

  /** Attaches to sandboxes that an earlier worker made, and removes those of images that no pool has. */
  private async adopt(pool: Pool): Promise<void> {
    const { docker, installId, containers, log } = this.options;
    const filters = labelFilter(installId, 'sandbox');
    const found = await docker.listContainers({ all: true, filters });
    const images = [pool, ...this.pools.values()].map(({ image }) => image);
    for (const { Names, Image, Created } of found) {
      const name = Names[0]?.slice(1) ?? '';
      if (!name.startsWith(warmPrefix(installId))) continue;
      // Their snapshot was replaced while no worker ran.
      if (!images.includes(Image) && Date.now() / 1000 - Created > LEFT_AFTER_SECONDS)
        await containers.remove(name);
      if (Image !== pool.image) continue;
      try {
        const one = await containers.find(name, 0);
        if (one !== undefined) pool.ready.push(one);
      } catch (thrown) {
        log.warn('a sandbox made in advance was not usable', { name, reason: reasonOf(thrown) });
        await containers.remove(name);
      }
    }
  }

  private async discard(one: AttachedContainer): Promise<void> {
    one.toolhost.close();
    const found = await one.container.inspect().catch(unless(404));
    // Another worker may have claimed it; then it has a session's name and stays.
    const name = found?.Name.slice(1) ?? '';
    if (name.startsWith(warmPrefix(this.options.installId))) await this.options.containers.remove(name);
  }

  private async affordable(pool: Pool, count: number): Promise<number> {
    const info: unknown = await this.options.docker.info();
    const total: unknown = typeof info === 'object' && info !== null ? Reflect.get(info, 'MemTotal') : 0;
    const others = [...this.pools.values()].filter((other) => other !== pool);
    const promised = others.reduce((sum, other) => sum + other.count * other.limits.memoryBytes, 0);
    const left = (typeof total === 'number' ? total : 0) * MEMORY_SHARE - promised;
    return Math.max(0, Math.min(count, Math.floor(left / pool.limits.memoryBytes)));
  }
}

function keyOf(image: string, { memoryBytes, cpus, pids, diskBytes }: SandboxLimits): string {
  return [image, memoryBytes, cpus, pids, diskBytes].join(' ');
}

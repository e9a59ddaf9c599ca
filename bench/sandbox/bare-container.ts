// The baseline: a container as `docker run` makes it, and commands in it as `docker exec` runs them, both over
// the engine's API (the command line adds the start of a process to each).
import { once } from 'node:events';
import { demultiplex, execToEnd } from '../../sandbox/docker/container-exec.ts';
import type { connectEngine } from '../../sandbox/docker/engine.ts';
import type { SandboxLimits } from '../../sandbox/port/sandbox.ts';

type Engine = ReturnType<typeof connectEngine>;
type Container = ReturnType<Engine['getContainer']>;

export class BareContainer {
  private readonly container: Container;

  private constructor(container: Container) {
    this.container = container;
  }

  /** `docker run -d --init --network none`, with a program that only waits. */
  static async run(
    docker: Engine,
    image: string,
    limits: SandboxLimits,
    labels: Record<string, string>,
  ): Promise<BareContainer> {
    const container = await docker.createContainer({
      Image: image,
      Entrypoint: [],
      Cmd: ['sleep', 'infinity'],
      User: 'agent',
      Labels: labels,
      HostConfig: {
        NetworkMode: 'none',
        Init: true,
        Memory: limits.memoryBytes,
        NanoCpus: limits.cpus * 1e9,
        ShmSize: 256 * 1024 ** 2,
      },
    });
    await container.start();
    return new BareContainer(container);
  }

  get id(): string {
    return this.container.id;
  }

  /** `docker exec`, to its end. Throws where the command fails. */
  async exec(...argv: readonly string[]): Promise<string> {
    const { exitCode, tail } = await execToEnd(this.container, { argv });
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${tail}`);
    return tail;
  }

  /** `docker exec -i … < input`, to its end. */
  async feed(argv: readonly string[], input: Uint8Array): Promise<void> {
    const exec = await this.container.exec({
      Cmd: [...argv],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    stream.resume();
    stream.end(input);
    await once(stream, 'close');
    const { ExitCode } = await exec.inspect();
    if (ExitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${ExitCode}`);
  }

  /** `docker exec … > output`. */
  async fetch(argv: readonly string[]): Promise<Uint8Array> {
    const exec = await this.container.exec({ Cmd: [...argv], AttachStdout: true });
    const parts: Buffer[] = [];
    for await (const part of demultiplex(await exec.start({ hijack: true, stdin: false }))) parts.push(part);
    return Buffer.concat(parts);
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }
}

// Runs one `docker exec` and parses its output stream.
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';

export interface ExecOptions {
  readonly argv: readonly string[];
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a command in a container to its end and returns its exit code and the end of its output. */
export async function execToEnd(
  container: Docker.Container,
  options: ExecOptions,
): Promise<{ exitCode: number; tail: string }> {
  const exec = await container.exec({
    Cmd: [...options.argv],
    ...(options.user === undefined ? {} : { User: options.user }),
    Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    AttachStdin: options.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: options.stdin !== undefined });
  const abort = (): void => void stream.destroy();
  options.signal?.addEventListener('abort', abort, { once: true });
  let tail = '';
  let line = '';
  try {
    if (options.stdin !== undefined) stream.end(options.stdin);
    for await (const chunk of demultiplex(stream)) {
      const text = chunk.toString('utf8');
      tail = (tail + text).slice(-8000);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) options.onLine?.(whole);
    }
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  options.signal?.throwIfAborted();
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, tail };
}

/** Yields the content of the engine's blocks: an 8-byte header (stream number, length), then the bytes. */
export async function* demultiplex(stream: Duplex): AsyncGenerator<Buffer> {
  const parser = new BlockParser();
  for await (const chunk of stream) {
    if (Buffer.isBuffer(chunk)) yield* parser.push(chunk);
  }
}

/** Parses the engine's blocks with as few copies as possible. */
export class BlockParser {
  private header: Buffer = Buffer.alloc(0);
  private leftInBlock = 0;

  /** The content bytes of this chunk, in order, whichever of stdout and stderr they came from. */
  push(chunk: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (this.leftInBlock > 0) {
        const part = chunk.subarray(offset, offset + this.leftInBlock);
        parts.push(part);
        offset += part.length;
        this.leftInBlock -= part.length;
        continue;
      }
      const missing = 8 - this.header.length;
      this.header = Buffer.concat([this.header, chunk.subarray(offset, offset + missing)]);
      offset += missing;
      if (this.header.length < 8) break;
      this.leftInBlock = this.header.readUInt32BE(4);
      this.header = Buffer.alloc(0);
    }
    return parts;
  }
}

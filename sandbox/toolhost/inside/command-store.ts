// Keeps each command's output, up to a bound, and its result on disk, so that both survive a restart of the sandbox.
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { cutMiddle } from './excerpt.ts';
import { takeInput } from './input.ts';
import type { EndOfCommand, ResultFields } from './protocol.ts';

const OUTPUT_MAX_BYTES = 20 * 1024 * 1024;
/** Outputs are kept for this many commands; results, being small, for all. */
const KEEP_OUTPUTS = 200;
/** Results that are kept in memory because the disk was full. */
const KEEP_IN_MEMORY = 64;

export interface StoredFiles {
  readonly outputPath: string;
  append(chunk: Buffer): void;
  takeInput(stdin: Readable): Promise<number>;
  finish(end: EndOfCommand): void;
  /** Removes everything, as if the id had never been asked for. */
  discard(): void;
  /** Closes the output file. May be called twice. */
  close(): void;
}

export class CommandStore {
  private readonly folder: string;
  private readonly order: string[] = [];
  private readonly unwritten = new Map<string, EndOfCommand>();

  constructor(storeDir: string) {
    this.folder = join(storeDir, 'commands');
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      this.order.push(...readdirSync(this.folder));
    } catch {
      // A full disk: commands still run, with their results in memory.
    }
  }

  /** The kept result of an id, or undefined where it never ran here. */
  find(id: string, maxOutputBytes: number): { result: ResultFields; output: Buffer } | undefined {
    const folder = join(this.folder, id);
    const outputPath = join(folder, 'output');
    const end = this.unwritten.get(id) ?? readEnd(join(folder, 'result.json'));
    if (end === undefined && !existsSync(folder)) return undefined;
    const { head, tail, size } = readEnds(outputPath, maxOutputBytes);
    // A command without a result was cut off by a restart of the sandbox. It did run once, so it does not run again.
    const known: EndOfCommand = end ?? {
      exitCode: null,
      signal: 'SIGKILL',
      timedOut: false,
      durationMs: 0,
      totalBytes: size,
      path: outputPath,
    };
    const { output, truncated } = cutMiddle(head, tail, Math.max(size, known.totalBytes), maxOutputBytes);
    return { result: { ...known, truncated }, output };
  }

  create(id: string): StoredFiles {
    const folder = join(this.folder, id);
    const outputPath = join(folder, 'output');
    let outputFd: number | undefined;
    try {
      mkdirSync(folder, { recursive: true });
      outputFd = openSync(outputPath, 'a', 0o600);
    } catch {
      outputFd = undefined;
    }
    this.order.push(id);
    this.prune();
    let written = 0;
    return {
      outputPath,
      append: (chunk) => {
        const part = chunk.subarray(0, OUTPUT_MAX_BYTES - written);
        if (outputFd === undefined || part.length === 0) return;
        try {
          writeSync(outputFd, part);
          written += part.length;
        } catch {
          written = OUTPUT_MAX_BYTES;
        }
      },
      takeInput: (stdin) => takeInput(stdin, join(folder, 'input')),
      finish: (end) => {
        try {
          writeFileSync(join(folder, 'result.json'), JSON.stringify(end), { mode: 0o600 });
        } catch {
          this.keepInMemory(id, end);
        }
      },
      discard: () => {
        if (outputFd !== undefined) closeSync(outputFd);
        outputFd = undefined;
        rmSync(folder, { recursive: true, force: true });
      },
      close: () => {
        if (outputFd !== undefined) closeSync(outputFd);
        outputFd = undefined;
      },
    };
  }

  private keepInMemory(id: string, end: EndOfCommand): void {
    this.unwritten.set(id, end);
    const [oldest] = this.unwritten.keys();
    if (this.unwritten.size > KEEP_IN_MEMORY && oldest !== undefined) this.unwritten.delete(oldest);
  }

  private prune(): void {
    if (this.order.length <= KEEP_OUTPUTS) return;
    const id = this.order.shift() ?? '';
    rmSync(join(this.folder, id, 'output'), { force: true });
  }
}

function readEnd(path: string): EndOfCommand | undefined {
  try {
    if (statSync(path).size > 10_000) return undefined;
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isEnd(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Any program in this sandbox can write here too, so a result of another form counts as none. */
function isEnd(value: unknown): value is EndOfCommand {
  if (typeof value !== 'object' || value === null) return false;
  const field = (name: string): unknown => Reflect.get(value, name);
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && Number(count) >= 0;
  const { exitCode, signal } = { exitCode: field('exitCode'), signal: field('signal') };
  return (
    (exitCode === null || (isCount(exitCode) && Number(exitCode) <= 255)) &&
    (signal === null || (typeof signal === 'string' && /^SIG[A-Z0-9+]{1,12}$/.test(signal))) &&
    typeof field('timedOut') === 'boolean' &&
    isCount(field('durationMs')) &&
    isCount(field('totalBytes')) &&
    typeof field('path') === 'string'
  );
}

function readEnds(path: string, maxBytes: number): { head: Buffer; tail: Buffer; size: number } {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const { size } = fstatSync(fd);
    const half = Math.ceil(maxBytes / 2) + 1;
    const head = readPart(fd, 0, Math.min(size, half));
    const tail = readPart(fd, Math.max(head.length, size - half), Math.min(half, size - head.length));
    return { head, tail, size };
  } catch {
    return { head: Buffer.alloc(0), tail: Buffer.alloc(0), size: 0 };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readPart(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  const size = length === 0 ? 0 : readSync(fd, buffer, 0, length, position);
  return buffer.subarray(0, size);
}

// One running command: its process group, output, deadline and end.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { CommandStore, StoredFiles } from './command-store.ts';
import { Excerpt } from './excerpt.ts';
import type { PipePool } from './pipes.ts';
import type { CommandRequest, EndOfCommand } from './protocol.ts';

/** Time between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;
/** The wait for output after a command's end: processes that it left may hold the pipe open for ever. */
const DRAIN_MS = 80;
/** The kernel kills a command rather than the toolhost where memory runs out. */
const OOM_SCORE = '600';
/** The environment variable by which the processes of a command are found. */
const ID_VARIABLE = 'THREADSMITH_COMMAND';

export class RunningCommand {
  readonly started = Promise.withResolvers<void>();
  /** False where the input never arrived whole: nothing ran then, and nothing is kept. */
  readonly fed = Promise.withResolvers<boolean>();
  /** Never rejects: a program that cannot be started ends with 127 or 126 and its output says why. */
  readonly ended = Promise.withResolvers<EndOfCommand>();
  readonly listeners = new Set<(chunk: Buffer) => void>();
  private readonly request: CommandRequest;
  private readonly pipes: PipePool;
  private readonly files: StoredFiles;
  private readonly excerptBuffer = new Excerpt();
  private readonly startedAt = performance.now();
  private child: ChildProcess | undefined;
  private timedOut = false;
  private isStopping = false;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(request: CommandRequest, store: CommandStore, pipes: PipePool) {
    this.request = request;
    this.pipes = pipes;
    this.files = store.create(request.id);
  }

  /** Collects `stdin` into a file, then starts the process. */
  begin(stdin: Readable | undefined): void {
    this.spawnChild(stdin).catch((error: unknown) => {
      this.take(Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`));
      this.end(126, null);
    });
  }

  excerpt(maxBytes: number): { output: Buffer; truncated: boolean } {
    return this.excerptBuffer.cut(maxBytes);
  }

  signal(name: string): void {
    const pid = this.child?.pid;
    if (pid === undefined || this.isOver) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The group is gone, or there is no such signal.
    }
  }

  /** Sends SIGTERM to all processes of this command, and SIGKILL after GRACE_MS. */
  stop(reason?: string): void {
    if (this.isStopping) return;
    this.isStopping = true;
    if (reason !== undefined) this.take(Buffer.from(`\n[stopped: ${reason}]\n`));
    this.signal('SIGTERM');
    killProcessesOf(this.request.id, 'SIGTERM');
    setTimeout(() => {
      this.signal('SIGKILL');
      killProcessesOf(this.request.id, 'SIGKILL');
    }, GRACE_MS);
  }

  private async spawnChild(stdin: Readable | undefined): Promise<void> {
    const { argv, cwd, env, id, timeoutMs } = this.request;
    const inputFd = stdin === undefined ? 'ignore' : await this.inputFrom(stdin);
    if (inputFd === undefined) return this.fed.resolve(false);
    this.fed.resolve(true);
    const pipe = await this.pipes.take();
    pipe.reader.on('data', (chunk: Buffer) => this.take(chunk));
    pipe.reader.on('error', () => {});
    pipe.reader.on('close', () => this.files.close());
    // The command was stopped while its input arrived, so it must not begin.
    if (this.isStopping) {
      closeSync(pipe.writeFd);
      if (typeof inputFd === 'number') closeSync(inputFd);
      return this.end(null, 'SIGTERM');
    }
    const [program = '', ...rest] = argv;
    const child = spawn(program, rest, {
      cwd,
      env: { ...baseEnvironment, ...env, [ID_VARIABLE]: id },
      // A process group of its own, which signals go to.
      detached: true,
      stdio: [inputFd, pipe.writeFd, pipe.writeFd],
    });
    this.child = child;
    closeSync(pipe.writeFd);
    if (typeof inputFd === 'number') closeSync(inputFd);
    child.once('error', (error) => {
      const hasFolder = existsSync(cwd);
      this.take(Buffer.from(hasFolder ? `${program}: ${error.message}\n` : `no such folder: ${cwd}\n`));
      this.end(127, null);
    });
    if (child.pid !== undefined) {
      raiseOomScore(child.pid);
      child.once('exit', (code, signal) => this.drain(pipe.reader, () => this.end(code, signal)));
      if (timeoutMs > 0) this.timer = setTimeout(() => this.timeOut(), timeoutMs);
    }
    this.started.resolve();
  }

  /** Opens a file with the input; undefined where the worker was gone before it had sent all of it. */
  private async inputFrom(stdin: Readable): Promise<number | undefined> {
    try {
      return await this.files.takeInput(stdin);
    } catch (thrown) {
      // A command with half of its input would do something that was not asked for, and its id would count as run.
      if (stdin.destroyed) {
        this.files.discard();
        return undefined;
      }
      this.fed.resolve(true);
      throw thrown;
    }
  }

  private timeOut(): void {
    this.timedOut = true;
    this.stop();
  }

  private drain(reader: Readable, done: () => void): void {
    if (reader.readableEnded) return done();
    const timer = setTimeout(done, DRAIN_MS);
    reader.once('end', () => {
      clearTimeout(timer);
      done();
    });
  }

  private take(chunk: Buffer): void {
    this.files.append(chunk);
    if (this.isOver) return;
    this.excerptBuffer.push(chunk);
    for (const listener of this.listeners) listener(chunk);
  }

  private end(exitCode: number | null, signal: string | null): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    const end: EndOfCommand = {
      exitCode,
      signal,
      timedOut: this.timedOut,
      durationMs: Math.round(performance.now() - this.startedAt),
      totalBytes: this.excerptBuffer.totalBytes,
      path: this.files.outputPath,
    };
    this.files.finish(end);
    this.started.resolve();
    this.ended.resolve(end);
  }
}

const baseEnvironment: Record<string, string> = {
  PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: process.env.HOME ?? '/work/home',
  USER: 'agent',
  LOGNAME: 'agent',
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  TMPDIR: process.env.TMPDIR ?? '/tmp',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
};

function raiseOomScore(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE);
  } catch {
    // Already gone.
  }
}

/** Signals every process that a command started, also outside of its group, found by the id in its environment. */
export function killProcessesOf(id: string, signal: NodeJS.Signals): void {
  const entry = `${ID_VARIABLE}=${id}\0`;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || pid <= 1) continue;
    try {
      if (readFileSync(`/proc/${name}/environ`, 'latin1').includes(entry)) process.kill(pid, signal);
    } catch {
      // It ended meanwhile, or is not ours to read.
    }
  }
}

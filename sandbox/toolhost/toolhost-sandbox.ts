// Implements the sandbox port over an attached toolhost, for every provider that runs our toolhost.
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Duplex } from 'node:stream';
import { untilAborted } from '../../core/async.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import {
  type Command,
  type CommandResult,
  REPO_DIR,
  type RunOptions,
  type Sandbox,
} from '../port/sandbox.ts';
import type { RunAnswer, RunRequest, ToolhostClient } from './client.ts';

const OUTPUT_DEFAULT_BYTES = 64 * 1024;
const OUTPUT_MAX_BYTES = 1024 * 1024;
const PATH_MAX = 4096;
const STORE_DIR = '/work/.toolhost/commands';

export class ToolhostSandbox implements Sandbox {
  readonly key: string;
  readonly fresh: boolean;
  private readonly toolhost: ToolhostClient;

  constructor(key: string, fresh: boolean, toolhost: ToolhostClient) {
    this.key = key;
    this.fresh = fresh;
    this.toolhost = toolhost;
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const { signal, onOutput } = options;
    if (signal?.aborted === true) throw stopped();
    const maxOutputBytes = Math.min(options.maxOutputBytes ?? OUTPUT_DEFAULT_BYTES, OUTPUT_MAX_BYTES);
    const request = toRequest(command, { background: false, live: onOutput !== undefined, maxOutputBytes });
    const decoder = new TextDecoder();
    const onChunk =
      onOutput === undefined
        ? undefined
        : (chunk: Buffer) => onOutput(decoder.decode(chunk, { stream: true }));
    const running = this.toolhost.run(request, command.stdin, onChunk);
    const { id } = request.command;
    const onAbort = (): ThreadsmithError => {
      this.toolhost.end({ op: 'stop', id }).catch(() => undefined);
      return stopped();
    };
    const answer = await (signal === undefined ? running : untilAborted(signal, running, onAbort));
    return toResult(id, answer, maxOutputBytes);
  }

  async start(command: Command): Promise<void> {
    const request = toRequest(command, { background: true, live: false, maxOutputBytes: 0 });
    await this.toolhost.run(request, command.stdin);
  }

  async kill(commandId: string, signal: NodeJS.Signals): Promise<void> {
    await this.toolhost.end({ op: 'kill', id: storeId(commandId), signal });
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    return this.toolhost.read(absolute(path), maxBytes);
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    await this.toolhost.write(absolute(path), [content]);
  }

  async connect(port: number, waitMs: number): Promise<Duplex> {
    return this.toolhost.connect(port, waitMs);
  }

  async listen(port: number, onConnection: (stream: Duplex) => void): Promise<void> {
    await this.toolhost.listen(port, onConnection);
  }

  async close(): Promise<void> {
    this.toolhost.close();
  }
}

function toRequest(
  command: Command,
  options: { background: boolean; live: boolean; maxOutputBytes: number },
): RunRequest {
  return {
    op: 'run',
    ...options,
    command: {
      id: storeId(command.id),
      argv: command.argv,
      cwd: absolute(command.cwd ?? REPO_DIR),
      env: command.env ?? {},
      timeoutMs: command.timeoutMs ?? 0,
      hasStdin: command.stdin !== undefined,
    },
  };
}

function toResult(id: string, answer: RunAnswer, maxOutputBytes: number): CommandResult {
  // The line in the middle of cut output comes on top of the bound; a hostile toolhost may send more than that.
  const bytes = answer.output.subarray(0, maxOutputBytes + 200);
  return {
    exitCode: answer.exitCode,
    signal: answer.signal,
    timedOut: answer.timedOut,
    durationMs: answer.durationMs,
    output: {
      text: new TextDecoder().decode(bytes),
      totalBytes: answer.totalBytes,
      truncated: answer.truncated,
      path: `${STORE_DIR}/${id}/output`,
    },
  };
}

/** The name of a command's folder: its id, or the hash of an id that cannot be a folder's name. */
function storeId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(id)) return id;
  return `h-${createHash('sha256').update(id).digest('hex')}`;
}

function absolute(path: string): string {
  if (path.includes('\0') || path.length > PATH_MAX) {
    throw new ThreadsmithError(
      'path_refused',
      'That path cannot be used.',
      'Give a shorter path without NUL.',
    );
  }
  return posix.resolve(REPO_DIR, path);
}

function stopped(): ThreadsmithError {
  return new ThreadsmithError('stopped', 'The command was stopped.', 'Reply in the thread to go on.');
}

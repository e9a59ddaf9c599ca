// Runs git on the worker, only in bare repos that the worker made.
import { execFile } from 'node:child_process';
import { type ErrorCode, ThreadsmithError } from '../../core/errors.ts';
import { withoutCredentials } from '../../core/redact.ts';

export interface GitOptions {
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** Without credentials. */
  readonly stderr: string;
}

// Hooks, file system monitors, external diffs and the ext transport run programs that a repo names. None is needed here. https://git-scm.com/docs/git-config
const SAFE_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'protocol.ext.allow=never',
  'protocol.file.allow=always',
  // Larger files are streamed instead of loaded, and count as binary: one of 500 MB packs into half a megabyte.
  'core.bigFileThreshold=20m',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs git and returns its output, also where it failed. Throws `internal` where git could not run to its end. */
export async function tryGit(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...SAFE_CONFIG, ...args],
      {
        cwd: options.cwd,
        signal: options.signal,
        timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        encoding: 'buffer',
        env: {
          ...process.env,
          GIT_TERMINAL_PROMPT: '0',
          GIT_LFS_SKIP_SMUDGE: '1',
          LC_ALL: 'C',
          ...options.env,
        },
      },
      (error, stdout, stderr) => {
        const text = withoutCredentials(stderr.toString('utf8'));
        if (error === null) return resolve({ exitCode: 0, stdout, stderr: text });
        if (typeof error.code === 'number') return resolve({ exitCode: error.code, stdout, stderr: text });
        if (options.signal?.aborted === true) return reject(options.signal.reason);
        const why = error.killed === true ? 'took too long' : withoutCredentials(error.message);
        reject(
          new ThreadsmithError(
            'internal',
            `git ${args[0]} ${why}.`,
            'Check that git is installed where the worker runs.',
            { retry: 'later', cause: error },
          ),
        );
      },
    );
    if (options.stdin !== undefined) child.stdin?.end(options.stdin);
    else child.stdin?.end();
  });
}

/** What a failed git command means to a person. */
export interface GitFailure {
  readonly code: ErrorCode;
  readonly what: string;
  readonly advice: string;
}

/** A failure of git in a repo that the worker made. */
export const BROKEN: GitFailure = {
  code: 'internal',
  what: 'The mirror of the repo could not be read',
  advice: 'Remove the folder repos in the data directory; it is made again.',
};

/** Runs git and returns its output as text without the last line break. Throws `failure` where git failed. */
export async function git(
  args: readonly string[],
  failure: GitFailure,
  options: GitOptions = {},
): Promise<string> {
  const result = await tryGit(args, options);
  if (result.exitCode === 0) return result.stdout.toString('utf8').replace(/\n$/, '');
  throw gitError(failure, result);
}

/** The error for a git command that failed. */
export function gitError(failure: GitFailure, result: GitResult): ThreadsmithError {
  const why = reasonOf(result).replace(/\.$/, '');
  return new ThreadsmithError(failure.code, `${failure.what}: ${why}.`, failure.advice);
}

const REMOTE_LINES = 3;

/** The remote's own message, if it sent one: git's last line then only says that something failed. */
function reasonOf({ stderr, exitCode }: GitResult): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const said = lines
    .flatMap((line) => /^remote:\s*(?:error:\s*)?(.*)$/i.exec(line)?.[1] ?? [])
    .filter((line) => line !== '');
  if (said.length > 0) return said.slice(-REMOTE_LINES).join(' ');
  const rejected = lines.find((line) => line.startsWith('!'));
  const own = rejected ?? lines.findLast((line) => /^(fatal|error):/i.test(line));
  return own === undefined ? `git exited with ${exitCode}` : own.replace(/^(fatal|error):\s*|^!\s*/i, '');
}

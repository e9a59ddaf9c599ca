// Running programs of this checkout from tests, and looking for what they left behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '../..');

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Everything it wrote so far, both streams. */
  output(): string;
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** Waits until it has written this. Throws when it ends first, or after `timeoutMs`. */
  says(text: string | RegExp, timeoutMs: number): Promise<void>;
}

/** Runs `node ARGS…` with the Node of the tests, in the root of the checkout unless `cwd` says otherwise. */
export function runNode(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): RunningProgram {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return {
    process: child,
    output: () => output,
    exited,
    says: async (text, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      const said = () => (typeof text === 'string' ? output.includes(text) : text.test(output));
      while (!said()) {
        if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
          throw new Error(`It never said ${String(text)}. It said:\n${output}`);
        }
        await sleep(20);
      }
    },
  };
}

/** A new folder with a short path. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ts-'));
}

/** Processes whose command line or environment mentions `text`. */
export function processesMentioning(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const commandLine = readProcess(pid, 'cmdline');
      if (commandLine === '' || !`${commandLine}\n${readProcess(pid, 'environ')}`.includes(text)) return [];
      return [`${pid} ${commandLine.replaceAll('\0', ' ').slice(0, 200)}`];
    });
}

/** Waits until no process mentions `text`; gives those that are still there after `timeoutMs`. */
export async function processesLeft(text: string, timeoutMs: number): Promise<readonly string[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = processesMentioning(text);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(100);
  }
}

function readProcess(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

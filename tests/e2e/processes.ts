// Real processes of the product and the playground, started as `npm start` starts them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 180_000;

export interface Running {
  readonly pid: number;
  /** The JSON line that it printed when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Resolves with the exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
}

/** Starts a script with exactly this environment and waits for its ready line; its log goes to a file. */
export async function startProcess(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  logFile: string,
): Promise<Running> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) outliveNobody(child.pid);
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    appendFileSync(logFile, text);
    errors.push(text);
    if (errors.length > 50) errors.shift();
  });
  // Only then everything that it said has been read.
  const ended = once(child, 'close').then(() => child.exitCode);
  const ready = await Promise.race([
    firstLine(child),
    ended.then((code) =>
      Promise.reject(new Error(`${script} ended with ${code}: ${errors.join('').slice(-2000)}`)),
    ),
    late(script, errors),
  ]).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await ended;
    throw error;
  });
  return {
    pid: child.pid ?? -1,
    ready,
    ended,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const forced = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(forced);
    },
  };
}

const WATCH = 'while kill -0 "$1" && kill -0 "$2"; do sleep 1; done 2>/dev/null; kill "$2" 2>/dev/null';

/** Ends the process within a second of our own end, however that comes: a killed test run leaves nothing behind. */
function outliveNobody(pid: number): void {
  const args = ['-c', WATCH, 'watch', String(process.pid), String(pid)];
  spawn('sh', args, { detached: true, stdio: 'ignore' }).unref();
}

async function firstLine(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
  if (child.stdout === null) throw new Error('the process has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && 'ready' in parsed) return { ...parsed };
  }
  return new Promise(() => {});
}

function late(script: string, errors: readonly string[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(
      () => reject(new Error(`${script} was not ready in time: ${errors.join('').slice(-2000)}`)),
      READY_MS,
    ).unref();
  });
}

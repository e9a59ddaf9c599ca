// The real bot process, started, read and ended by a test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const MAIN = join(import.meta.dirname, '../../bot/main.ts');
/** On a machine that has much else to do. */
const READY_MS = 120_000;

const readySchema = z.object({ ready: z.literal(true), mode: z.string(), url: z.string().optional() });

/** A real `node bot/main.ts`. */
export class BotProcess {
  readonly ready: z.infer<typeof readySchema>;
  readonly #child: ChildProcess;
  #log = '';

  private constructor(child: ChildProcess, ready: z.infer<typeof readySchema>) {
    this.#child = child;
    this.ready = ready;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
  }

  static async start(env: Record<string, string>): Promise<BotProcess> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([
      once(lines, 'line').then(([line]) => String(line)),
      once(child, 'exit').then(() => null),
      new Promise<null>((resolve) => setTimeout(() => resolve(null), READY_MS).unref()),
    ]);
    if (first === null) {
      child.kill('SIGKILL');
      throw new Error(`the bot was not ready: ${complaint}`);
    }
    return new BotProcess(child, readySchema.parse(JSON.parse(first)));
  }

  get url(): string {
    return this.ready.url ?? '';
  }

  get log(): string {
    return this.#log;
  }

  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exited;
    }
    return this.#child.exitCode;
  }
}

/** Runs the bot until it ends by itself, for wrong configurations. */
export async function runToEnd(
  env: Record<string, string>,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  await once(child, 'exit');
  clearTimeout(late);
  return { code: child.exitCode, stderr };
}

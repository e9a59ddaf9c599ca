// Opens a sandbox in which every program is hostile.
import { randomUUID } from 'node:crypto';
import type { CommandResult, Sandbox, SandboxLimits } from '../../sandbox/port/sandbox.ts';
import { openTestEngine, type TestEngine } from '../sandbox/engine.ts';

export interface Hostile {
  readonly engine: TestEngine;
  readonly image: string;
  readonly sandbox: Sandbox;
  /** Runs a line of bash. */
  sh(line: string, timeoutMs?: number): Promise<CommandResult>;
  /** Runs a Python program. */
  python(program: string, timeoutMs?: number): Promise<CommandResult>;
  /** Opens the sandbox again after it ended. */
  reopen(): Promise<Sandbox>;
  close(): Promise<void>;
}

const KEY = 'hostile';

/** Opens a hostile sandbox with a provider of its own. */
export async function openHostile(limits: Partial<SandboxLimits> = {}): Promise<Hostile> {
  const engine = openTestEngine();
  const image = await engine.provider.ensureImage(() => {});
  let sandbox = await engine.provider.open({ key: KEY, image, limits });
  const run = (argv: readonly string[], timeoutMs: number): Promise<CommandResult> =>
    sandbox.run({ id: randomUUID(), argv, timeoutMs });
  return {
    engine,
    image,
    get sandbox() {
      return sandbox;
    },
    sh: (line, timeoutMs = 30_000) => run(['bash', '-c', line], timeoutMs),
    python: (program, timeoutMs = 30_000) => run(['python3', '-c', program], timeoutMs),
    reopen: async () => (sandbox = await engine.provider.open({ key: KEY, image, limits })),
    close: async () => {
      await engine.provider.remove(KEY);
      await engine.close();
    },
  };
}

// A sandbox in which every command takes exactly as long as asked: what is left of a turn's time is then the
// harness's own. What real sandboxes cost is another figure.
import { setTimeout as sleep } from 'node:timers/promises';
import { ThreadsmithError } from '../../core/errors.ts';
import type { CommandResult, Sandbox } from '../../sandbox/port/sandbox.ts';

/** Every command prints the same few lines and succeeds. */
export function pacedSandbox(commandMs: number): Sandbox {
  const text = 'src/cart.js: total\n'.repeat(20);
  const result: CommandResult = {
    exitCode: 0,
    signal: null,
    timedOut: false,
    durationMs: commandMs,
    output: { text, totalBytes: text.length, truncated: false, path: '/work/out' },
  };
  const refuse = async (): Promise<never> => {
    throw new ThreadsmithError('path_refused', 'There are no files here.', 'Run commands only.');
  };
  return {
    key: 'bench',
    fresh: true,
    run: async (_command, options) => {
      await sleep(commandMs, undefined, options?.signal === undefined ? {} : { signal: options.signal });
      return result;
    },
    start: async () => undefined,
    kill: async () => undefined,
    read: refuse,
    write: refuse,
    connect: refuse,
    listen: refuse,
    close: async () => undefined,
  };
}

// The scripted model as a process of its own, so that its work is not taken for the harness's, with a
// recording of a long turn.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

export const REQUEST = 'walk through the bench';

export interface ScriptedProcess {
  readonly url: string;
  close(): Promise<void>;
}

const readySchema = z.object({ ready: z.literal(true), url: z.url() });
const MAIN = join(import.meta.dirname, '../../playground/model/main.ts');

/** A model that asks for `steps` commands one after the other, each after `delayMs`, and then rests. */
export async function startScripted(
  steps: number,
  delayMs: number,
  folder: string,
): Promise<ScriptedProcess> {
  const scripts = join(folder, `scripts-${steps}`);
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, 'walk.yaml'), recordingOf(steps));
  const child = spawn(process.execPath, [MAIN, '--scripts', scripts, '--delay-ms', String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { url: await addressOf(child), close: () => endOf(child) };
}

function recordingOf(steps: number): string {
  const walk = Array.from({ length: steps }, (_, step) => [
    `  - say: Step ${step + 1}, I look at the next part of the code and think about what it does.`,
    `    tools: [{ name: shell, arguments: { command: 'rg --line-number total src/part-${step}' } }]`,
  ]);
  return [`match: ${REQUEST}`, 'steps:', ...walk.flat(), '  - say: That was all.', ''].join('\n');
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the scripted model has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    return readySchema.parse(JSON.parse(line)).url;
  }
  throw new Error('the scripted model ended before it was ready');
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

// A bare agent loop over the openai SDK: plays a whole turn against the scripted model and does to a
// checkout what the calls say. It stands for the product, which playground tests must not import.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { createSampleRepo } from '../../playground/sample-repo/create.ts';

const run = promisify(execFile);

/** The arguments that the product's tools take. A recording that breaks one would fail there. */
export const toolArguments = {
  shell: z.strictObject({
    command: z.string().min(1),
    timeout_seconds: z.int().min(1).optional(),
    background: z.boolean().optional(),
  }),
  read_file: z.strictObject({
    path: z.string(),
    start_line: z.int().min(1).optional(),
    end_line: z.int().min(1).optional(),
  }),
  edit_file: z.strictObject({ path: z.string(), old_text: z.string(), new_text: z.string() }),
  search: z.strictObject({
    pattern: z.string().min(1),
    path: z.string().optional(),
    glob: z.string().optional(),
  }),
  browser: z.strictObject({
    action: z.enum(['open', 'screenshot', 'click', 'fill', 'press', 'snapshot', 'console', 'network']),
    url: z.url().optional(),
    selector: z.string().optional(),
    text: z.string().optional(),
    key: z.string().optional(),
    full_page: z.boolean().optional(),
  }),
  update_plan: z.strictObject({
    steps: z
      .array(
        z.strictObject({ title: z.string().min(1), status: z.enum(['pending', 'in_progress', 'completed']) }),
      )
      .min(1),
  }),
  ask_user: z.strictObject({ question: z.string().min(1), options: z.array(z.string()).max(5).optional() }),
};

export const tools = Object.keys(toolArguments).map((name) => ({
  type: 'function' as const,
  name,
  description: name,
  strict: false,
  parameters: { type: 'object', properties: {} },
}));

export function clientFor(url: string, apiKey = 'sk-any'): OpenAI {
  return new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
}

export interface Checkout {
  readonly dir: string;
  readonly remove: () => Promise<void>;
}

/** A fresh clone of the sample repo in a folder of its own. */
export async function checkOutSample(): Promise<Checkout> {
  const base = await mkdtemp(join(tmpdir(), 'threadsmith-sample-'));
  await createSampleRepo(join(base, 'bare.git'));
  await run('git', ['clone', '-q', join(base, 'bare.git'), join(base, 'checkout')]);
  return { dir: join(base, 'checkout'), remove: () => rm(base, { recursive: true, force: true }) };
}

export interface PlayedCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly result: string;
}

export interface PlayedTurn {
  readonly calls: readonly PlayedCall[];
  readonly final: string;
  readonly transcript: ResponseInputItem[];
}

/** Plays one turn to its final text, over the Responses API with streaming. */
export async function playTurn(
  client: OpenAI,
  dir: string,
  transcript: readonly ResponseInputItem[],
  answers: Record<string, string> = {},
): Promise<PlayedTurn> {
  const input = [...transcript];
  const calls: PlayedCall[] = [];
  for (let step = 0; step < 40; step += 1) {
    const stream = client.responses.stream({
      model: 'scripted',
      instructions: 'You are an agent.',
      input,
      tools,
    });
    const response = await stream.finalResponse();
    const asked = response.output.filter((item) => item.type === 'function_call');
    for (const item of response.output) {
      if (item.type === 'message' || item.type === 'function_call') {
        input.push(item);
      }
    }
    if (asked.length === 0) {
      return { calls, final: response.output_text, transcript: input };
    }
    for (const call of asked) {
      const args = z.record(z.string(), z.unknown()).parse(JSON.parse(call.arguments));
      const result = answers[call.name] ?? (await doCall(dir, call.name, args));
      calls.push({ name: call.name, args, result });
      input.push({ type: 'function_call_output', call_id: call.call_id, output: result });
    }
  }
  throw new Error('the turn did not end within 40 steps');
}

export function request(text: string, from = 'Mira'): ResponseInputItem {
  return { role: 'user', content: `<request from="${from}">${text}</request>` };
}

async function doCall(dir: string, name: string, args: Record<string, unknown>): Promise<string> {
  switch (name) {
    case 'shell':
      return (await shell(dir, toolArguments.shell.parse(args).command)).output;
    case 'read_file': {
      const { path, start_line: start = 1, end_line: end } = toolArguments.read_file.parse(args);
      const lines = (await readFile(join(dir, path), 'utf8')).split('\n');
      return lines
        .map((line, index) => `${index + 1}\t${line}`)
        .slice(start - 1, end)
        .join('\n');
    }
    case 'edit_file': {
      const { path, old_text: oldText, new_text: newText } = toolArguments.edit_file.parse(args);
      return editFile(join(dir, path), oldText, newText);
    }
    case 'search': {
      const { pattern, path = '.' } = toolArguments.search.parse(args);
      const found = await shell(dir, `grep -rnE --exclude-dir=.git -- "$PATTERN" ${path}`, {
        PATTERN: pattern,
      });
      return found.output;
    }
    case 'update_plan':
      return `${toolArguments.update_plan.parse(args).steps.length} steps are shown.`;
    default:
      throw new Error(`the player has no tool ${name}`);
  }
}

/** Replaces text that occurs exactly once, and fails loudly otherwise: a recording must fit its files. */
async function editFile(path: string, oldText: string, newText: string): Promise<string> {
  const before = await readFile(path, 'utf8');
  const found = before.split(oldText).length - 1;
  if (found !== 1) {
    throw new Error(`${path} holds the text to replace ${found} times: ${oldText}`);
  }
  await writeFile(
    path,
    before.replace(oldText, () => newText),
  );
  return 'Edited.';
}

export async function shell(
  dir: string,
  command: string,
  env: Record<string, string> = {},
): Promise<{ status: number; output: string }> {
  // The test runner of the sample must not believe that it runs inside another test runner.
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...inherited } = process.env;
  const child = await run('sh', ['-c', command], {
    cwd: dir,
    env: { ...inherited, ...env },
    maxBuffer: 8_000_000,
  }).then(
    ({ stdout, stderr }) => ({ status: 0, output: stdout + stderr }),
    (failed: { code?: number; stdout?: string; stderr?: string }) => ({
      status: failed.code ?? 1,
      output: `${failed.stdout ?? ''}${failed.stderr ?? ''}`,
    }),
  );
  return { status: child.status, output: `${child.output}\nexit code ${child.status}` };
}

// A real sandbox for tests of the agent: Docker, the sandbox image, one sandbox per test file.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDockerProvider } from '../../../sandbox/docker/provider.ts';
import type { Sandbox, SandboxProvider } from '../../../sandbox/port/sandbox.ts';
import { agentTools } from '../../../worker/agent/tools/registry.ts';
import type { ToolContext, ToolOutcome } from '../../../worker/agent/tools/tool.ts';
import { openFileArtifacts } from '../../../worker/agent-cli/file-artifacts.ts';
import { part } from '../../setup/environment.ts';
import { opened } from '../../setup/opened.ts';

export interface TestSandbox {
  readonly provider: SandboxProvider;
  readonly sandbox: Sandbox;
  /** A folder on this machine that is removed in the end. */
  readonly folder: string;
  /** A second connection to a sandbox, or another sandbox. */
  open(key: string): Promise<Sandbox>;
  /** What a command line prints, run beside the agent's shell. */
  look(line: string, key?: string): Promise<string>;
  close(): Promise<void>;
}

/** A sandbox for the tests of the file or block that calls this. */
export const useTestSandbox = (name: string): TestSandbox => opened(() => openTestSandbox(name));

/** Opens one in an installation of its own: another run on the same engine has another sandbox. */
export async function openTestSandbox(name: string): Promise<TestSandbox> {
  const installId = `agent${name}${randomBytes(4).toString('hex')}`;
  const provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId });
  const image = await provider.ensureImage(() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'threadsmith-agent-'));
  const opened = new Map<string, Sandbox>();
  let looks = 0;
  const open = async (key: string): Promise<Sandbox> => {
    const sandbox = await provider.open({ key, image });
    opened.set(key, sandbox);
    return sandbox;
  };
  const look = async (line: string, key = 'first'): Promise<string> => {
    looks += 1;
    const ran = await opened.get(key)?.run({ id: `look-${looks}`, argv: ['bash', '-c', line] });
    return ran?.output.text.trimEnd() ?? '';
  };
  const sandbox = await open('first');
  return {
    provider,
    sandbox,
    folder,
    open,
    look,
    close: async () => {
      for (const key of await provider.list()) await provider.remove(key);
      await provider.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Calls a tool as the harness does, with its default context. */
export async function callTool(
  test: TestSandbox,
  name: string,
  input: unknown,
  changes: Partial<ToolContext> = {},
): Promise<ToolOutcome> {
  const tool = agentTools.find((candidate) => candidate.spec.name === name);
  const prepared = tool?.prepare(typeof input === 'string' ? input : JSON.stringify(input));
  if (prepared === undefined) throw new Error(`there is no tool ${name}`);
  if ('refusal' in prepared) return { kind: 'result', ok: false, output: prepared.refusal };
  return prepared.run({
    sandbox: test.sandbox,
    artifacts: openFileArtifacts(join(test.folder, 'artifacts'), 'session', 'turn'),
    callKey: `call-${nextKey()}`,
    resumed: false,
    signal: new AbortController().signal,
    remainingMs: 60_000,
    report: async () => undefined,
    shellName: 'shell',
    delegate: () => Promise.reject(new Error('this test has no children')),
    openBrowser: async () => {
      throw new Error('this test has no browser');
    },
    ...changes,
  });
}

/** The text of a result. */
export function outputOf(outcome: ToolOutcome): string {
  if (outcome.kind !== 'result') throw new Error('the tool asked a question');
  return outcome.output;
}

let keys = 0;
export function nextKey(): string {
  keys += 1;
  return String(keys);
}

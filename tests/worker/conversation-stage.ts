// Where conversations are played: a few real sandboxes, each with a scripted model of its own, and the MCP
// servers that all of them share.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOfRepo } from '../../core/config/config.ts';
import { createLog } from '../../core/log.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { type SandboxBrowser } from '../../sandbox/port/browser.ts';
import { type McpServers, openMcpServers } from '../../worker/mcp/servers.ts';
import { mcpServersOf } from '../../worker/mcp/settings.ts';
import { openTestSandbox, type TestSandbox } from './agent/sandbox.ts';
import { SERVER_FILE } from './mcp-server.ts';
import { type ScriptedModel, startScriptedModel } from './model/server.ts';

export interface Stage {
  readonly test: TestSandbox;
  readonly server: ScriptedModel;
  readonly mcp: McpServers;
  /** The same browser for all conversations of this sandbox. */
  browser(): Promise<SandboxBrowser>;
}

export interface Stages {
  /** Plays where nobody else does. */
  use<T>(work: (stage: Stage) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens `count` places to play at. */
export async function openStages(count: number): Promise<Stages> {
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-conversations-'));
  const command = (more: number): readonly string[] => [
    process.execPath,
    SERVER_FILE,
    String(more),
    join(folder, 'log'),
  ];
  const config = {
    ...configOfRepo('shop', '/nowhere'),
    mcp: [
      { name: 'tracker', command: [...command(0)], env_from: {} },
      { name: 'many', command: [...command(60)], env_from: {} },
    ],
  };
  const mcp = openMcpServers(mcpServersOf(config, {}), createLog({ write: () => undefined }));
  const closing: (() => Promise<void>)[] = [];
  const open = async (index: number): Promise<Stage> => {
    const test = await openTestSandbox(`conversation${index}`);
    closing.push(() => test.close());
    const server = await startScriptedModel();
    closing.push(() => server.close());
    let browser: Promise<SandboxBrowser> | undefined;
    closing.push(async () => (await browser)?.close());
    return { test, server, mcp, browser: () => (browser ??= openBrowser(test.sandbox)) };
  };
  const free: Stage[] = await Promise.all(Array.from({ length: count }, (_, index) => open(index)));
  const waiting: ((stage: Stage) => void)[] = [];
  return {
    use: async (work) => {
      const stage = free.pop() ?? (await new Promise<Stage>((resolve) => waiting.push(resolve)));
      try {
        return await work(stage);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free.push(stage);
        else next(stage);
      }
    },
    close: async () => {
      for (const close of closing.toReversed()) await close();
      await mcp.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The bash that brings a sandbox back to its beginning and puts these files into the repo. */
export function freshRepo(files: Readonly<Record<string, string>>, setup: string): string {
  const writing = Object.entries(files).map(([path, content]) => {
    const encoded = Buffer.from(content).toString('base64');
    return `mkdir -p -- "$(dirname -- ${quoted(path)})"; base64 -d > ${quoted(path)} <<< ${quoted(encoded)}`;
  });
  return [
    'for pid in /work/agent/background/*.pid; do [ -e "$pid" ] && kill -9 -- "-$(cat "$pid")" 2>/dev/null; done',
    'cd /work/repo && find . -mindepth 1 -delete && rm -rf /work/agent /tmp/scratch',
    ...writing,
    setup,
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

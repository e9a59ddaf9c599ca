// The product beside a local workspace, each part a process of its own as `npm start` has them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Service, startService } from '../../scripts/processes/service.ts';
import { botEnvironment, standInEnvironment, workerEnvironment } from '../../scripts/start/environments.ts';
import { connectWorkspace, slackOf, type WorkspaceClient } from '../../scripts/start/workspace-client.ts';
import type { BenchSurroundings } from '../report/surroundings.ts';

export interface WorkspaceOptions {
  /** The configuration of the product. */
  readonly config: Readonly<Record<string, unknown>>;
  /** With a worker and a scripted model, on this engine; without it nobody takes turns up. */
  readonly dockerHost?: string;
}

export interface BenchWorkspace extends WorkspaceClient {
  /** Where the product keeps what it keeps. */
  readonly data: string;
  /** What the app has called, in order. */
  calls(): Promise<readonly Call[]>;
  /** Does what a person does, at a path of the workspace's control API. */
  act(path: string, body: object): Promise<void>;
  /** Records what the model answers. */
  record(name: string, script: object): Promise<void>;
  close(): Promise<void>;
}

const callSchema = z.object({
  /** When Slack took it. */
  at: z.coerce.date(),
  method: z.string(),
  ok: z.boolean(),
  args: z.looseObject({
    timestamp: z.string().optional(),
    thread_ts: z.string().optional(),
    ts: z.string().optional(),
    text: z.string().optional(),
  }),
});
const callsSchema = z.object({ calls: z.array(callSchema) });
export type Call = z.infer<typeof callSchema>;

const PATIENCE_MS = 120_000;
const POLL_MS = 100;

type Argv = readonly [string, ...string[]];

/** Starts them, connected over Socket Mode; `close` ends them. */
export async function openWorkspace(
  { folder, databaseUrl }: BenchSurroundings,
  { config, dockerHost }: WorkspaceOptions,
): Promise<BenchWorkspace> {
  const running: Service[] = [];
  const start = async (name: string, argv: Argv, env: NodeJS.ProcessEnv): Promise<string> => {
    const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
    const logFile = join(folder, `${name}.log`);
    const service = await startService({ name, argv, env, logFile, onTrouble: say, onGivenUp: say });
    running.push(service);
    return z.string().catch('').parse(service.ready['url']);
  };
  const close = async (): Promise<void> => {
    for (const service of running.toReversed()) await service.stop();
  };
  try {
    const data = join(folder, 'data');
    mkdirSync(data);
    const configFile = join(folder, 'threadsmith.yaml');
    writeFileSync(configFile, stringify(config));
    const standIn = standInEnvironment(process.env);
    const options = ['--port', '0', '--data', join(folder, 'workspace'), '--manifest', 'manifest.json'];
    const url = await start('workspace', ['playground/main.ts', ...options], standIn);
    const client = connectWorkspace(url);
    const slack = await slackOf(client);
    const shared = { DATABASE_URL: databaseUrl, THREADSMITH_DATA: data, THREADSMITH_CONFIG: configFile };
    await start('bot', ['bot/main.ts'], { ...botEnvironment(process.env, shared, slack), PORT: '0' });
    let modelUrl = '';
    if (dockerHost !== undefined) {
      modelUrl = await start('model', ['playground/model/main.ts', '--port', '0'], standIn);
      const model = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: modelUrl, OPENAI_MODEL: 'scripted' };
      await start('worker', ['worker/main.ts'], workerEnvironment(process.env, shared, model, dockerHost));
    }
    return {
      ...client,
      data,
      calls: async () => {
        const response = await fetch(new URL('/control/calls?since=0', url));
        return callsSchema.parse(await response.json()).calls;
      },
      act: (path, body) => post(new URL(`/control${path}`, url), body),
      // JSON is YAML.
      record: (name, script) =>
        post(new URL('/control/scripts', modelUrl), { name, yaml: JSON.stringify(script) }),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Looks again and again until something is there, and gives it. Throws where that takes minutes. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const until = performance.now() + PATIENCE_MS; ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await sleep(POLL_MS);
  }
}

async function post(url: URL, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}: ${answer}`);
}

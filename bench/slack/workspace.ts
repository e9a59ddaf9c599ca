// The bot beside a local workspace, each a process of its own as `npm start` has them, on a database of their own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Service, startService } from '../../scripts/processes/service.ts';
import { botEnvironment, standInEnvironment } from '../../scripts/start/environments.ts';
import { connectWorkspace, type WorkspaceClient } from '../../scripts/start/workspace-client.ts';
import type { BenchSurroundings } from '../surroundings.ts';

export interface BenchWorkspace extends WorkspaceClient {
  /** What the app has called, in order. */
  calls(): Promise<readonly Call[]>;
  close(): Promise<void>;
}

const callSchema = z.object({
  /** When Slack took it. */
  at: z.coerce.date(),
  method: z.string(),
  ok: z.boolean(),
  args: z.looseObject({ timestamp: z.string().optional(), thread_ts: z.string().optional() }),
});
const callsSchema = z.object({ calls: z.array(callSchema) });
export type Call = z.infer<typeof callSchema>;

const CONFIG = {
  repos: [{ name: 'shop', url: './shop', channels: ['shop'] }],
  people: { start: ['everyone'], approve: [], merge: [] },
};

/** Starts both, connected over Socket Mode; `close` ends both. */
export async function openWorkspace({ folder, databaseUrl }: BenchSurroundings): Promise<BenchWorkspace> {
  const running: Service[] = [];
  const start = async (name: string, argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv) => {
    const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
    const logFile = join(folder, `${name}.log`);
    const service = await startService({ name, argv, env, logFile, onTrouble: say, onGivenUp: say });
    running.push(service);
    return service;
  };
  const close = async (): Promise<void> => {
    for (const service of running.toReversed()) await service.stop();
  };
  try {
    const data = join(folder, 'data');
    mkdirSync(data);
    const options = ['--port', '0', '--data', join(folder, 'workspace'), '--manifest', 'manifest.json'];
    const argv = ['playground/main.ts', ...options] as const;
    const { ready } = await start('workspace', argv, standInEnvironment(process.env));
    const url = z.string().parse(ready['url']);
    const client = connectWorkspace(url);
    const app = await client.app();
    const configFile = join(folder, 'threadsmith.yaml');
    writeFileSync(configFile, stringify(CONFIG));
    const shared = { DATABASE_URL: databaseUrl, THREADSMITH_DATA: data, THREADSMITH_CONFIG: configFile };
    const slack = {
      SLACK_BOT_TOKEN: app.bot_token,
      SLACK_APP_TOKEN: app.app_token,
      SLACK_API_URL: app.api_url,
    };
    await start('bot', ['bot/main.ts'], { ...botEnvironment(process.env, shared, slack), PORT: '0' });
    const calls = async () => {
      const response = await fetch(new URL('/control/calls?since=0', url));
      return callsSchema.parse(await response.json()).calls;
    };
    return { ...client, calls, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

// A client of the local workspace's control API: what a person at the page could do, from the terminal.
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import type { SlackSettings } from './environments.ts';

const appSchema = z.object({
  bot_token: z.string(),
  app_token: z.string(),
  api_url: z.string(),
});

const stateSchema = z.object({
  users: z.array(z.object({ id: z.string(), name: z.string(), real_name: z.string() })),
  channels: z.array(z.object({ id: z.string(), name: z.string() })),
  connected: z.boolean(),
});
export type WorkspaceState = z.infer<typeof stateSchema>;

const messageSchema = z.looseObject({
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  blocks: z.array(z.unknown()).default([]),
});
export type ThreadMessage = z.infer<typeof messageSchema>;

const postedSchema = z.object({ ts: z.string() });
const messagesSchema = z.object({ messages: z.array(messageSchema) });

const CALL_TIMEOUT_MS = 10_000;

export interface WorkspaceClient {
  /** What the bot needs to connect. */
  app(): Promise<z.infer<typeof appSchema>>;
  state(): Promise<WorkspaceState>;
  /** Posts as a person; `channel` and `user` may be names. Gives the message's `ts`. */
  post(message: { user: string; channel: string; text: string }): Promise<string>;
  thread(channelId: string, threadTs: string): Promise<readonly ThreadMessage[]>;
  file(fileId: string): Promise<Uint8Array>;
}

/** A client for the workspace at `url`. Its methods throw `slack_unreachable`. */
export function connectWorkspace(url: string): WorkspaceClient {
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    try {
      const response = await fetch(new URL(`/control${path}`, url), {
        ...init,
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      if (response.ok) return response;
      throw unreachable(`answered ${path} with ${response.status}: ${(await response.text()).slice(0, 200)}`);
    } catch (cause) {
      if (cause instanceof ThreadsmithError) throw cause;
      throw unreachable(`did not answer ${path}`, cause);
    }
  };
  return {
    app: async () => appSchema.parse(await (await call('/app')).json()),
    state: async () => stateSchema.parse(await (await call('/state')).json()),
    post: async (message) => {
      const headers = { 'content-type': 'application/json' };
      const response = await call('/messages', { method: 'POST', headers, body: JSON.stringify(message) });
      return postedSchema.parse(await response.json()).ts;
    },
    thread: async (channelId, threadTs) => {
      const query = new URLSearchParams({ channel: channelId, thread_ts: threadTs });
      return messagesSchema.parse(await (await call(`/messages?${query}`)).json()).messages;
    },
    file: async (fileId) => new Uint8Array(await (await call(`/files/${fileId}`)).arrayBuffer()),
  };
}

/** What a bot needs to connect to the workspace. Throws `slack_unreachable`. */
export async function slackOf(workspace: WorkspaceClient): Promise<SlackSettings> {
  const app = await workspace.app();
  return { SLACK_BOT_TOKEN: app.bot_token, SLACK_APP_TOKEN: app.app_token, SLACK_API_URL: app.api_url };
}

function unreachable(what: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'slack_unreachable',
    `The local workspace ${what}.`,
    'Look into its log (workspace.log), or start again.',
    { cause },
  );
}

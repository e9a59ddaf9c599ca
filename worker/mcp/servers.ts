// Connects to MCP servers, lists their tools and calls them. Their credentials stay in the worker: a sandbox never talks
// to them.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';

/** How a server is reached, with its credentials filled in. */
export type McpAddress =
  | {
      readonly kind: 'stdio';
      readonly command: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

export interface McpServer {
  readonly name: string;
  readonly address: McpAddress;
}

/** A tool as its server describes it. */
export interface McpTool {
  readonly server: string;
  readonly name: string;
  readonly description: string;
  /** A JSON schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly onlyReads: boolean;
}

export interface McpContent {
  readonly text: string;
  readonly images: readonly { readonly mimeType: string; readonly base64: string }[];
}

export type McpOutcome =
  | { readonly kind: 'answered'; readonly ok: boolean; readonly content: McpContent }
  /** The server could not be reached or did not answer: whether it did something is not known. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface McpServers {
  /** Lists the allowed tools (`*` for all) of servers that answer, in a fixed order. Never throws; may be called twice. */
  tools(allowed: Readonly<Record<string, readonly string[]>>): Promise<readonly McpTool[]>;
  /**
   * Calls a tool; a second call runs it again. Throws only the signal's reason, at once on abort. The next call opens a
   * broken connection again.
   */
  call(
    server: string,
    tool: string,
    input: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<McpOutcome>;
  /** Ends all connections. May be called twice; never throws. */
  close(): Promise<void>;
}

const CONNECT_MS = 20_000;
const CALL_MS = 120_000;
const MAX_PAGES = 20;
const MAX_IMAGES = 4;

const contentSchema = z.array(
  z.union([
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('image'), data: z.string(), mimeType: z.string() }),
    z.object({
      type: z.literal('resource'),
      resource: z.object({ uri: z.string(), text: z.string().optional() }),
    }),
    z.object({ type: z.literal('resource_link'), uri: z.string() }),
    z.object({ type: z.string() }),
  ]),
);
const answerSchema = z.object({
  content: contentSchema.default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().default(false),
});

/** Opens no connection yet: each opens when it is first needed. */
export function openMcpServers(servers: readonly McpServer[], log: Log): McpServers {
  const open = new Map<string, Promise<Client>>();

  const clientOf = (name: string): Promise<Client> => {
    const known = open.get(name);
    if (known !== undefined) return known;
    const server = servers.find((candidate) => candidate.name === name);
    if (server === undefined) return Promise.reject(noServer(name));
    const forget = (): void => void open.delete(name);
    const connecting = connect(server.address, forget);
    open.set(name, connecting);
    connecting.catch(forget);
    return connecting;
  };

  const toolsOf = async (server: string, allowed: readonly string[]): Promise<readonly McpTool[]> => {
    try {
      const offered = await listAll(await clientOf(server));
      return offered
        .filter(({ name }) => allowed.includes('*') || allowed.includes(name))
        .map((tool) => ({ server, ...tool }));
    } catch (error) {
      log.warn('an MCP server does not answer; the turn goes on without its tools', { server, error });
      return [];
    }
  };

  return {
    tools: async (allowed) => {
      const names = Object.keys(allowed).sort();
      const found = await Promise.all(names.map((server) => toolsOf(server, allowed[server] ?? [])));
      return found.flatMap((tools) => tools.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
    },
    call: async (server, tool, input, signal) => {
      try {
        const client = await clientOf(server);
        const request = { name: tool, arguments: input };
        const answer = await client.callTool(request, undefined, { signal, timeout: CALL_MS });
        return answered(answerSchema.parse(answer));
      } catch (thrown) {
        signal.throwIfAborted();
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        log.warn('a call of an MCP server failed', { server, tool, error: thrown });
        return { kind: 'failed', reason };
      }
    },
    close: async () => {
      const clients = await Promise.allSettled(open.values());
      open.clear();
      await Promise.allSettled(
        clients.map(async (client) => (client.status === 'fulfilled' ? client.value.close() : undefined)),
      );
    },
  };
}

function noServer(name: string): ThreadsmithError {
  return new ThreadsmithError(
    'internal',
    `there is no MCP server ${name}`,
    'Name it under `mcp` in the configuration.',
  );
}

async function connect(address: McpAddress, onClose: () => void): Promise<Client> {
  const client = new Client({ name: 'threadsmith', version: '1' });
  client.onclose = onClose;
  await client.connect(transportOf(address), { timeout: CONNECT_MS });
  return client;
}

function transportOf(address: McpAddress): Parameters<Client['connect']>[0] {
  switch (address.kind) {
    case 'stdio': {
      const [command = '', ...args] = address.command;
      // The worker's environment holds the model's key, so the server gets only the variables that every program needs.
      const env = { ...getDefaultEnvironment(), ...address.env };
      return new StdioClientTransport({ command, args, env, stderr: 'ignore' });
    }
    case 'http':
      return new StreamableHTTPClientTransport(new URL(address.url), {
        requestInit: { headers: { ...address.headers } },
      });
  }
}

async function listAll(client: Client): Promise<readonly Omit<McpTool, 'server'>[]> {
  const found: Omit<McpTool, 'server'>[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { tools, nextCursor } = await client.listTools(cursor === undefined ? {} : { cursor }, {
      timeout: CONNECT_MS,
    });
    for (const { name, description, inputSchema, annotations } of tools) {
      const onlyReads = annotations?.readOnlyHint === true;
      found.push({ name, description: description ?? '', parameters: { ...inputSchema }, onlyReads });
    }
    if (nextCursor === undefined) return found;
    cursor = nextCursor;
  }
  return found;
}

function answered({ content, structuredContent, isError }: z.infer<typeof answerSchema>): McpOutcome {
  const texts = content.flatMap((part) => {
    if ('text' in part) return [part.text];
    if ('resource' in part) return [part.resource.text ?? part.resource.uri];
    return 'uri' in part ? [part.uri] : [];
  });
  const images = content.flatMap((part) =>
    'data' in part ? [{ mimeType: part.mimeType, base64: part.data }] : [],
  );
  const text =
    texts.length === 0 && structuredContent !== undefined
      ? JSON.stringify(structuredContent)
      : texts.join('\n');
  return { kind: 'answered', ok: !isError, content: { text, images: images.slice(0, MAX_IMAGES) } };
}

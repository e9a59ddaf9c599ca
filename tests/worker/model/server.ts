// The scripted model as a server of its own for a test, and a raw server for what real ones only do when
// they misbehave.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { startModel } from '../../../playground/model/server.ts';
import { createModel, type ModelOptions } from '../../../worker/model/create-model.ts';
import type { Model } from '../../../worker/model/model.ts';
import { opened } from '../../setup/opened.ts';

export interface ScriptedModel {
  readonly url: string;
  addScript(name: string, yaml: string): Promise<void>;
  inject(...faults: readonly Record<string, unknown>[]): Promise<void>;
  requests(): Promise<readonly { readonly body: unknown; readonly fault: string | null }[]>;
  /** Which step of which recording each request was answered with, without their bodies. */
  asked(): Promise<readonly Asked[]>;
  /** Forgets recordings, faults and requests. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const askedSchema = z.object({
  requests: z.array(
    z.object({
      script: z.string().nullable(),
      step: z.number().nullable(),
      fault: z.string().nullable(),
    }),
  ),
});
export type Asked = z.infer<typeof askedSchema>['requests'][number];

/** A model behind this server that tries again after milliseconds. */
export function modelAt({ url }: { readonly url: string }, changes: Partial<ModelOptions> = {}): Model {
  const retry = { maxTries: 4, firstMs: 2, maxMs: 5, ...changes.retry };
  return createModel({
    api: 'responses',
    name: 'scripted',
    baseUrl: url,
    apiKey: 'sk-test',
    idleTimeoutMs: 1000,
    ...changes,
    retry,
  });
}

/** A scripted model with these recordings for the tests of the file or block that calls this. */
export function useScriptedModel(scripts: Readonly<Record<string, string>>): ScriptedModel {
  return opened(() => startScriptedModel(scripts));
}

export async function startScriptedModel(
  scripts: Readonly<Record<string, string>> = {},
): Promise<ScriptedModel> {
  const model = await startModel({ port: 0, scriptDirs: [] });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(`/control/${path}`, model.url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  };
  const addScript = async (name: string, yaml: string): Promise<void> =>
    void (await control('POST', 'scripts', { name, yaml }));
  for (const [name, yaml] of Object.entries(scripts)) await addScript(name, yaml);
  return {
    url: model.url,
    addScript,
    inject: async (...faults) => void (await control('POST', 'faults', faults)),
    requests: async () => {
      const found = await control('GET', 'requests');
      return Reflect.get(Object(found), 'requests');
    },
    asked: async () => askedSchema.parse(await control('GET', 'requests')).requests,
    reset: async () => void (await control('POST', 'reset')),
    close: () => model.close(),
  };
}

const LATE_MS = 20;

export interface RawServer {
  readonly url: string;
  readonly bodies: string[];
  /** How many there were so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Answers request after request with the next handler, the last one again and again. */
export async function startRawServer(
  handlers: readonly ((response: ServerResponse, request: IncomingMessage) => void)[],
): Promise<RawServer> {
  const bodies: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      const handler = handlers[Math.min(bodies.length, handlers.length) - 1];
      handler?.(response, request);
    });
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    bodies,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A handler that refuses with a status. */
export function refusal(
  status: number,
  error: Record<string, unknown>,
  headers: Record<string, string> = {},
): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error }));
  };
}

/**
 * A handler that streams these events and ends; or `then` says otherwise. With `hang` it stays silent, with
 * `done-late` and `done-hang` it ends a moment after the last event, and never.
 */
export function stream(
  events: readonly unknown[],
  then: 'done' | 'done-late' | 'done-hang' | 'end' | 'hang' | 'cut' = 'done',
): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = events
      .map((event) => {
        const type: unknown = Reflect.get(Object(event), 'type');
        return `${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
      })
      .join('');
    response.write(text, () => {
      if (then === 'cut') response.destroy();
      if (then === 'end') response.end();
      if (then === 'done') response.end('data: [DONE]\n\n');
      if (then === 'done-hang') response.write('data: [DONE]\n\n');
      if (then === 'done-late')
        response.write('data: [DONE]\n\n', () => setTimeout(() => response.end(), LATE_MS));
    });
  };
}

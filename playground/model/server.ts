// The scripted model: an OpenAI-compatible server that plays recorded answers over the real protocol,
// so that the product talks to it exactly as it talks to a real model.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { ModelState } from './completion.ts';
import { complete } from './completion.ts';
import { control } from './control.ts';
import { FaultBook } from './faults.ts';
import { Holds } from './holds.ts';
import { bundledScriptsDir, loadScripts, ScriptLibrary } from './library.ts';
import { RequestLog } from './request-log.ts';
import { RefusedRequest } from './transcript.ts';
import { PromptCache } from './usage.ts';
import { errorBody, sendJson, sendRefusal } from './wire.ts';

export interface ModelOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  /** Folders of recordings, in place of those for the sample repo. */
  readonly scriptDirs?: readonly string[];
  /** How long the model thinks before each answer, on top of what a recording says. */
  readonly delayMs?: number;
}

export interface RunningModel {
  /** The base URL for an SDK; the control routes lie beside it at `/control`. */
  readonly url: string;
  /** Ends every open request and stops listening. */
  close(): Promise<void>;
}

/** The key that the server refuses, so that a refused key can be tried. */
export const refusedApiKey = 'sk-refused';
const modelName = 'scripted';
const bodyLimitBytes = 64 * 1024 * 1024;
/** Node's own 5 s end a connection under a client that a busy machine keeps from noticing. */
const keepAliveMs = 120_000;

/** Starts the server on the loopback address; throws a ScriptError for a recording it cannot read. */
export async function startModel(options: ModelOptions = {}): Promise<RunningModel> {
  const scripts = await loadScripts(options.scriptDirs ?? [bundledScriptsDir]);
  const state: ModelState = {
    library: new ScriptLibrary(scripts),
    faults: new FaultBook(),
    holds: new Holds(),
    log: new RequestLog(),
    cache: new PromptCache(),
    ids: new Map(),
    delayMs: options.delayMs ?? 0,
  };
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    route(state, request, response).catch((thrown: unknown) => {
      if (thrown instanceof RefusedRequest) {
        sendRefusal(response, thrown, isAnthropic(request) ? 'messages' : 'chat');
      } else if (response.headersSent) {
        response.destroy();
      } else {
        sendJson(response, 500, errorBody(String(thrown), 'server_error', null, null));
      }
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function route(state: ModelState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://model');
  const text = await readBody(request);
  if (url.pathname.startsWith('/control/')) {
    if (!control(state, method, url, text, response)) {
      throw new RefusedRequest(404, `There is no control route ${method} ${url.pathname}.`);
    }
    return;
  }
  checkKey(request);
  switch (`${method} ${url.pathname}`) {
    case 'POST /v1/responses':
      await complete(state, 'responses', request, text, response);
      return;
    case 'POST /v1/chat/completions':
      await complete(state, 'chat', request, text, response);
      return;
    case 'POST /v1/messages':
      if (!isAnthropic(request)) throw new RefusedRequest(401, 'x-api-key header is required');
      await complete(state, 'messages', request, text, response);
      return;
    case 'GET /v1/models':
      sendJson(response, 200, isAnthropic(request) ? anthropicList : { object: 'list', data: [modelEntry] });
      return;
    case `GET /v1/models/${modelName}`:
      sendJson(response, 200, modelEntry);
      return;
    default:
      throw new RefusedRequest(404, `Unknown request URL: ${method} ${url.pathname}.`, 'unknown_url');
  }
}

const modelEntry = { id: modelName, object: 'model', created: 1_767_225_600, owned_by: 'threadsmith' };

/** As Anthropic lists its models. */
const anthropicList = {
  data: [
    {
      type: 'model',
      id: modelName,
      display_name: 'Scripted',
      created_at: '2026-01-01T00:00:00Z',
      lifecycle: 'active',
      retires_at: null,
    },
  ],
  has_more: false,
  first_id: modelName,
  last_id: modelName,
};

/** Anthropic's clients name the version of its API with each request. */
function isAnthropic({ headers }: IncomingMessage): boolean {
  return headers['x-api-key'] !== undefined || headers['anthropic-version'] !== undefined;
}

function checkKey(request: IncomingMessage): void {
  const { authorization, 'x-api-key': apiKey, 'anthropic-version': version } = request.headers;
  const bearer = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (isAnthropic(request)) {
    // The vendor's SDK sends the key as a bearer, curl and older clients in a header of its own.
    const key = apiKey ?? bearer;
    if (key === refusedApiKey || key === undefined) throw new RefusedRequest(401, 'invalid x-api-key');
    if (version === undefined) throw new RefusedRequest(400, 'anthropic-version: header is required');
    return;
  }
  if (bearer === undefined) {
    throw new RefusedRequest(401, "You didn't provide an API key in an Authorization header.");
  }
  if (bearer === refusedApiKey) {
    throw new RefusedRequest(401, 'Incorrect API key provided: sk-ref***sed.', 'invalid_api_key');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > bodyLimitBytes) {
      throw new RefusedRequest(413, `The request is larger than ${bodyLimitBytes} bytes.`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// How much of what a turn sends to the model was sent in the step before, byte for byte: that is what the
// prompt caches of providers give a discount on.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { runAgent } from '../../worker/agent/harness.ts';
import { openFileJournal } from '../../worker/agent-cli/file-journal.ts';
import { createModel } from '../../worker/model/create-model.ts';
import type { ModelApi } from '../../worker/model/model.ts';
import { startScripted } from './scripted.ts';
import { mustFinish, taskOf } from './task.ts';

const STEPS = 100;

/** Bytes that were at the beginning of the request before, of all bytes of a turn of 100 steps. */
export async function measurePrefix(api: ModelApi, folder: string): Promise<number> {
  const scripted = await startScripted(STEPS, 0, folder);
  const recorder = await startRecorder(scripted.url);
  try {
    const model = createModel({ api, name: 'scripted', baseUrl: recorder.url, apiKey: 'sk-bench' });
    const turnId = `prefix-${api}`;
    const journal = openFileJournal(join(folder, `${turnId}.jsonl`), turnId);
    const task = taskOf({ model, journal, turnId, folder, commandMs: 0, report: async () => undefined });
    mustFinish(await runAgent(task), STEPS + 1);
  } finally {
    await recorder.close();
    await scripted.close();
  }
  return repeatedOf(recorder.bodies);
}

function repeatedOf(bodies: readonly Buffer[]): number {
  const repeated = bodies.slice(1).map((body, index) => commonPrefix(bodies[index] ?? body, body));
  const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);
  return sum(repeated) / sum(bodies.map((body) => body.length));
}

function commonPrefix(left: Buffer, right: Buffer): number {
  let length = 0;
  while (length < Math.min(left.length, right.length) && left[length] === right[length]) length += 1;
  return length;
}

interface Recorder {
  readonly url: string;
  readonly bodies: Buffer[];
  close(): Promise<void>;
}

/** Passes requests on to a model server and keeps their bodies. */
async function startRecorder(target: string): Promise<Recorder> {
  const bodies: Buffer[] = [];
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    bodies.push(body);
    const { authorization = '' } = request.headers;
    const answer = await fetch(new URL(request.url ?? '/', target), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: new Uint8Array(body),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    pass(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    bodies,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

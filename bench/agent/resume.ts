// What it takes a new worker to go on with a transcript of 2,000 steps: from the database to the request.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { JournalEntry } from '../../core/journal.ts';
import { openJournal } from '../../db/log/journal.ts';
import { openDatabase } from '../../db/schema/database.ts';
import { newLease } from './lease.ts';
import { REQUEST } from './scripted.ts';

const STEPS = 2_000;
const STEPS_PER_WRITE = 100;

const figuresSchema = z.object({ durationMs: z.number(), grownMb: z.number() });
export type ResumeFigures = z.infer<typeof figuresSchema>;

/** Writes the transcript, and lets a process of its own go on with it. */
export async function measureResume(databaseUrl: string, folder: string): Promise<ResumeFigures> {
  const database = await openDatabase(databaseUrl);
  const server = await startLastWord();
  try {
    const lease = await newLease(database);
    const journal = openJournal(database, lease, 0);
    await journal.append(0, [
      { kind: 'message', id: 'request', text: `<request from="Mira">\n${REQUEST}\n</request>` },
    ]);
    for (let step = 0; step < STEPS; step += STEPS_PER_WRITE) {
      const entries = Array.from({ length: STEPS_PER_WRITE }, (_, offset) => entriesOf(step + offset)).flat();
      await journal.append(1 + 2 * step, entries);
    }
    const child = join(import.meta.dirname, 'resume-process.ts');
    const input = JSON.stringify({ databaseUrl, modelUrl: server.url, folder, lease });
    const { stdout } = await promisify(execFile)(process.execPath, [child, input]);
    return figuresSchema.parse(JSON.parse(stdout));
  } finally {
    await server.close();
    await database.close();
  }
}

/** A step of a usual size: a sentence, a command, some fifteen lines of output. */
function entriesOf(step: number): readonly JournalEntry[] {
  const callId = `call_${step}`;
  const argumentsText = JSON.stringify({ command: `rg --line-number total src/part-${step}` });
  return [
    {
      kind: 'response',
      model: 'scripted',
      text: `Step ${step}: I look at the next part of the code.`,
      toolCalls: [{ callId, name: 'shell', argumentsText }],
      usage: { inputTokens: 1_000, cachedTokens: 900, outputTokens: 60 },
    },
    {
      kind: 'tool_result',
      callId,
      ok: true,
      output: `Exit code 0.\n${`src/part-${step}/cart.js:12:  const total = lines.sum();\n`.repeat(15)}`,
    },
  ];
}

/** A model server that answers everything with one last sentence, at once. */
async function startLastWord(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const item = {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'That was all.', annotations: [] }],
  };
  const events = [
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [item] } },
  ];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

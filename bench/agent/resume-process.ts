// The worker that takes over, as a process of its own: its memory is that of this one transcript.
import { z } from 'zod';
import type { EventBody } from '../../core/event.ts';
import { openJournal } from '../../db/log/journal.ts';
import { openDatabase } from '../../db/schema/database.ts';
import { runAgent } from '../../worker/agent/harness.ts';
import { createModel } from '../../worker/model/create-model.ts';
import { taskOf } from './task.ts';

const MB = 1024 * 1024;

const input = z
  .object({
    databaseUrl: z.url(),
    modelUrl: z.url(),
    folder: z.string(),
    lease: z.object({ turnId: z.string(), sessionId: z.string(), epoch: z.number(), owner: z.string() }),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const database = await openDatabase(input.databaseUrl);
const journal = openJournal(database, input.lease, 0);
const model = createModel({
  api: 'responses',
  name: 'scripted',
  baseUrl: input.modelUrl,
  apiKey: 'sk-bench',
});
const { folder, lease } = input;
const report = (event: EventBody) => journal.report(event);
const task = taskOf({ model, journal, turnId: lease.turnId, folder, commandMs: 0, report });
const beforeBytes = process.memoryUsage().rss;
const startedAt = performance.now();
const outcome = await runAgent(task);
const durationMs = performance.now() - startedAt;
// The most that the process ever held, in KiB.
const grownMb = (process.resourceUsage().maxRSS * 1024 - beforeBytes) / MB;
await database.close();
if (outcome.kind !== 'finished') throw new Error(`the run ended with ${outcome.kind}`);
process.stdout.write(JSON.stringify({ durationMs, grownMb }));

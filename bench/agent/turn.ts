// A turn of 100 steps in which model and commands take 100 ms each: what is on top is the harness's.
import type { EventBody } from '../../core/event.ts';
import { openDatabase } from '../../db/database.ts';
import { openJournal } from '../../db/journal.ts';
import { runAgent } from '../../worker/agent/harness.ts';
import { createModel } from '../../worker/model/create-model.ts';
import { steeringOf } from '../../worker/steering.ts';
import { newLease } from './lease.ts';
import { countRoundTrips } from './round-trips.ts';
import { startScripted } from './scripted.ts';
import { mustFinish, taskOf } from './task.ts';

const STEPS = 100;
const PACE_MS = 100;

export interface TurnFigures {
  /** The turn's time by that of the model and the commands alone. */
  readonly overheadRatio: number;
  readonly roundTripsPerStep: number;
  /** Time on a processor: unlike the ratio it hardly depends on what else the machine does. */
  readonly cpuMsPerStep: number;
}

/** Plays the turn with the journal in PostgreSQL, as the worker does. */
export async function measureTurn(
  databaseUrl: string,
  folder: string,
  steps = STEPS,
  paceMs = PACE_MS,
): Promise<TurnFigures> {
  const scripted = await startScripted(steps, paceMs, folder);
  const counter = await countRoundTrips(databaseUrl);
  const database = await openDatabase(counter.url);
  try {
    const lease = await newLease(database);
    const journal = openJournal(database, lease, 0);
    const model = createModel({
      api: 'responses',
      name: 'scripted',
      baseUrl: scripted.url,
      apiKey: 'sk-bench',
    });
    const { turnId } = lease;
    const report = (event: EventBody) => journal.report(event);
    const takeMessages = steeringOf(database, lease, journal);
    const task = taskOf({ model, journal, turnId, folder, commandMs: paceMs, report, takeMessages });
    const before = counter.count();
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    mustFinish(await runAgent(task), steps + 1);
    await journal.flush();
    const durationMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      cpuMsPerStep: (user + system) / 1000 / (steps + 1),
      overheadRatio: durationMs / ((2 * steps + 1) * paceMs),
      roundTripsPerStep: (counter.count() - before) / (steps + 1),
    };
  } finally {
    await database.close();
    await counter.close();
    await scripted.close();
  }
}

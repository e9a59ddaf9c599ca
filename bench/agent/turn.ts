// A turn of 100 steps in which model and commands take 100 ms each: what is on top is the harness's.
import type { EventBody } from '../../core/event.ts';
import { openJournal } from '../../db/log/journal.ts';
import { openDatabase } from '../../db/schema/database.ts';
import { runAgent } from '../../worker/agent/harness.ts';
import { createModel } from '../../worker/model/create-model.ts';
import { steeringOf } from '../../worker/turn/steering.ts';
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
  try {
    const turn = { modelUrl: scripted.url, folder, steps, paceMs };
    // The counter would be taken for the harness: time is measured without it.
    const { durationMs, cpuMs } = await playTurn({ ...turn, databaseUrl });
    const counter = await countRoundTrips(databaseUrl);
    try {
      const { trips } = await playTurn({ ...turn, databaseUrl: counter.url, count: () => counter.count() });
      return {
        cpuMsPerStep: cpuMs / (steps + 1),
        overheadRatio: durationMs / ((2 * steps + 1) * paceMs),
        roundTripsPerStep: trips / (steps + 1),
      };
    } finally {
      await counter.close();
    }
  } finally {
    await scripted.close();
  }
}

interface PlayedTurn {
  readonly databaseUrl: string;
  readonly modelUrl: string;
  readonly folder: string;
  readonly steps: number;
  readonly paceMs: number;
  readonly count?: () => number;
}

async function playTurn({ databaseUrl, modelUrl, folder, steps, paceMs, count = () => 0 }: PlayedTurn) {
  const database = await openDatabase(databaseUrl);
  try {
    const lease = await newLease(database);
    const journal = openJournal(database, lease, 0);
    const model = createModel({ api: 'responses', name: 'scripted', baseUrl: modelUrl, apiKey: 'sk-bench' });
    const { turnId } = lease;
    const report = (event: EventBody) => journal.report(event);
    const takeMessages = steeringOf(database, lease, journal, async (text) => ({ text }));
    const task = taskOf({ model, journal, turnId, folder, commandMs: paceMs, report, takeMessages });
    const before = count();
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    mustFinish(await runAgent(task), steps + 1);
    await journal.flush();
    const durationMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuBefore);
    return { durationMs, cpuMs: (user + system) / 1000, trips: count() - before };
  } finally {
    await database.close();
  }
}

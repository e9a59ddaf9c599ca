// What the agent's harness costs: beside the model's and the commands' own time, in tokens that are sent
// again, in round trips to the database, and when a worker takes a long transcript over.
import type { Figure } from '../report/figure.ts';
import type { BenchSurroundings } from '../report/surroundings.ts';
import { measurePrefix } from './prefix.ts';
import { measureResume } from './resume.ts';
import { measureTurn } from './turn.ts';

/** The figures of the agent. The database must be empty of the bench's sessions or not: it does not matter. */
export async function* benchAgent({ databaseUrl, folder }: BenchSurroundings): AsyncIterable<Figure> {
  for (const api of ['responses', 'chat'] as const) {
    const value = await measurePrefix(api, folder);
    yield { name: `agent.prefix_stable_ratio.${api}`, value, unit: 'ratio', baseline: 0.95 };
  }
  const turn = await measureTurn(databaseUrl, folder);
  yield { name: 'agent.overhead_ratio', value: turn.overheadRatio, unit: 'ratio', baseline: 1.05 };
  yield { name: 'agent.db_roundtrips_per_step', value: turn.roundTripsPerStep, unit: 'count', baseline: 3 };
  yield { name: 'agent.cpu_ms_per_step', value: turn.cpuMsPerStep, unit: 'ms', baseline: 10 };
  const resume = await measureResume(databaseUrl, folder);
  yield { name: 'agent.resume_2000_steps', value: resume.durationMs, unit: 'ms', baseline: 1000 };
  yield { name: 'agent.resume_2000_steps_memory', value: resume.grownMb, unit: 'MB', baseline: 150 };
}

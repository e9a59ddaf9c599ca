// The task that the figures are taken with.
import type { Journal } from '../../core/journal.ts';
import { composeInstructions } from '../../worker/agent/instructions.ts';
import type { AgentOutcome, AgentTask } from '../../worker/agent/task.ts';
import { openFileArtifacts } from '../../worker/agent-cli/file-artifacts.ts';
import type { Model } from '../../worker/model/model.ts';
import { pacedSandbox } from './paced-sandbox.ts';
import { REQUEST } from './scripted.ts';

export interface BenchTask {
  readonly model: Model;
  readonly journal: Journal;
  readonly turnId: string;
  readonly folder: string;
  readonly commandMs: number;
  readonly report: AgentTask['report'];
  readonly takeMessages?: AgentTask['takeMessages'];
}

/** A task as the worker would give it to the harness. */
export function taskOf({
  model,
  journal,
  turnId,
  folder,
  commandMs,
  report,
  takeMessages,
}: BenchTask): AgentTask {
  return {
    sandbox: pacedSandbox(commandMs),
    model,
    journal,
    artifacts: openFileArtifacts(folder, 'bench', turnId),
    instructions: composeInstructions({
      repo: 'shop',
      branch: 'threadsmith/bench',
      defaultBranch: 'main',
      repoFile: { checks: [{ name: 'tests', run: 'npm test' }], pages: [] },
      network: [],
      guide: { rules: [], skills: [] },
    }),
    turnId,
    request: { kind: 'message', id: 'request', text: `<request from="Mira">\n${REQUEST}\n</request>` },
    budget: { maxSteps: 1_000_000, maxMs: 3_600_000 },
    signal: new AbortController().signal,
    report,
    takeMessages: takeMessages ?? (async () => []),
    redact: (text) => text,
    openBrowser: async () => {
      throw new Error('there is no browser in the bench');
    },
  };
}

/** Throws unless the run finished as recorded: figures of another run would mean nothing. */
export function mustFinish(outcome: AgentOutcome, steps: number): void {
  if (outcome.kind === 'finished' && outcome.usage.steps === steps) return;
  throw new Error(`the run ended with ${outcome.kind} after ${outcome.usage.steps} steps`);
}

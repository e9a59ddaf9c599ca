// Runs the harness against the scripted model in a real sandbox, as the worker would.
import { join } from 'node:path';
import type { EventBody } from '../../../core/event.ts';
import type { Journal, JournalEntry, MessageEntry, PlacedEntry } from '../../../core/journal.ts';
import { runAgent } from '../../../worker/agent/harness.ts';
import type { AgentOutcome, AgentTask } from '../../../worker/agent/task.ts';
import { openFileArtifacts } from '../../../worker/agent-cli/file-artifacts.ts';
import { openFileJournal } from '../../../worker/agent-cli/file-journal.ts';
import type { ModelApi } from '../../../worker/model/model.ts';
import { modelAt, type ScriptedModel } from '../model/server.ts';
import { nextKey, type TestSandbox } from './sandbox.ts';

export interface TestTurn {
  readonly turnId: string;
  readonly journal: Journal;
  readonly events: EventBody[];
  /** Runs until the harness rests, as a worker that has just taken the turn. */
  run(changes?: Partial<AgentTask>): Promise<AgentOutcome>;
  entries(): Promise<readonly PlacedEntry[]>;
  /** The entries of one kind. */
  ofKind<K extends JournalEntry['kind']>(kind: K): Promise<readonly Extract<JournalEntry, { kind: K }>[]>;
}

/** What a person asks for. */
export function requestFrom(person: string, text: string, id = 'request'): MessageEntry {
  return { kind: 'message', id, text: `<request from="${person}">${text}</request>` };
}

/** A turn with a journal of its own in the test's sandbox. */
export function newTurn(
  test: TestSandbox,
  server: ScriptedModel,
  api: ModelApi,
  text: string,
  turnId = `turn${nextKey()}`,
): TestTurn {
  const events: EventBody[] = [];
  const journal = openFileJournal(join(test.folder, `${turnId}.jsonl`), turnId);
  return {
    turnId,
    journal,
    events,
    entries: () => journal.load(),
    ofKind: async (kind) =>
      (await journal.load()).flatMap(({ entry }) => (isOfKind(entry, kind) ? [entry] : [])),
    run: (changes = {}) =>
      runAgent({
        sandbox: test.sandbox,
        model: modelAt(server, { api }),
        journal,
        artifacts: openFileArtifacts(join(test.folder, 'artifacts'), 'session', turnId),
        instructions: 'You are a coding agent.',
        turnId,
        request: requestFrom('Ann', text),
        budget: { maxSteps: 50, maxMs: 60_000 },
        signal: new AbortController().signal,
        report: async (event) => void events.push(event),
        takeMessages: async () => [],
        redact: (value) => value.replaceAll('hunter2', '[hidden]'),
        openBrowser: async () => {
          throw new Error('this test has no browser');
        },
        ...changes,
      }),
  };
}

function isOfKind<K extends JournalEntry['kind']>(
  entry: JournalEntry,
  kind: K,
): entry is Extract<JournalEntry, { kind: K }> {
  return entry.kind === kind;
}

/** What counts of a transcript when two runs are compared: ids of calls carry the server's hash. */
export function essence(placed: readonly PlacedEntry[]): readonly unknown[] {
  return placed.map(({ place, entry }) => {
    switch (entry.kind) {
      case 'message':
        return [place, 'message', entry.text];
      case 'response':
        return [
          place,
          'response',
          entry.text,
          entry.toolCalls.map((call) => [call.name, call.argumentsText]),
        ];
      case 'compaction':
        return [place, 'compaction', entry.keeps];
      case 'tool_result':
        return [place, entry.ok, entry.output, entry.imageArtifactIds?.length ?? 0];
    }
  });
}

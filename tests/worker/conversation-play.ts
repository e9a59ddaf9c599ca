// Plays a conversation from its file: as a worker would, against the scripted model, in a real sandbox, with
// faults of the model's server and deaths of the worker where they are asked for.
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import type { Journal, JournalEntry, MessageEntry } from '../../core/journal.ts';
import { readGuide } from '../../worker/agent/guide.ts';
import { runAgent } from '../../worker/agent/harness.ts';
import type { AgentOutcome, AgentTask } from '../../worker/agent/task.ts';
import { mcpTools } from '../../worker/agent/tools/mcp.ts';
import { toolsFor } from '../../worker/agent/tools/registry.ts';
import { openFileArtifacts } from '../../worker/agent-cli/file-artifacts.ts';
import { openFileJournal } from '../../worker/agent-cli/file-journal.ts';
import type { Model, ModelApi } from '../../worker/model/model.ts';
import { nextKey } from './agent/sandbox.ts';
import type { Conversation, TurnOfFile } from './conversation-file.ts';
import { freshRepo, type Stage } from './conversation-stage.ts';
import { commonEntries, shared, toldIn } from './conversation-words.ts';
import { type Asked, modelAt } from './model/server.ts';

/** Long enough for a server in the same process, short enough to be waited for a thousand times. */
const IDLE_TIMEOUT_MS = 150;

/** A request of the undisturbed run: the step of a recording. */
export interface Boundary {
  readonly script: string;
  readonly step: number;
}

export interface PlannedFault extends Boundary {
  readonly kind: string;
  readonly retry_after?: number;
}

export interface Played {
  /** Of the session and of its child agents, in words that two runs share. */
  readonly transcripts: readonly (readonly JournalEntry[])[];
  /** The repo at the end. */
  readonly files: string;
  /** What the thread was told, sorted: calls that ran side by side end in any order. */
  readonly told: readonly string[];
  readonly endings: readonly { readonly ends: string; readonly says: string; readonly steps: number }[];
  /** What the model's server was asked, in order, with the fault that it answered with. */
  readonly requests: readonly Asked[];
  /** How often a conversation was cut to make room. */
  readonly cuts: number;
  /** How often something was kept. */
  readonly appends: number;
  /** How often the worker died. */
  readonly deaths: number;
}

export interface Disturbance {
  readonly faults: readonly PlannedFault[];
  /** Steps by turn of the undisturbed run: an answer that the model gets wrong is one on top. */
  readonly allowance: (turn: number) => { readonly steps: number; readonly tokens: number };
  /** The worker dies around its append number `at / 2`: before an even one, after an odd one. */
  readonly deathAt?: number;
}

export const UNDISTURBED: Disturbance = { faults: [], allowance: () => ({ steps: 0, tokens: 0 }) };

/** People try again a request that did not fit by itself. */
const MAX_RETRIES = 1;

class Dead extends Error {}

/** Plays it from a fresh repo to its end. */
export async function play(
  stage: Stage,
  conversation: Conversation,
  api: ModelApi,
  disturbance: Disturbance = UNDISTURBED,
  name = 'scripted',
): Promise<Played> {
  const { test, server } = stage;
  const run = `run${nextKey()}`;
  await server.reset();
  for (const [name, yaml] of recordingsOf(conversation)) await server.addScript(name, yaml);
  if (disturbance.faults.length > 0)
    await server.inject(...disturbance.faults.map((fault) => ({ ...fault })));
  await bash(stage, `${run}-fresh`, freshRepo(conversation.files, conversation.setup));

  const journals = new Map<string, Journal>();
  const journalOf = (name: string, turnId: string): Journal => {
    const journal = openFileJournal(join(test.folder, `${run}-${name}.jsonl`), turnId);
    journals.set(name, journal);
    return journal;
  };
  let deathIn = disturbance.deathAt ?? Infinity;
  let deaths = 0;
  let appends = 0;
  const dying = (journal: Journal): Journal => {
    const tick = (): void => {
      deathIn -= 1;
      if (deathIn === -1) throw new Dead();
    };
    return {
      load: () => journal.load(),
      append: async (place, entries) => {
        tick();
        await journal.append(place, entries);
        appends += 1;
        tick();
      },
    };
  };
  const events: EventBody[] = [];
  const endings: { ends: string; says: string; steps: number }[] = [];
  let asked: string | undefined;
  let turnId = `${run}t0`;
  for (const [index, turn] of conversation.turns.entries()) {
    // An answer goes on with the turn that asked.
    if (turn.request !== undefined) turnId = `${run}t${index}`;
    const ofTurn = turnId;
    const resultsBefore = await countResults(journals.get('session'), run);
    const open = async (): Promise<AgentTask> => {
      const journal = journalOf('session', ofTurn);
      const model = modelAt(stage.server, { api, idleTimeoutMs: IDLE_TIMEOUT_MS, name });
      const task = await taskOf(
        stage,
        conversation,
        turn,
        ofTurn,
        model,
        disturbance.allowance(index),
        asked,
      );
      return {
        ...task,
        journal: dying(journal),
        openChild: (key) => dying(journalOf(`child-${key}`, ofTurn)),
        takeMessages: async () => {
          const results = commonEntries(await journal.load(), run).filter(
            ({ kind }) => kind === 'tool_result',
          );
          return turn.replies.flatMap(({ after_results: after, from, text }, place): MessageEntry[] =>
            results.length - resultsBefore >= after
              ? [{ kind: 'message', id: `reply-${place}`, text: `<reply from="${from}">\n${text}\n</reply>` }]
              : [],
          );
        },
        report: async (event) => void events.push(event),
      };
    };
    const outcome = await untilItRests(open, turn, events, () => (deaths += 1));
    asked = outcome.asked;
    endings.push({ ends: outcome.ends, says: outcome.says, steps: outcome.steps });
  }
  const placed = await Promise.all([...journals.values()].map((journal) => journal.load()));
  const transcripts = placed.map((entries) => commonEntries(entries, run));
  const [session = [], ...children] = transcripts;
  return {
    transcripts: [session, ...children.toSorted((one, other) => (textOf(one) < textOf(other) ? -1 : 1))],
    files: await bash(stage, `${run}-files`, FILES),
    told: events
      .flatMap(toldIn)
      .map((told) => shared(told, run))
      .sort(),
    endings,
    requests: await server.asked(),
    cuts: placed.flat().filter(({ entry }) => entry.kind === 'compaction').length,
    appends,
    deaths,
  };
}

/** Every file with its mode and its content, links with their target. */
const FILES = `find . \\( -type f -o -type l \\) -not -path './.git/*' | LC_ALL=C sort | while IFS= read -r path; do
  stat --printf '%A %n %s\\n' "$path"; if [ -L "$path" ]; then readlink "$path"; else head -c 3000 "$path"; echo; sha256sum < "$path"; fi
done`;

async function bash(stage: Stage, id: string, script: string): Promise<string> {
  const stdin = new TextEncoder().encode(script);
  const ran = await stage.test.sandbox.run(
    { id, argv: ['bash', '-s'], cwd: '/work/repo', stdin },
    { maxOutputBytes: 1_000_000 },
  );
  if (ran.exitCode !== 0) throw new Error(`${id} ended with ${ran.exitCode}: ${ran.output.text}`);
  return ran.output.text;
}

function recordingsOf(conversation: Conversation): readonly (readonly [string, string])[] {
  const recording = (words: string, steps: unknown): string =>
    stringify({
      match: `^\\s*${words.replace(/[^\p{L}\p{N} ]/gu, '\\$&').replace(/\s+/g, '\\s+')}\\s*$`,
      steps,
    });
  const turns = conversation.turns.flatMap(({ request, steps }, index) =>
    request === undefined || steps === undefined
      ? []
      : [[`turn${index}`, recording(request, steps)] as const],
  );
  const children = conversation.children.map(
    ({ task, steps }, index) => [`child${index}`, recording(task, steps)] as const,
  );
  const summary = stringify({
    role: 'judge',
    system_matches: 'sum up the work',
    steps: [
      {
        say: 'Steps played so far: {{steps}}. Last heard: {{result}}',
        usage: { input_tokens: 0, cached_tokens: 0, output_tokens: 0 },
      },
    ],
  });
  return [...turns, ...children, ['summary', summary]];
}

async function taskOf(
  stage: Stage,
  conversation: Conversation,
  turn: TurnOfFile,
  turnId: string,
  model: Model,
  more: { readonly steps: number; readonly tokens: number },
  asked: string | undefined,
): Promise<Omit<AgentTask, 'journal' | 'openChild' | 'takeMessages' | 'report'>> {
  const { test } = stage;
  const { budget, answer } = turn;
  const paths = Object.keys(conversation.files);
  const guide = await readGuide({
    list: async () => paths,
    read: async (path) => conversation.files[path] ?? null,
  });
  const own = toolsFor(guide);
  const offered = conversation.mcp === undefined ? [] : await stage.mcp.tools(conversation.mcp);
  const artifacts = openFileArtifacts(join(test.folder, 'artifacts'), 'session', turnId);
  const pictures = await Promise.all(
    turn.images.map(async (path) => {
      const content = await test.sandbox.read(`/work/repo/${path}`, 1_000_000);
      const about = { kind: 'image', name: path, mimeType: 'image/png', altText: path } as const;
      return (await artifacts.save({ ...about, content })).id;
    }),
  );
  return {
    sandbox: test.sandbox,
    model,
    artifacts,
    instructions: 'You are a coding agent.',
    turnId,
    request: {
      kind: 'message',
      id: 'request',
      text: `<request from="Ann">${turn.request ?? ''}</request>`,
      ...(pictures.length > 0 ? { imageArtifactIds: pictures } : {}),
    },
    ...(answer === undefined || asked === undefined
      ? {}
      : { answers: { callId: asked, text: `Ann answered: ${answer}` } }),
    budget: {
      maxSteps: (budget.steps ?? 60) + more.steps,
      maxMs: 120_000,
      ...(budget.tokens === undefined ? {} : { maxTokens: budget.tokens + more.tokens }),
      ...(budget.money === undefined ? {} : { maxCost: budget.money + more.tokens / 1_000_000 }),
    },
    prices: { currency: 'USD', models: { [model.name]: { input: 1, cached: 1, output: 1 } } },
    ...(conversation.context_tokens === undefined ? {} : { contextTokens: conversation.context_tokens }),
    signal: new AbortController().signal,
    guide,
    tools: [...own, ...mcpTools(stage.mcp, offered, own.length)],
    redact: (text) => text.replaceAll('hunter2', '[hidden]'),
    openBrowser: async () => (await stage.browser()).driver(),
  };
}

interface Rest {
  readonly ends: string;
  readonly says: string;
  readonly steps: number;
  readonly asked?: string;
}

/** Runs the turn; again where the worker died, and once more where the conversation itself did not fit. */
async function untilItRests(
  open: () => Promise<AgentTask>,
  turn: TurnOfFile,
  events: readonly EventBody[],
  onDeath: () => void,
): Promise<Rest> {
  let tooLong = 0;
  for (;;) {
    const task = await open();
    const stop = stopperOf(turn, task, events);
    try {
      return restOf(await runAgent({ ...task, ...stop }));
    } catch (thrown) {
      if (thrown instanceof Dead) onDeath();
      else if (hasCode(thrown, 'stopped'))
        return { ends: 'stopped', says: String(Reflect.get(Object(thrown), 'message')), steps: 0 };
      // With nothing to leave out people are told; this is them trying again.
      else if (hasCode(thrown, 'model_context_full') && tooLong < MAX_RETRIES) tooLong += 1;
      else throw thrown;
    }
  }
}

function restOf(outcome: AgentOutcome): Rest {
  const { steps } = outcome.usage;
  switch (outcome.kind) {
    case 'finished':
      return { ends: 'finished', says: outcome.text, steps };
    case 'asked':
      return {
        ends: 'asked',
        says: [outcome.question, ...outcome.options].join(' | '),
        steps,
        asked: outcome.callId,
      };
    case 'budget_spent':
      return { ends: outcome.what, says: '', steps };
  }
}

/** Somebody stops the turn as soon as its call begins. */
function stopperOf(
  turn: TurnOfFile,
  task: AgentTask,
  events: readonly EventBody[],
): Pick<AgentTask, 'report' | 'signal'> {
  const abort = new AbortController();
  const before = events.filter(({ type }) => type === 'tool.started').length;
  const reason = new ThreadsmithError('stopped', 'Bo stopped it.', 'Reply to go on.');
  return {
    signal: abort.signal,
    report: async (event) => {
      await task.report(event);
      const begun = events.filter(({ type }) => type === 'tool.started').length - before;
      if (event.type === 'tool.started' && begun === turn.stop_at_call)
        setTimeout(() => abort.abort(reason), 50);
    },
  };
}

async function countResults(journal: Journal | undefined, run: string): Promise<number> {
  if (journal === undefined) return 0;
  return commonEntries(await journal.load(), run).filter(({ kind }) => kind === 'tool_result').length;
}

function textOf(entries: readonly JournalEntry[]): string {
  return JSON.stringify(entries);
}

// Every conversation over both APIs, streaming: as recorded, and then again and again with every fault of a
// model's server at every boundary between its steps. What was said and done, and what is left in the repo,
// is the same each time. The worker also dies in each of them, twice.
//
// All faults at all boundaries over both APIs, one to a run, would be some 6,000 runs. A run carries one fault at
// every boundary instead, turned by one place from run to run: as many runs as there are faults bring each of
// them to each boundary once. Where the turning begins is drawn from the seed. The one exception is
// `context_overflow` at the first step of a child: its parent is told, see agent-children.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelApi } from '../../worker/model/model.ts';
import { required } from '../required.ts';
import { type Conversation, readConversations } from './conversation-file.ts';
import {
  type Boundary,
  type Disturbance,
  type PlannedFault,
  type Played,
  play,
  UNDISTURBED,
} from './conversation-play.ts';
import { openStages, type Stage, type Stages } from './conversation-stage.ts';

/** Played side by side: most of a run is waiting. */
const STAGES = 4;
/** Of the turning; another one meets other neighbours: CONVERSATION_SEED=7 npm test -- conversations. */
const SEED = Number(process.env['CONVERSATION_SEED'] ?? 1);
/** To look at some only, by a pattern of their names. */
const ONLY = new RegExp(process.env['CONVERSATION'] ?? '');

const FAULTS: readonly Pick<PlannedFault, 'kind' | 'retry_after'>[] = [
  { kind: 'rate_limited' },
  { kind: 'rate_limited', retry_after: 0.01 },
  { kind: 'overloaded', retry_after: 0.01 },
  { kind: 'http_500' },
  { kind: 'bad_gateway' },
  { kind: 'no_answer' },
  { kind: 'hang' },
  { kind: 'cut_mid_call' },
  { kind: 'stream_error' },
  { kind: 'invalid_json' },
  { kind: 'unknown_tool' },
  { kind: 'empty' },
  { kind: 'content_filter' },
];
/** Answers that the model gets wrong: they stand in the transcript, and count as steps. */
const WASTED: ReadonlySet<string> = new Set(['invalid_json', 'unknown_tool', 'empty', 'content_filter']);

const conversations = readConversations();
const played = conversations.filter(({ name }) => ONLY.test(name));
let stages: Stages | undefined;
/** Faults that struck, by kind and boundary. */
const struck = { faults: 0, boundaries: 0, runs: 0, deaths: 0 };

beforeAll(async () => {
  stages = await openStages(STAGES);
});
afterAll(async () => {
  await stages?.close();
  const { faults, boundaries, runs, deaths } = struck;
  process.stdout.write(
    `conversations: ${runs} runs, ${boundaries} boundaries, ${faults} faults struck, ${deaths} deaths, seed ${SEED}\n`,
  );
});

it('there are more than forty', () => {
  expect(conversations.length).toBeGreaterThan(40);
});

describe.concurrent.each(['responses', 'chat', 'messages'] as const)(
  'over %s',
  { timeout: 600_000 },
  (api) => {
    it.each(played.map((conversation) => [conversation.name, conversation] as const))(
      '%s comes out as it should, and the same with every fault at every boundary',
      (name, conversation) =>
        required(stages, 'the stages').use(async (stage) => {
          const undisturbed = await play(stage, conversation, api);
          expectOutcome(conversation, undisturbed);
          const boundaries = boundariesOf(undisturbed);
          struck.boundaries += boundaries.length;
          for (const faults of plansFor(boundaries, startOf(`${api} ${name}`))) {
            await expectSame(stage, conversation, api, undisturbed, faults);
          }
          for (const deathAt of deathsIn(conversation, undisturbed, startOf(`death ${api} ${name}`))) {
            await expectSurvival(stage, conversation, api, undisturbed, deathAt);
          }
        }),
    );
  },
);

describe.concurrent.each(['gemini', 'deepseek', 'mistral', 'openrouter', 'text'])(
  'as %s takes requests',
  {
    timeout: 600_000,
  },
  (vendor) => {
    it.each(played.map((conversation) => [conversation.name, conversation] as const))(
      '%s comes out as it should',
      (_name, conversation) =>
        required(stages, 'the stages').use(async (stage) => {
          const outcome = await play(stage, conversation, 'chat', UNDISTURBED, `scripted-${vendor}`);
          expectOutcome(conversation, outcome);
          struck.runs += 1;
        }),
    );
  },
);

async function expectSame(
  stage: Stage,
  conversation: Conversation,
  api: ModelApi,
  undisturbed: Played,
  faults: readonly PlannedFault[],
): Promise<void> {
  const again = await play(stage, conversation, api, {
    faults,
    allowance: allowanceOf(conversation, undisturbed, faults),
  });
  struck.runs += 1;
  struck.faults += faults.length;
  const name = faults.map(({ kind, script, step }) => `${kind} at ${script}/${step}`).join(', ');
  expect({ faults: name, ...outcomeOf(again) }).toEqual({ faults: name, ...outcomeOf(undisturbed) });
  expect({ faults: name, struck: strikesOf(again) }).toEqual({
    faults: name,
    struck: faults.map(({ kind, script, step }) => `${kind} at ${script}/${step}`).sort(),
  });
}

/** Two moments drawn from the seed, around something being kept; all of them has agent-recovery.test.ts. */
function deathsIn(conversation: Conversation, { appends }: Played, start: number): readonly number[] {
  // A call of an MCP server is not made again, and who stops a turn counts the calls that the thread was told.
  const differs = conversation.mcp !== undefined || conversation.turns.some((turn) => turn.stop_at_call);
  return differs ? [] : [start % (2 * appends), (start * 7 + 3) % (2 * appends)];
}

async function expectSurvival(
  stage: Stage,
  conversation: Conversation,
  api: ModelApi,
  undisturbed: Played,
  deathAt: number,
): Promise<void> {
  const again = await play(stage, conversation, api, { ...UNDISTURBED, deathAt });
  struck.runs += 1;
  struck.deaths += again.deaths;
  // What was begun is told again by the worker that takes over.
  const { told: _, ...outcome } = outcomeOf(again);
  const { told: __, ...expected } = outcomeOf(undisturbed);
  expect({ deathAt, deaths: again.deaths, ...outcome }).toEqual({ deathAt, deaths: 1, ...expected });
}

function outcomeOf({ transcripts, files, told, endings }: Played) {
  return { transcripts, files, told, endings: endings.map(({ ends, says }) => ({ ends, says })) };
}

function strikesOf({ requests }: Played): readonly string[] {
  return requests
    .flatMap(({ fault, script, step }) => (fault === null ? [] : [`${fault} at ${script}/${step}`]))
    .sort();
}

/** The steps that were asked for, each once. */
function boundariesOf({ requests }: Played): readonly Boundary[] {
  const found = new Map<string, Boundary>();
  for (const { script, step } of requests) {
    if (script !== null && step !== null && script !== 'summary')
      found.set(`${script}/${step}`, { script, step });
  }
  return [...found.values()];
}

/**
 * One fault at each boundary, in as many plans as there are faults; and a server that is full at every boundary,
 * by itself, because it changes what the model gets to see from there on.
 */
function plansFor(boundaries: readonly Boundary[], start: number): readonly (readonly PlannedFault[])[] {
  const turned = FAULTS.map((_, turn) =>
    boundaries.map((boundary, place) => {
      const fault = required(FAULTS[(start + turn + place * 5) % FAULTS.length], 'a fault');
      return { ...fault, ...boundary };
    }),
  );
  // A child whose task alone does not fit is another thing: its parent is told.
  const full = boundaries.filter(({ script, step }) => step > 0 || !script.startsWith('child'));
  return [...turned, full.map((boundary) => ({ kind: 'context_overflow', ...boundary }))];
}

function startOf(name: string): number {
  return [...`${SEED} ${name}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7);
}

/** What wasted answers use of a turn's budget is given on top, or the turn would end elsewhere. */
function allowanceOf(
  conversation: Conversation,
  undisturbed: Played,
  faults: readonly PlannedFault[],
): Disturbance['allowance'] {
  return (turn) => {
    const steps = conversation.turns[turn]?.steps ?? [];
    const wasted = faults.filter(
      ({ kind, script, step }) =>
        WASTED.has(kind) && script === `turn${turn}` && step < (undisturbed.endings[turn]?.steps ?? 0),
    );
    const tokens = wasted.reduce((sum, { step }) => {
      const usage = steps[step]?.usage;
      return sum + (usage === undefined ? 0 : usage.input_tokens + usage.output_tokens);
    }, 0);
    return { steps: wasted.length, tokens };
  };
}

function expectOutcome(
  conversation: Conversation,
  { transcripts, told, endings, files, cuts }: Played,
): void {
  expect(cuts).toBe(conversation.cuts);
  expect(endings.map(({ ends, says }) => ({ ends, says }))).toEqual(
    conversation.turns.map(({ ends, says }) => ({ ends, says })),
  );
  const results = transcripts.flat().flatMap((entry) => (entry.kind === 'tool_result' ? [entry.output] : []));
  for (const seen of conversation.sees) expect(results.join('\n---\n')).toContain(seen);
  const all = JSON.stringify(transcripts);
  for (const never of conversation.never) expect(all).not.toContain(never);
  for (const line of conversation.tells) expect(told).toContain(line);
  for (const [path, content] of Object.entries(conversation.leaves)) {
    const expected = content === null ? null : ` ./${path} ${Buffer.byteLength(content)}\n${content}`;
    const isThere = files.includes(expected ?? ` ./${path} `);
    expect({ path, isThere, files }).toEqual({ path, isThere: expected !== null, files });
  }
}

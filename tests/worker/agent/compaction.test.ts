// Conversations that grow beyond the model's context: cut in time, cut when the server refuses, and the same
// after a crash.
import { describe, expect, it } from 'vitest';
import type { CompactionEntry, JournalEntry, ResponseEntry } from '../../../core/journal.ts';
import { visible } from '../../../worker/agent/compaction.ts';
import { useScriptedModel } from '../model/server.ts';
import { useTestSandbox } from './sandbox.ts';
import { newTurn, requestFrom, type TestTurn } from './turn.ts';

const STEPS = 14;
/** Each step prints some 700 tokens, so that 14 of them are more than the context of the tests. */
const WORK = [
  'match: count up',
  'steps:',
  '  - tools:',
  '      - { name: update_plan, arguments: { steps: [{ title: Count all, status: in_progress }, { title: Tell, status: pending }] } }',
  '      - { name: edit_file, arguments: { path: made.txt, old_text: "", new_text: "made\\n" } }',
  ...Array.from({ length: STEPS }, (_, step) => [
    `  - say: Now comes number ${step}.`,
    `    tools: [{ name: shell, arguments: { command: 'echo ${step} >> counted.txt; seq 1 600' } }]`,
  ]).flat(),
  '  - say: Counted.',
].join('\n');
const SUMMARY = `
role: judge
system_matches: sum up the work
steps:
  - say: I counted with the shell, number by number.
`;
const CONTEXT_TOKENS = 9_000;

const test = useTestSandbox('compaction');
const server = useScriptedModel({ work: WORK, summary: SUMMARY });

async function fresh(api: 'responses' | 'chat'): Promise<TestTurn> {
  await test.look('cd /work/repo && rm -rf -- * /work/agent');
  return newTurn(test, server, api, 'count up');
}

const numbers = Array.from({ length: STEPS }, (_, step) => String(step)).join('\n');
const counted = (): Promise<string> => test.look('cd /work/repo && cat counted.txt made.txt');

describe.each(['responses', 'chat'] as const)('over %s', (api) => {
  it('the conversation is cut before it is full, and the work goes on from the summary', async () => {
    const turn = await fresh(api);
    const before = (await server.requests()).length;
    const outcome = await turn.run({ contextTokens: CONTEXT_TOKENS });
    expect(outcome).toMatchObject({ kind: 'finished', text: 'Counted.', usage: { steps: STEPS + 2 } });
    expect(await counted()).toBe(`${numbers}\nmade`);
    const [first] = await turn.ofKind('compaction');
    expect(first?.text).toContain('I counted with the shell, number by number.');
    expect(first?.text).toContain('# The plan\n- Count all (in_progress)\n- Tell (pending)');
    expect(first?.text).toContain('# Files that you changed or made\n- made.txt');
    expect(first?.messages.map(({ text }) => text)).toEqual(['<request from="Ann">count up</request>']);
    expect(first?.keeps).toBeGreaterThan(1);
    // Some three characters to a token: no request of the agent was as long as the context.
    const sizes = (await server.requests()).slice(before).map(({ body }) => JSON.stringify(body).length);
    expect(Math.max(...sizes)).toBeLessThan(CONTEXT_TOKENS * 4);
    expect(outcome.usage.inputTokens).toBeGreaterThan(first?.usage.inputTokens ?? 0);
    expect(turn.events).toContainEqual(
      expect.objectContaining({ detail: 'Summing up, to make room for more' }),
    );
  });

  it.each([1, 7, STEPS])(
    'a server that says at step %i that it is full gets less, and the work goes on',
    async (step) => {
      await server.inject({ kind: 'context_overflow', script: 'work', step });
      const turn = await fresh(api);
      expect(await turn.run()).toMatchObject({ kind: 'finished', text: 'Counted.' });
      expect(await counted()).toBe(`${numbers}\nmade`);
      expect(await turn.ofKind('compaction')).toHaveLength(1);
    },
  );

  it('what a turn left undone is not told as done when the next one goes on with it', async () => {
    const turn = await fresh(api);
    const spent = await turn.run({ budget: { maxSteps: 8, maxMs: 60_000 } });
    expect(spent).toMatchObject({ kind: 'budget_spent' });
    const request = requestFrom('Ann', 'continue');
    await turn.run({ request, turnId: `${turn.turnId}b`, contextTokens: CONTEXT_TOKENS });
    expect(await counted()).toBe(`${numbers}\nmade`);
    const [first] = await turn.ofKind('compaction');
    // “continue” itself is among what was kept.
    expect(first?.messages.map(({ text }) => text)).toEqual(['<request from="Ann">count up</request>']);
    expect(first?.text).not.toContain('all done with');
  });

  it('a request that does not fit by itself is told to people', async () => {
    await server.inject({ kind: 'context_overflow', script: 'work', step: 0 });
    await expect((await fresh(api)).run()).rejects.toMatchObject({ code: 'model_context_full' });
  });

  it('one that is still full then gets only the last step; after that people are told', async () => {
    await server.inject({ kind: 'context_overflow', script: 'work', step: 13, times: 2 });
    const turn = await fresh(api);
    expect(await turn.run()).toMatchObject({ kind: 'finished' });
    const [first, second] = (await turn.ofKind('compaction')).map(({ keeps }) => keeps);
    expect(first).toBeGreaterThan(3);
    // The last call and its result; between them and the second cut stands the first one.
    expect(second).toBe(3);
    expect(await counted()).toBe(`${numbers}\nmade`);

    await server.inject({ kind: 'context_overflow', script: 'work', step: 13, times: 3 });
    await expect((await fresh(api)).run()).rejects.toMatchObject({ code: 'model_context_full' });
  });

  it('a model that cannot sum up is replaced by what was said on the way', async () => {
    await server.inject(
      { kind: 'http_401', script: 'summary' },
      { kind: 'context_overflow', script: 'work', step: 4 },
    );
    const turn = await fresh(api);
    expect(await turn.run()).toMatchObject({ kind: 'finished', text: 'Counted.' });
    expect((await turn.ofKind('compaction'))[0]?.text).toContain('- Now comes number 0.');
  });

  it('a worker that dies around it leaves a transcript with which the next one goes on', async () => {
    for (const moment of ['before', 'after'] as const) {
      const turn = await fresh(api);
      const { journal } = turn;
      const dying = turn.run({
        contextTokens: CONTEXT_TOKENS,
        journal: {
          load: () => journal.load(),
          append: async (place, entries) => {
            const isCut = entries.some(({ kind }) => kind === 'compaction');
            if (isCut && moment === 'before') throw new Error('killed');
            await journal.append(place, entries);
            if (isCut) throw new Error('killed');
          },
        },
      });
      await expect(dying).rejects.toThrow('killed');
      expect(await turn.run({ contextTokens: CONTEXT_TOKENS })).toMatchObject({
        kind: 'finished',
        text: 'Counted.',
      });
      expect(await counted()).toBe(`${numbers}\nmade`);
    }
  });
});

describe('what the model sees', () => {
  const message = (text: string) => ({ kind: 'message', text }) as const;
  const response = (text: string): ResponseEntry => ({
    kind: 'response',
    model: 'm',
    text,
    toolCalls: [],
    usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
  });
  const compaction = (text: string, keeps: number): CompactionEntry => ({
    kind: 'compaction',
    text,
    messages: [message('asked')],
    keeps,
    usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
  });
  const textsOf = (entries: readonly JournalEntry[]) =>
    visible(entries).map((entry) => Reflect.get(entry, 'text'));

  it('is everything as long as nothing was cut', () => {
    expect(textsOf([message('a'), response('b')])).toEqual(['a', 'b']);
  });

  it('is the summary, the requests, what was kept and what came since', () => {
    const entries = [message('a'), response('b'), response('c'), compaction('sum', 1), response('d')];
    expect(textsOf(entries)).toEqual(['sum', 'asked', 'c', 'd']);
  });

  it('is what the last of several cuts left', () => {
    const entries = [
      message('a'),
      compaction('one', 0),
      response('b'),
      response('c'),
      compaction('two', 1),
      message('d'),
    ];
    expect(textsOf(entries)).toEqual(['two', 'asked', 'c', 'd']);
  });
});

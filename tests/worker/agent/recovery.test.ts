// Faults and deaths at every boundary of a step: the transcript ends as that of the undisturbed run.
import { beforeAll, describe, expect, it } from 'vitest';
import { useScriptedModel } from '../model/server.ts';
import { dyingAt, dyingJournal, dyingSandbox, hasDied } from './dying.ts';
import { useTestSandbox } from './sandbox.ts';
import { essence, newTurn, type TestTurn } from './turn.ts';

const WORK = `
match: mend the sum
steps:
  - say: I look first.
    thinking: Where is it?
    tools:
      - { name: update_plan, arguments: { steps: [{ title: Mend, status: in_progress }] } }
      - { name: shell, arguments: { command: 'cd src && export STEP=1 && echo run >> ../runs.txt; ls' } }
  - tools:
      - { name: read_file, arguments: { path: src/sum.js } }
      - { name: search, arguments: { pattern: total } }
  - tools:
      - { name: edit_file, arguments: { path: src/sum.js, old_text: 'total', new_text: 'total + total' } }
      - { name: edit_file, arguments: { path: src/new.js, old_text: '', new_text: "export {};\\n" } }
      - { name: shell, arguments: { command: 'pwd; echo "$STEP"; echo run >> ../runs.txt; cat sum.js new.js' } }
  - tools:
      - { name: shell, arguments: { command: 'cd .. && wc -l < runs.txt' } }
  - say: Mended.
`;
const STEPS = 5;
const MEND = 'mend the sum';

const test = useTestSandbox('recovery');
const server = useScriptedModel({ work: WORK });

async function fresh(api: 'responses' | 'chat'): Promise<TestTurn> {
  await test.look('cd /work/repo && rm -rf -- * /work/agent && mkdir src && echo "sum = total" > src/sum.js');
  return newTurn(test, server, api, MEND);
}

const filesNow = (): Promise<string> => test.look('cd /work/repo && head -50 $(find . -type f | sort)');

describe.each(['responses', 'chat'] as const)('a turn over %s', (api) => {
  let undisturbed: readonly unknown[];
  let files: string;
  beforeAll(async () => {
    const turn = await fresh(api);
    await turn.run();
    undisturbed = essence(await turn.entries());
    files = await filesNow();
  });

  it('does its work when nothing disturbs it', () => {
    expect(undisturbed.at(-1)).toEqual([undisturbed.length - 1, 'response', 'Mended.', []]);
    expect(files).toContain('sum = total + total');
    expect(JSON.stringify(undisturbed)).toContain('/work/repo/src\\n1\\nsum = total + total');
  });

  it.each(
    ['rate_limited', 'http_500', 'cut_mid_stream', 'stream_error', 'hang'].flatMap((kind) =>
      Array.from({ length: STEPS }, (_, step) => [kind, step] as const),
    ),
  )('is the same after %s at step %i', async (kind, step) => {
    await server.inject({ kind, step });
    const turn = await fresh(api);
    await turn.run();
    expect(essence(await turn.entries())).toEqual(undisturbed);
    expect(await filesNow()).toBe(files);
  });

  it.each(
    ['invalid_json', 'unknown_tool', 'empty', 'content_filter'].flatMap((kind) =>
      Array.from({ length: STEPS }, (_, step) => [kind, step] as const),
    ),
  )('goes on after %s at step %i, and what was done is the same', async (kind, step) => {
    await server.inject({ kind, step });
    const turn = await fresh(api);
    expect(await turn.run()).toMatchObject({ kind: 'finished', text: 'Mended.' });
    expect((await turn.entries()).length).toBe(undisturbed.length + 2);
    expect(await filesNow()).toBe(files);
  });

  it('is the same whenever the worker dies around a step being kept', async () => {
    const deaths = await dieEverywhere(api, (turn, at) =>
      turn.run({ journal: dyingJournal(turn.journal, dyingAt(at)) }),
    );
    // Before and after each of: the request, 5 responses, and the results of 2 + 1 + 3 + 1 calls or batches.
    expect(deaths).toBe(2 * 13);
  });

  it('is the same whenever the worker dies around something done in the sandbox', async () => {
    const deaths = await dieEverywhere(api, (turn, at) =>
      turn.run({ sandbox: dyingSandbox(test.sandbox, dyingAt(at)) }),
    );
    expect(deaths).toBeGreaterThan(20);
  });

  /** Runs turn after turn, each dying a little later and then finished, until one does not die. */
  async function dieEverywhere(
    api: 'responses' | 'chat',
    run: (turn: TestTurn, at: number) => Promise<unknown>,
  ): Promise<number> {
    for (let at = 0; ; at += 1) {
      const turn = await fresh(api);
      const died = await hasDied(run(turn, at));
      await turn.run();
      const after = { death: at, transcript: essence(await turn.entries()), files: await filesNow() };
      expect(after).toEqual({ death: at, transcript: undisturbed, files });
      if (!died) return at;
    }
  }
});

it.each(['empty', 'content_filter'])('ends with a clear error when every answer is %s', async (kind) => {
  await server.inject({ kind, times: 9 });
  const turn = await fresh('chat');
  await expect(turn.run()).rejects.toMatchObject({ code: 'model_answer_invalid' });
  // Trying again begins to count where the transcript ends, and asks once only.
  await expect(turn.run()).rejects.toMatchObject({ code: 'model_answer_invalid' });
  await server.reset();
  await server.addScript('work', WORK);
  expect(await turn.run()).toMatchObject({ kind: 'finished', text: 'Mended.' });
});

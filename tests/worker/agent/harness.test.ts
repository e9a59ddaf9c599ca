// The loop: steps, events, questions, steering, budgets, stopping.
import { beforeEach, describe, expect, it } from 'vitest';
import { ThreadsmithError } from '../../../core/errors.ts';
import type { MessageEntry } from '../../../core/journal.ts';
import { useScriptedModel } from '../model/server.ts';
import { useTestSandbox } from './sandbox.ts';
import { essence, newTurn, requestFrom } from './turn.ts';

const COUNT = `
match: count the files
steps:
  - say: I plan, then look.
    tools:
      - name: update_plan
        arguments: { steps: [{ title: Count, status: in_progress }, { title: Tell, status: pending }] }
      - { name: shell, arguments: { command: 'mkdir -p d; touch d/a d/b; PASSWORD=hunter2 ls d' } }
  - tools:
      - { name: shell, arguments: { command: 'ls d | wc -l' } }
      - { name: read_file, arguments: { path: missing.txt } }
      - { name: search, arguments: { pattern: nothing-like-it } }
  - either:
      - when: { last_result_matches: 'Exit code 0\\.\\n(?<count>\\d+)' }
        say: There are {{count}} files.
      - say: I could not count.
`;
const ASK = `
match: paint it
steps:
  - tools:
      - { name: shell, arguments: { command: 'echo before >> order.txt' } }
      - { name: ask_user, arguments: { question: Which colour?, options: [red, blue] } }
      - { name: shell, arguments: { command: 'echo after >> order.txt' } }
  - either:
      - when: { last_result_matches: '\\b(?<colour>red|blue|green)\\b' }
        say: It is {{colour}} now.
      - say: No colour.
`;
const SLOW = `
match: take your time
steps:
  - tools:
      - { name: shell, arguments: { command: 'echo $$ > begun; until [ -e go ]; do sleep 0.05; done; echo slept >> slept.txt; wc -l < slept.txt' } }
  - say: Done.
`;
const BYE = `
match: just say bye
steps:
  - say: Bye.
`;

describe.each(['responses', 'chat', 'messages'] as const)('the harness over %s', (api) => {
  const test = useTestSandbox(`harness${api}`);
  const server = useScriptedModel({ COUNT, ASK, SLOW, BYE });
  beforeEach(() => test.look('cd /work/repo && rm -rf -- * && rm -rf /work/agent'));

  /** The slow command is under way: it ends once there is a file `go`. */
  const hasBegun = () =>
    expect.poll(() => test.look('cat begun 2>/dev/null || true'), { timeout: 60_000 }).toMatch(/^\d+$/);

  it('works through the steps and tells what it does', async () => {
    const turn = newTurn(test, server, api, 'count the files');
    const outcome = await turn.run();
    expect(outcome).toMatchObject({
      kind: 'finished',
      text: 'There are 2 files.',
      usage: { model: 'scripted', steps: 3 },
    });
    expect(outcome.usage.outputTokens).toBeGreaterThan(0);
    const kinds = (await turn.entries()).map(({ entry }) => entry.kind);
    const [message, response, result] = ['message', 'response', 'tool_result'];
    expect(kinds).toEqual([message, response, result, result, response, result, result, result, response]);
    expect(turn.events.map((event) => event.type)).toEqual([
      'plan.updated',
      'tool.started',
      'tool.finished',
      'tool.started',
      'tool.finished',
      'tool.started',
      'tool.started',
      'tool.finished',
      'tool.finished',
    ]);
    const [started] = turn.events.filter((event) => event.type === 'tool.started');
    expect(started?.summary).toBe('Run mkdir -p d; touch d/a d/b; PASSWORD=[hidden] ls d');
    const failed = turn.events.filter((event) => event.type === 'tool.finished' && !event.ok);
    expect(failed.map((event) => Reflect.get(event, 'tool'))).toEqual(['read_file']);
  });

  it('does nothing again when a finished run is repeated', async () => {
    const turn = newTurn(test, server, api, 'count the files');
    const first = await turn.run();
    const before = await turn.entries();
    const again = await turn.run();
    expect(again).toMatchObject({ kind: 'finished', text: 'There are 2 files.' });
    expect(again.usage.inputTokens).toBe(first.usage.inputTokens);
    expect(await turn.entries()).toEqual(before);
  });

  it('ends with a question, holds nothing, and goes on in the same step with the answer', async () => {
    const turn = newTurn(test, server, api, 'paint it');
    const asked = await turn.run();
    if (asked.kind !== 'asked') throw new Error(`the run ended with ${asked.kind}`);
    expect(asked).toMatchObject({ question: 'Which colour?', options: ['red', 'blue'] });
    expect(await test.look('cat order.txt')).toBe('before');
    // Nobody answered yet: the same question.
    expect(await turn.run()).toMatchObject({ kind: 'asked', callId: asked.callId });

    const answers = { callId: asked.callId, text: 'Ann answered: green' };
    expect(await turn.run({ answers })).toMatchObject({ kind: 'finished', text: 'It is green now.' });
    expect(await test.look('cat order.txt')).toBe('before\nafter');
    const before = await turn.entries();
    // The answer comes a second time, in the name of the turn that brought it.
    const request: MessageEntry = { kind: 'message', id: 'request', text: 'green' };
    const late = await turn.run({ answers, turnId: 'another', request });
    expect(late).toMatchObject({ kind: 'finished', text: 'It is green now.' });
    expect(await turn.entries()).toEqual(before);
  });

  it('tells the model what was not done when a new request comes instead of the answer', async () => {
    const turn = newTurn(test, server, api, 'paint it');
    await turn.run();
    const request = requestFrom('Bo', 'just say bye', 'next');
    expect(await turn.run({ request })).toMatchObject({ kind: 'finished', text: 'Bye.' });
    expect(await test.look('cat order.txt')).toBe('before');
    const outputs = (await turn.ofKind('tool_result')).map(({ output }) => output);
    expect(outputs.filter((output) => output.startsWith('This was not done'))).toHaveLength(2);
  });

  it('gives replies of people to the model before its next step, and before it finishes', async () => {
    const turn = newTurn(test, server, api, 'just say bye');
    const replies = [[], [requestFrom('Bo', 'count the files', 'ts1')]];
    const outcome = await turn.run({
      // The reply comes again and again, as after a crash before it was marked as taken.
      takeMessages: async () => (replies.length > 1 ? (replies.shift() ?? []) : (replies[0] ?? [])),
    });
    expect(outcome).toMatchObject({ kind: 'finished', text: 'There are 2 files.' });
    expect(await turn.ofKind('message')).toHaveLength(2);
  });

  it('stops when its steps or its time are spent, and goes on with a new budget', async () => {
    const turn = newTurn(test, server, api, 'count the files');
    const spent = await turn.run({ budget: { maxSteps: 2, maxMs: 60_000 } });
    expect(spent).toMatchObject({ kind: 'budget_spent', what: 'steps', usage: { steps: 2 } });
    expect((await turn.entries()).at(-1)?.entry.kind).toBe('tool_result');
    expect(await turn.run()).toMatchObject({ kind: 'finished', usage: { steps: 3 } });

    await server.inject({ kind: 'hang' });
    const slow = newTurn(test, server, api, 'count the files');
    const late = await slow.run({ budget: { maxSteps: 50, maxMs: 300 } });
    expect(late).toMatchObject({ kind: 'budget_spent', what: 'time' });
  });

  it('stops at once, kills the command, and keeps what was done', async () => {
    const turn = newTurn(test, server, api, 'take your time');
    const abort = new AbortController();
    const reason = new ThreadsmithError('stopped', 'Ann stopped it.', 'Reply to go on.');
    const running = turn.run({ signal: abort.signal });
    running.catch(() => undefined);
    await hasBegun();
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect
      .poll(() => test.look('kill -0 "$(cat begun)" 2>/dev/null && echo alive || echo gone'), {
        timeout: 60_000,
      })
      .toBe('gone');
    await test.look('touch go');
    expect(await test.look('cat slept.txt 2>/dev/null || echo none')).toBe('none');
    // The follow-up is the next turn: the stopped command is not begun again.
    const request = requestFrom('Bo', 'just say bye', 'next');
    expect(await turn.run({ request, turnId: 'next' })).toMatchObject({ kind: 'finished', text: 'Bye.' });
  });

  it('leaves a running command to the worker that took over, which gets its result', async () => {
    const turn = newTurn(test, server, api, 'take your time');
    const abort = new AbortController();
    const reason = new ThreadsmithError('lease_lost', 'Another worker has the turn.', 'Nothing to do.');
    const running = turn.run({ signal: abort.signal });
    running.catch(() => undefined);
    await hasBegun();
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    const takenOver = turn.run();
    await test.look('touch go');
    expect(await takenOver).toMatchObject({ kind: 'finished', text: 'Done.' });
    expect(await test.look('wc -l < slept.txt')).toBe('1');
    expect(essence(await turn.entries())).toContainEqual([2, true, 'Exit code 0.\n1', 0]);
  });

  it('tells the thread of a waiting model only after half a minute', async () => {
    await server.inject(
      { kind: 'rate_limited', retry_after: 0.01 },
      { kind: 'rate_limited', retry_after: 31 },
    );
    const turn = newTurn(test, server, api, 'just say bye');
    const abort = new AbortController();
    const running = turn.run({ signal: abort.signal });
    await expect.poll(() => turn.events.length, { timeout: 60_000 }).toBeGreaterThan(0);
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'stopped' });
    expect(turn.events).toEqual([
      { type: 'phase.progress', phase: 'agent', detail: expect.stringMatching(/overloaded.*Trying again/) },
    ]);
  });
});

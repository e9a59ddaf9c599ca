// Child agents: a conversation of their own in the same sandbox, a report to the parent, and the same after a
// crash.
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Journal } from '../../../core/journal.ts';
import type { AgentTask } from '../../../worker/agent/task.ts';
import { openFileJournal } from '../../../worker/agent-cli/file-journal.ts';
import { useScriptedModel } from '../model/server.ts';
import { dyingAt, dyingJournal, hasDied } from './dying.ts';
import { useTestSandbox } from './sandbox.ts';
import { newTurn, type TestTurn } from './turn.ts';

const PARENT = `
match: do the big thing
steps:
  - tools:
      - { name: shell, arguments: { command: 'mkdir -p deep && cd deep && echo parent >> ../who.txt' } }
      - { name: delegate, arguments: { task: write the poem } }
      - { name: shell, arguments: { command: 'pwd; cat ../who.txt' } }
  - tools:
      - { name: delegate, arguments: { task: look into the poem, read_only: true } }
      - { name: delegate, arguments: { task: look into the poem, read_only: true } }
  - either:
      - when: { last_result_matches: 'Roses' }
        say: The big thing is done.
      - say: It failed.
`;
const WRITER = `
match: write the poem
steps:
  - tools: [{ name: shell, arguments: { command: 'cd /tmp && echo Roses > /work/repo/poem.txt && echo child >> /work/repo/who.txt' } }]
  - tools: [{ name: shell, arguments: { command: 'pwd' } }]
  - either:
      - when: { last_result_matches: '/tmp' }
        say: The poem is in poem.txt.
      - say: I was somewhere else.
`;
const READER = `
match: look into the poem
steps:
  - tools:
      - { name: read_file, arguments: { path: poem.txt } }
      - { name: shell, arguments: { command: 'echo bad >> who.txt' } }
  - say: It begins with Roses.
`;
const ENDLESS = `
match: never stop
steps:
${'  - tools: [{ name: shell, arguments: { command: "true" } }]\n'.repeat(60)}  - say: Done.
`;
const TOO_MUCH = `
match: hand over too much
steps:
  - tools: [{ name: delegate, arguments: { task: never stop } }]
  - either:
      - when: { last_result_matches: 'used up its steps' }
        say: It was too much.
      - say: It went well.
`;

const test = useTestSandbox('children');
const server = useScriptedModel({ PARENT, WRITER, READER, ENDLESS, TOO_MUCH });
beforeEach(() => test.look('cd /work/repo && rm -rf -- * /work/agent'));

function withChildren(turn: TestTurn, wrap = (journal: Journal): Journal => journal): Partial<AgentTask> {
  const turnId = turn.turnId;
  return {
    openChild: (callKey) => wrap(openFileJournal(join(test.folder, `child-${callKey}.jsonl`), turnId)),
  };
}

describe.each(['responses', 'chat', 'messages'] as const)('children over %s', (api) => {
  it('work in the same sandbox with a shell and a conversation of their own, and report', async () => {
    const turn = newTurn(test, server, api, 'do the big thing');
    const outcome = await turn.run(withChildren(turn));
    // Three steps of the parent, three of the writer, two of each reader.
    expect(outcome).toMatchObject({
      kind: 'finished',
      text: 'The big thing is done.',
      usage: { steps: 3 + 3 + 4 },
    });
    const results = await turn.ofKind('tool_result');
    expect(results[1]).toMatchObject({ ok: true, output: 'The poem is in poem.txt.', used: { steps: 3 } });
    expect(results[2]?.output).toBe('Exit code 0.\n/work/repo/deep\nparent\nchild');
    expect(results[3]?.output).toBe('It begins with Roses.');
    expect(await test.look('cat who.txt')).toBe('parent\nchild');
    const summaries = turn.events.flatMap((event) => (event.type === 'tool.started' ? [event.summary] : []));
    expect(summaries).toContain('Hand over: write the poem');
    expect(summaries).toContain('↳ Read poem.txt');
    const bodies = (await server.requests()).map(({ body }) => JSON.stringify(body));
    expect(bodies.filter((body) => body.includes('You were called by another agent')).length).toBeGreaterThan(
      0,
    );
    expect(
      bodies.some((body) => body.includes('write the poem</request>') && body.includes('do the big thing')),
    ).toBe(false);
  });

  it('that get too much end, and the parent hears of it', async () => {
    const turn = newTurn(test, server, api, 'hand over too much');
    expect(await turn.run(withChildren(turn))).toMatchObject({ kind: 'finished', text: 'It was too much.' });
  });

  it('that do not fit into the model are told to the parent, which goes on', async () => {
    await server.inject({ kind: 'context_overflow', script: 'READER', step: 0 });
    const turn = newTurn(test, server, api, 'do the big thing');
    const outcome = await turn.run(withChildren(turn));
    expect(outcome).toMatchObject({ kind: 'finished', usage: { steps: 3 + 3 + 2 } });
    const failed = (await turn.ofKind('tool_result')).filter(({ ok }) => !ok);
    expect(failed).toMatchObject([
      {
        output: expect.stringMatching(/^The sub-task failed: The conversation no longer fits/),
        used: { steps: 0 },
      },
    ]);
  });

  it('go on where they were when the worker dies, and nothing is done twice', async () => {
    let deaths = 0;
    for (let at = 0; deaths === at; at += 1) {
      await test.look('cd /work/repo && rm -rf -- * /work/agent');
      const turn = newTurn(test, server, api, 'do the big thing');
      const moment = dyingAt(at);
      const dying = withChildren(turn, (journal) => dyingJournal(journal, moment));
      const died = await hasDied(turn.run(dying));
      const outcome = await turn.run(withChildren(turn));
      expect({ at, text: Reflect.get(outcome, 'text') }).toEqual({ at, text: 'The big thing is done.' });
      expect(outcome.usage.steps).toBe(10);
      expect({ at, who: await test.look('cat who.txt') }).toEqual({ at, who: 'parent\nchild' });
      if (died) deaths += 1;
    }
    expect(deaths).toBeGreaterThan(10);
  });

  it('are not offered where there is no journal for them', async () => {
    const turn = newTurn(test, server, api, 'hand over too much');
    expect(await turn.run()).toMatchObject({ kind: 'finished', text: 'It went well.' });
    expect(JSON.stringify(await turn.entries())).toContain('There is no tool');
  });
});

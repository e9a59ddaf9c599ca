// A worker killed again and again, at random moments of turns of thirty steps. Several turns are under way in
// it at once, so that one SIGKILL hits each of them somewhere else.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_MS } from '../e2e/conversation.ts';
import { type Message, readable } from '../e2e/people.ts';
import { createShop, sessionBranches } from '../e2e/repos.ts';
import { type Stack, startStack } from '../e2e/stack.ts';
import { offers } from '../e2e/thread.ts';
import { required } from '../required.ts';
import type { TestRemote } from '../worker/git-repo.ts';

/** Turns that a kill finds at work, counted over all kills. */
const MOMENTS = 50;
const AT_ONCE = 8;
/** A worker gives a turn up at its thirtieth claim. */
const MAX_KILLS = 25;
/** Of the moments; another one tries others: KILL_SEED=7 npm test -- tests/faults/kill-loop.test.ts. */
const SEED = Number(process.env['KILL_SEED'] ?? 1 + Math.floor(Math.random() * 1_000_000));

const PATCH = '*** Begin Patch\n*** Update File: made.txt\n@@\n-made\n+patched\n*** End Patch';
/** Thirty steps: every command leaves a line, and files are made, edited and patched between them. */
const WORK = [
  'match: walk thirty steps',
  'steps:',
  '  - tools: [{ name: update_plan, arguments: { steps: [{ title: Walk, status: in_progress }] } }]',
  '  - tools: [{ name: edit_file, arguments: { path: made.txt, old_text: "", new_text: "made\\n" } }]',
  ...Array.from({ length: 12 }, (_, step) => commandOf(step + 1)),
  `  - tools: [{ name: apply_patch, arguments: { patch: ${JSON.stringify(PATCH)} } }]`,
  '  - tools: [{ name: read_file, arguments: { path: made.txt } }, { name: search, arguments: { pattern: step 12 } }]',
  '  - tools: [{ name: edit_file, arguments: { path: made.txt, old_text: patched, new_text: patched once } }]',
  ...Array.from({ length: 12 }, (_, step) => commandOf(step + 13)),
  '  - say: All steps are walked.',
  '',
].join('\n');

function commandOf(step: number): string {
  return `  - { delay_ms: 40, tools: [{ name: shell, arguments: { command: 'sleep 0.1; echo step ${step} >> steps.txt' } }] }`;
}

const STEPS = Array.from({ length: 24 }, (_, index) => `step ${index + 1}`).join('\n');

let remote: TestRemote;
let stack: Stack | undefined;
let database: pg.Client | undefined;
let random = SEED;

/** The next number of a row between 0 and 1 that the seed begins (Park and Miller's generator). */
function drawn(): number {
  random = (random * 16_807) % 2_147_483_647;
  return random / 2_147_483_647;
}

beforeAll(async () => {
  remote = createShop({ '.threadsmith.yaml': 'checks: [{ name: steps, run: "grep -q . steps.txt" }]\n' });
  stack = await startStack({
    turnsAtOnce: AT_ONCE,
    sandbox: { memory_mb: 512 },
    repos: [{ name: 'brightloaf', url: remote.url, channels: ['shop'] }],
  });
  await stack.model.control('POST', '/scripts', { yaml: WORK, name: 'walk' });
  database = new pg.Client({ connectionString: stack.database.url });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await stack?.stop();
  remote?.remove();
});

describe('a worker killed at random moments', { timeout: TEST_MS }, () => {
  it(`leaves every turn as if nothing had happened, after ${MOMENTS} of them`, async () => {
    const { people } = required(stack, 'the stack');
    const roots: string[] = [];
    const begin = async (count: number): Promise<void> => {
      for (let more = 0; more < count; more += 1)
        roots.push(await people.post('mira', 'shop', '@threadsmith walk thirty steps'));
    };
    await begin(AT_ONCE);
    const moments: number[] = [];
    let kills = 0;
    // Those before the agent's first step come on top.
    while (moments.filter((step) => step > 0).length < MOMENTS && kills < MAX_KILLS) {
      // By steps and not by seconds, so that a slow machine is not killed over and over before it got anywhere.
      const goal = (await taken()) + Math.floor(drawn() * 40);
      await until(async () => (await running()) > 0 && (await taken()) >= goal);
      await sleep(drawn() * 200);
      await required(stack, 'the stack').worker.stop('SIGKILL');
      moments.push(...(await stepsOfRunning()));
      kills += 1;
      await begin(AT_ONCE - (await open()));
      await passTime();
      await required(stack, 'the stack').startWorker();
    }
    const steps = moments.toSorted((one, other) => one - other).join(' ');
    process.stdout.write(
      `kill loop: seed ${SEED}, ${kills} kills, ${roots.length} turns, hit at step ${steps}\n`,
    );
    expect(moments.filter((step) => step > 0).length).toBeGreaterThanOrEqual(MOMENTS);

    for (const root of roots) {
      await people.see('shop', root, offers(/merge/i));
      const messages = (await people.thread('shop', root)).filter(isOurs);
      expect(messages.map(readable), `the thread ${root}`).toHaveLength(1);
    }
    const branches = sessionBranches(remote);
    expect(branches).toHaveLength(roots.length);
    for (const branch of branches) {
      expect(remote.git('show', `${branch}:steps.txt`), branch).toBe(STEPS);
      expect(remote.git('show', `${branch}:made.txt`), branch).toBe('patched once');
      expect(remote.git('rev-list', '--count', `main..${branch}`), branch).toBe('1');
    }
    expect(new Set(branches.map((branch) => remote.git('rev-parse', `${branch}^{tree}`))).size).toBe(1);
    expect(await rows('select state from turn')).toEqual(roots.map(() => ({ state: 'done' })));
    expect(await rows(RESPONSES)).toEqual(roots.map(() => ({ responses: 30, results: 30 })));
    const posted = (await people.calls()).filter(({ method, ok }) => ok && method === 'chat.postMessage');
    expect(posted).toHaveLength(roots.length);
  });
});

/** Of each session: what the model was asked for, and what came of it, each kept once. */
const RESPONSES = `select count(*) filter (where entry->>'kind' = 'response')::int as responses,
  count(*) filter (where entry->>'kind' = 'tool_result')::int as results
  from journal group by session_id`;

const isOurs = (message: Message): boolean => message.bot_id !== undefined;

/** Steps of all turns so far; turns that are done count as a whole, so that the last ones cannot be waited for. */
async function taken(): Promise<number> {
  return countOf(
    `select (select count(*)::int from journal where entry->>'kind' = 'response')
       + 40 * (select count(*)::int from turn where state = 'done') as count`,
  );
}

async function running(): Promise<number> {
  return countOf(`select count(*)::int as count from turn where state = 'running'`);
}

/** The steps that each turn at work has taken; 0 is before the agent, 30 after it. */
async function stepsOfRunning(): Promise<readonly number[]> {
  const found = await rows(
    `select (select count(*)::int from journal where turn_id = turn.id and entry->>'kind' = 'response') as steps
     from turn where state = 'running'`,
  );
  return found.map((row) => Number(Reflect.get(Object(row), 'steps')));
}

async function open(): Promise<number> {
  return countOf(`select count(*)::int as count from turn where state not in ('done', 'failed', 'stopped')`);
}

/** The dead worker's leases run out now and not in a quarter of a minute: kill.test.ts waits for them. */
async function passTime(): Promise<void> {
  await rows(
    `update turn set lease_until = now() - interval '1 second', enqueued_at = now() - interval '1 minute'
     where state = 'running'`,
  );
}

async function countOf(sql: string): Promise<number> {
  return Number(Reflect.get(Object((await rows(sql))[0]), 'count'));
}

async function rows(sql: string): Promise<readonly unknown[]> {
  return (await required(database, 'the database').query(sql)).rows;
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 240_000;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error('the turns do not go on');
    await sleep(50);
  }
}

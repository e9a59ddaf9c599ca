// What a person sees in the thread where the engine, the container or the toolhost ends in the middle of a turn,
// or the engine's disk is full when one begins: a result all the same, or one sentence and a button.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { branchOf } from '../../core/session.ts';
import { type Conversation, mention, record, recordSteps, runs, TEST_MS } from '../e2e/conversation.ts';
import { readable } from '../e2e/people.ts';
import { type Stack, startStack } from '../e2e/stack.ts';
import { ended, offers, says } from '../e2e/thread.ts';
import { required } from '../required.ts';
import { openTestEngine } from '../sandbox/engine.ts';
import { part } from '../setup/environment.ts';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { type OwnEngine, openOwnEngine } from './own-engine.ts';

const UNVERIFIED = /^merge unverified$/i;
/** What takes seconds alone may take minutes on a busy machine. */
const PATIENTLY = { timeout: 240_000 };
const STEPS = Array.from({ length: 12 }, (_, index) => `step ${index + 1}`);
const commandOf = (step: string): string => `sleep 0.4; echo ${step} >> steps.txt`;
/**
 * More memory than the sandbox has, taken by many that are each smaller than the toolhost, which is made the
 * kernel's first choice: the container's init ends with it, and the container with that.
 */
const EAT = [
  'echo 1000 > /proc/$(pgrep -o -P 1)/oom_score_adj',
  'for eater in $(seq 60); do head -c 16M /dev/zero | tail -c 16M | sleep 30 & done',
  'wait',
].join('\n');

/** Ends once the disk is full, having filled what was left of it; outside of the repo. */
const UNTIL_FULL = 'while head -c 4K /dev/zero >> /work/tmp/probe; do sleep 0.1; done 2> /dev/null';
/** On a full disk a command line has to run at all. */
const UNTIL_FREE = 'until head -c 4K /dev/zero >> /work/tmp/probe; do sleep 0.1; done 2> /dev/null';
const NOTES = '# Notes\n';
const editNotes = {
  tools: [
    { name: 'edit_file', arguments: { path: 'notes.md', old_text: NOTES, new_text: `${NOTES}A line.\n` } },
  ],
};
const FILLED = {
  match: 'write on a full disk',
  steps: [
    runs(UNTIL_FULL),
    editNotes,
    runs(`cat notes.md; ${UNTIL_FREE}`),
    editNotes,
    runs(UNTIL_FULL),
    { say: 'It is written.' },
    runs(UNTIL_FREE),
    { say: 'Now there is room for it.' },
  ],
};

/** Long on the small image, which has no Chromium, and over at once on the usual one. */
const LINGER = '[ -d /usr/lib/chromium ] && ls /usr/lib/chromium/* > /dev/null || sleep 600';

let remote: TestRemote;
let engine: OwnEngine;
let stack: Stack;
let database: pg.Client;

beforeAll(async () => {
  remote = createRemote();
  remote.commit({ 'notes.md': NOTES });
  const usual = openTestEngine();
  engine = await openOwnEngine({
    image: await usual.provider.ensureImage(() => {}),
    small: true,
    roomMb: 1_300,
  });
  await usual.close();
  stack = await startStack({
    repos: [{ name: 'notes', url: remote.url, channels: ['shop'] }],
    sandbox: { memory_mb: 512 },
    workerEnv: { DOCKER_HOST: engine.host },
  });
  database = new pg.Client({ connectionString: stack.database.url });
  await database.connect();
  await record(stack, 'walk twelve steps', STEPS.map(commandOf), 'All steps are walked.');
  await record(stack, 'only say something', [], 'Here something is said.');
  await record(stack, 'walk one step', ['echo one >> steps.txt'], 'It is walked.');
  await stack.model.control('POST', '/scripts', { name: 'filled', yaml: JSON.stringify(FILLED) });
  const half = STEPS.length / 2;
  await recordSteps(stack, 'walk and linger', [
    ...STEPS.slice(0, half).map((step) => runs(commandOf(step))),
    { tools: [{ name: 'shell', arguments: { command: LINGER, timeout_seconds: 900 } }] },
    ...STEPS.slice(half).map((step) => runs(commandOf(step))),
    { say: 'All steps are walked.' },
  ]);
  const around = [...STEPS.slice(0, half).map(commandOf), EAT, ...STEPS.slice(half).map(commandOf)];
  await record(stack, 'eat all the memory', around, 'All steps are walked.');
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
  await engine?.close();
  remote?.remove();
});

interface Walk extends Conversation {
  readonly session: string;
}

const OF_THREAD = 'select id as value from session where thread_ts = $1';

/** Asks for something in a thread of its own. */
async function ask(request: string): Promise<Walk> {
  const thread = await mention(stack, 'mira', 'shop', request);
  const session = await vi.waitFor(
    async () => required((await valuesOf(OF_THREAD, thread.root))[0], 'no session'),
    PATIENTLY,
  );
  return { ...thread, session };
}

const RESULTS = `select entry->>'output' as value from journal where session_id = $1 and entry->>'kind' = 'tool_result' order by place`;

/** Asks for twelve steps and waits until it lingers after half of them: there it stays until something happens. */
async function inTheMiddle(): Promise<Walk> {
  const walk = await ask('walk and linger');
  const started = `select id::text as value from event where session_id = $1 and body->>'type' = 'tool.started'`;
  await expect
    .poll(async () => (await valuesOf(started, walk.session)).length, { ...PATIENTLY, interval: 100 })
    .toBe(STEPS.length / 2 + 1);
  return walk;
}

async function valuesOf(sql: string, ...given: readonly string[]): Promise<readonly string[]> {
  return (await database.query<{ value: string }>(sql, [...given])).rows.map((row) => row.value);
}

/** The thread has one message, which is the result, and no step was lost that had ended, nor taken twice. */
async function expectAllSteps(walk: Walk): Promise<void> {
  const { message } = await walk.see(offers(UNVERIFIED));
  expect(readable(message)).toContain('steps.txt');
  expect((await walk.messages()).filter((one) => one.bot_id !== undefined)).toHaveLength(1);
  const steps = remote.git('show', `${branchOf(walk.session)}:steps.txt`).split('\n');
  expect(steps).toEqual(STEPS.filter((step) => steps.includes(step)));
  // The one that was under way ended with what it ran in.
  expect(steps.length).toBeGreaterThanOrEqual(STEPS.length - 1);
}

describe('in the middle of a turn', { timeout: TEST_MS }, () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'an engine that gets a %s and is started again is waited for, which the thread says',
    async (signal) => {
      const walk = await inTheMiddle();
      await engine.stop(signal);
      await walk.see(says(/The Docker Engine could not be reached \(\w+\)\. Trying again\./));
      await engine.start();
      await expectAllSteps(walk);
    },
  );

  it('a disk that is full is told to the model in one sentence, and it goes on once there is room', async () => {
    const walk = await ask(FILLED.match);
    const started = `select id::text as value from event where session_id = $1 and body->>'type' = 'tool.started'`;
    await expect.poll(() => valuesOf(started, walk.session), PATIENTLY).toHaveLength(1);
    engine.fill();
    await expect.poll(() => valuesOf(RESULTS, walk.session), PATIENTLY).toHaveLength(2);
    engine.free();
    await expect.poll(() => valuesOf(started, walk.session), PATIENTLY).toHaveLength(5);
    engine.fill();
    const told = `select entry->>'text' as value from journal where session_id = $1 and entry->>'id' = 'verification-0'`;
    await expect.poll(() => valuesOf(told, walk.session), PATIENTLY).toHaveLength(1);
    engine.free();
    await walk.see(offers(UNVERIFIED));
    expect(await valuesOf(told, walk.session)).toEqual([
      expect.stringContaining('The disk of the sandbox is full, so the change could not be committed.'),
    ]);
    const [, refused, looked, edited] = await valuesOf(RESULTS, walk.session);
    expect(refused).toMatch(
      /^The disk of the sandbox is full, so \S+ could not be written\. Remove files .*\.$/,
    );
    expect(looked).toContain(NOTES.trim());
    expect(edited).toContain('Edited notes.md');
    expect(remote.git('show', `${branchOf(walk.session)}:notes.md`)).toBe(`${NOTES}A line.`);
  });

  it('a killed toolhost is started again', async () => {
    const walk = await inTheMiddle();
    const name = engine.docker('ps', '--format', '{{.Names}}', '--filter', `name=${walk.session}`).trim();
    engine.docker('exec', '-d', name, 'pkill', '-9', '-f', 'toolhost/main.mjs');
    await expectAllSteps(walk);
  });

  it('a container that the kernel ends for its memory is started again', async () => {
    const since = String(Math.floor(Date.now() / 1000) - 1);
    const walk = await ask('eat all the memory');
    await expectAllSteps(walk);
    const until = String(Math.ceil(Date.now() / 1000));
    const line = '{{.Action}} {{.Actor.Attributes.name}}';
    const ended = engine.docker('events', '--since', since, '--until', until, '--format', line);
    expect(ended).toMatch(new RegExp(`^oom .*${walk.session}$`, 'm'));
    expect(ended).toMatch(new RegExp(`^die .*${walk.session}$`, 'm'));
  });
});

it(
  'a turn that begins in a sandbox whose disk is full says so, and the button goes on once there is room',
  async () => {
    const walk = await ask('only say something');
    await walk.see(ended(/something is said/));
    engine.fill();
    const asked = await walk.reply('mira', 'walk one step');
    const failed = await walk.see(ended(/could not begin|could not be set up/, { after: asked }));
    expect(readable(failed)).toContain('The disk of the sandbox is full, so the turn could not begin.');
    engine.free();
    await walk.click('jonas', /^try again$/i);
    await walk.see(offers(UNVERIFIED, { after: asked }));
    expect(remote.git('show', `${branchOf(walk.session)}:steps.txt`)).toBe('one');
  },
  TEST_MS,
);

it(
  'an engine whose disk is full is one sentence, and the button goes on once there is room',
  async () => {
    engine.fill();
    const walk = await ask('walk twelve steps');
    const failed = await walk.see(ended(/disk of the Docker Engine is full/));
    expect(readable(failed)).toMatch(/Free room where the engine keeps its data .*then try again\./);
    expect(readable(failed)).not.toMatch(/Threadsmith itself failed/);
    engine.free();
    await walk.click('jonas', /^try again$/i);
    await walk.see(offers(UNVERIFIED));
  },
  TEST_MS,
);

it(
  'an engine that stays away leaves the turn to the worker of another engine, with what was done so far',
  async () => {
    await stack.worker.stop();
    const impatient = join(stack.folder, 'impatient.yaml');
    const config = parse(readFileSync(join(stack.folder, 'threadsmith.yaml'), 'utf8'));
    writeFileSync(
      impatient,
      stringify({ ...config, sandbox: { ...config.sandbox, engine_wait_seconds: 2 } }),
    );
    await stack.startWorker({ THREADSMITH_CONFIG: impatient });
    const walk = await inTheMiddle();
    await stack.startWorker({ DOCKER_HOST: part('DOCKER_HOST') });
    await engine.stop('SIGKILL');
    await expectAllSteps(walk);
    const events = `select body->>'detail' as value from event where session_id = $1 and body->>'detail' like '%Another worker%'`;
    expect(await valuesOf(events, walk.session)).toEqual([
      expect.stringMatching(
        /^The Docker Engine could not be reached \(\w+\)\. Another worker goes on with it\.$/,
      ),
    ]);
  },
  TEST_MS,
);

// `npm run agent` as a process: from a request to a diff, and again after SIGKILL.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSampleRepo } from '../../../playground/sample-repo/create.ts';
import { createDockerProvider } from '../../../sandbox/docker/provider.ts';
import { part } from '../../setup/environment.ts';
import { useScriptedModel } from '../model/server.ts';
import { useTestSandbox } from './sandbox.ts';

/** A process that starts in a second alone may take half a minute on a busy machine. */
const PATIENTLY = { timeout: 900_000 };
const STEPS = 12;
const COUNTING = `
match: count to twelve
steps:
${Array.from({ length: STEPS }, (_, step) => `  - tools: [{ name: shell, arguments: { command: 'echo ${step} >> count.txt; sleep 0.1' } }]`).join('\n')}
  - say: Counted.
`;
const COLOUR = `
match: paint the shop
steps:
  - tools: [{ name: ask_user, arguments: { question: Which colour?, options: [red, blue] } }]
  - either:
      - when: { last_result_matches: '\\bblue\\b' }
        say: Blue it is.
      - say: No colour.
`;

const CREDENTIAL = 'a-key-that-nobody-may-keep';
const TALKATIVE = `
match: tell me the key
steps:
  - tools: [{ name: shell, arguments: { command: 'printf "%s-%s\\\\n" a-key-that-nobody may-keep | tee key.txt' } }]
  - tools: [{ name: artifact, arguments: { path: key.txt, title: The key } }]
  - say: It is a-key-that-nobody-may-keep.
`;

const RUN = `test-${randomBytes(4).toString('hex')}`;
const COUNTING_RUN = `${RUN}-count`;
const COLOUR_RUN = `${RUN}-colour`;
const KEY_RUN = `${RUN}-key`;

const test = useTestSandbox('terminal');
const server = useScriptedModel({ counting: COUNTING, colour: COLOUR, talkative: TALKATIVE });
let repo: string;
beforeAll(async () => {
  repo = join(test.folder, 'shop.git');
  await createSampleRepo(repo);
});
afterAll(async () => {
  // Of the terminal's own installation only what this test made: a person may have runs there.
  const provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId: 'agent' });
  for (const run of [COUNTING_RUN, COLOUR_RUN, KEY_RUN]) await provider.remove(`run-${run}`);
  await provider.close();
});

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

function start(args: readonly string[], env: Record<string, string> = {}): Started {
  const main = join(import.meta.dirname, '../../../worker/agent-cli/main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      THREADSMITH_DATA: join(test.folder, 'data'),
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_MODEL: 'scripted',
      ...env,
    },
  });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (texts.err += chunk.toString()));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...texts }));
  return { child, ended };
}

it('prints a diff in which each command ran once, however often it is killed', PATIENTLY, async () => {
  const args = ['--repo', repo, '--run', COUNTING_RUN, 'count to twelve'];
  let kills = 0;
  for (; kills < 20; kills += 1) {
    const { child, ended } = start(args);
    const over = await Promise.race([ended, sleep(900 + Math.random() * 900).then(() => null)]);
    if (over !== null) break;
    child.kill('SIGKILL');
    await ended;
  }
  expect(kills).toBeGreaterThan(0);
  const { code, out, err } = await start(args).ended;
  expect(err).toMatch(/^13 steps/m);
  expect(code).toBe(0);
  const added = out.split('\n').filter((line) => /^\+\d/.test(line));
  expect(added).toEqual(Array.from({ length: STEPS }, (_, step) => `+${step}`));
});

it('asks, and goes on with the answer of the next start', PATIENTLY, async () => {
  const args = ['--repo', repo, '--run', COLOUR_RUN, 'paint the shop'];
  const asked = await start(args).ended;
  expect(asked.code).toBe(3);
  expect(asked.err).toContain('? Which colour? (red / blue)');
  const answered = await start([...args, '--answer', 'blue, please']).ended;
  expect(answered.err).toContain('Blue it is.');
  expect(answered.code).toBe(0);
});

it('keeps nothing of a credential that a program prints', PATIENTLY, async () => {
  const args = ['--repo', repo, '--run', KEY_RUN, 'tell me the key'];
  const { code, err } = await start(args, { SHOP_TOKEN: CREDENTIAL }).ended;
  expect(code).toBe(0);
  expect(err).toContain('It is [redacted].');
  const folder = join(test.folder, 'data/agent/runs', KEY_RUN);
  const kept = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = kept.map(({ parentPath, name }) => ({
    name,
    text: readFileSync(join(parentPath, name), 'utf8'),
  }));
  expect(texts.filter(({ text }) => text.includes('[redacted]')).length).toBeGreaterThanOrEqual(2);
  // The diff is the work itself, for `git apply`.
  const leaking = texts.filter(({ name, text }) => name !== 'change.diff' && text.includes(CREDENTIAL));
  expect(leaking).toEqual([]);
});

it('says what is wrong in one sentence and how to go on', PATIENTLY, async () => {
  const unreachable = { OPENAI_API_KEY: 'sk-refused' };
  const refused = await start(['--repo', repo, 'count to twelve'], unreachable).ended;
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/refused the key\.\nCheck OPENAI_API_KEY .*, then run it again\.\n/);
  expect(refused.err).not.toContain('sk-refused');
  const usage = await start(['count to twelve']).ended;
  expect(usage.err).toMatch(/--repo is missing\.\nUsage: npm run agent/);
  const nowhere = await start(['--repo', join(test.folder, 'nothing'), 'x']).ended;
  expect(nowhere.err).toMatch(/There is no git repo at /);
});

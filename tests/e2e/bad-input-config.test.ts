// A wrong configuration stops the start: with the place, the key and what was expected, before anything is done.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';
import { meetPeople } from './people.ts';
import { startProcess } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GOOD = {
  repos: [{ name: 'notes', url: './notes.git', channels: ['shop'] }],
  people: { start: ['everyone'] },
};

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadsmith-config-'));
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Starts a process that is expected to end by itself. */
function start(process_: 'bot' | 'worker', config: unknown, env: NodeJS.ProcessEnv = {}): Ended {
  const file = join(folder, 'threadsmith.yaml');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${process_}/main.ts`], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      PATH: process.env['PATH'],
      THREADSMITH_CONFIG: file,
      THREADSMITH_DATA: join(folder, 'data'),
      DATABASE_URL: database.url,
      DOCKER_HOST: part('DOCKER_HOST'),
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_APP_TOKEN: 'xapp-1',
      SLACK_API_URL: 'http://127.0.0.1:9/api/',
      OPENAI_API_KEY: 'sk-scripted',
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  expect(stdout).not.toContain('ready');
  return { code: status, said: stderr };
}

/** One or two plain sentences for a person, not a stack. */
function expectPlain(ended: Ended, ...words: readonly (string | RegExp)[]): void {
  expect(ended.code, ended.said).toBe(1);
  expect(ended.said).not.toMatch(/^\s+at /m);
  expect(ended.said).not.toMatch(/in Threadsmith itself failed/);
  expect(ended.said.trim().split('\n')).toHaveLength(1);
  for (const word of words)
    expect(ended.said).toMatch(typeof word === 'string' ? new RegExp(word.replaceAll('.', '\\.')) : word);
}

describe.each(['bot', 'worker'] as const)('the start of the %s', (process_) => {
  it('names the file, the key and what was expected', () => {
    const people = { start: 'everyone' };
    expectPlain(start(process_, { ...GOOD, people }), 'threadsmith.yaml', 'people.start: ', /expected array/);
    const named = { ...GOOD, repos: [{ name: 'two words', url: 'x' }] };
    expectPlain(start(process_, named), 'threadsmith.yaml', 'repos.0.name: letters, digits, dots');
    expectPlain(start(process_, { ...GOOD, repos: [] }), 'repos: at least one repo');
    expectPlain(start(process_, { ...GOOD, sandbox: { memory: 1 } }), 'sandbox: ', /"memory"/);
    expectPlain(start(process_, { people: {} }), 'repos: ', /expected array/);
  });

  it('tells of a file that is no YAML, is empty, or is not there', () => {
    expectPlain(start(process_, 'repos: [\n'), 'threadsmith.yaml is not valid YAML');
    expectPlain(start(process_, ''), 'threadsmith.yaml', /expected object/);
    const missing = start(process_, GOOD, { THREADSMITH_CONFIG: join(folder, 'missing.yaml') });
    expectPlain(missing, 'missing.yaml could not be read', 'THREADSMITH_CONFIG');
  });

  it('names a variable of the environment that cannot be used', () => {
    expectPlain(start(process_, GOOD, { PORT: 'http' }), 'PORT: ', /expected number/);
    expectPlain(start(process_, GOOD, { OPENAI_API: 'soap' }), 'OPENAI_API: ', /"responses"\|"chat"/);
    expectPlain(start(process_, GOOD, { DATABASE_URL: 'my database' }), 'DATABASE_URL: ', /URL/);
    expectPlain(start(process_, GOOD, { DATABASE_URL: undefined }), 'DATABASE_URL');
  });

  it('names a database that does not answer, without its password', () => {
    const url = 'postgres://baker:s3cret@127.0.0.1:9/threadsmith';
    const ended = start(process_, GOOD, { DATABASE_URL: url });
    expectPlain(ended, /database/i, '127.0.0.1:9');
    expect(ended.said).not.toContain('s3cret');
  });
});

describe('the start of the bot', () => {
  it('names the Slack variable that is missing', () => {
    expectPlain(start('bot', GOOD, { SLACK_BOT_TOKEN: undefined }), 'SLACK_BOT_TOKEN');
    expectPlain(
      start('bot', GOOD, { SLACK_APP_TOKEN: undefined }),
      'SLACK_SIGNING_SECRET',
      'SLACK_APP_TOKEN',
    );
  });

  it('tells of a Slack that does not answer, or that refuses a token', async () => {
    expectPlain(start('bot', GOOD), 'Slack does not answer at http://127.0.0.1:9/', 'SLACK_API_URL');
    const args = ['--port', '0', '--data', join(folder, 'playground')];
    const env = { PATH: process.env['PATH'] };
    const slack = await startProcess('playground/main.ts', args, env, join(folder, 'playground.log'));
    try {
      const url = String(slack.ready['url']);
      const app: unknown = await meetPeople(url).control('GET', '/app');
      const { api_url: api, bot_token: token } = z
        .object({ api_url: z.string(), bot_token: z.string() })
        .parse(app);
      const strange = start('bot', GOOD, { SLACK_API_URL: api });
      expectPlain(strange, 'SLACK_BOT_TOKEN', 'invalid_auth', 'OAuth & Permissions');
      const wrongSocket = start('bot', GOOD, { SLACK_API_URL: api, SLACK_BOT_TOKEN: token });
      expectPlain(wrongSocket, 'SLACK_APP_TOKEN');
    } finally {
      await slack.stop();
    }
  });
});

describe('the start of the worker', () => {
  it('names the variable of the model and of the engine', () => {
    expectPlain(start('worker', GOOD, { OPENAI_API_KEY: undefined }), 'OPENAI_API_KEY');
    expectPlain(start('worker', GOOD, { DOCKER_HOST: 'my docker' }), 'DOCKER_HOST');
  });
});

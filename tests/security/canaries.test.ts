// A canary of each kind of secret, printed inside a sandbox in every way: it is looked for in the database, the
// artifacts, Slack, the model's requests and the logs of both processes.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { REDACTED } from '../../core/redact.ts';
import { openDatabase } from '../../db/schema/database.ts';
import { mention, TEST_MS } from '../e2e/conversation.ts';
import { type Stack, startStack } from '../e2e/stack.ts';
import { says } from '../e2e/thread.ts';
import { createRemote } from '../worker/git-repo.ts';

const canary = (kind: string): string => `${kind}-${randomBytes(15).toString('base64')}`;
const CANARIES = {
  OPENAI_API_KEY: canary('sk-model'),
  GITHUB_TOKEN: canary('git'),
  REGISTRY_PASSWORD: canary('secret-of-a-host'),
  ISSUES_TOKEN: canary('mcp'),
};
const forms = (value: string): readonly string[] => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('hex'),
  Buffer.from(value).toString('base64'),
];
/** All canaries in one file, each in all its forms. */
const leak = Object.values(CANARIES)
  .map((value) => [...forms(value), JSON.stringify({ value }), `https://me:${value}@git.test/x`].join('\n'))
  .join('\n');

const remote = createRemote();
let stack: Stack;
let slackToken = '';
/** The text that left the sandbox, by where it went. */
const left: Record<string, string> = {};

beforeAll(async () => {
  stack = await startStack({
    repos: [{ name: 'leaky', url: remote.url, channels: ['shop'] }],
    workerEnv: CANARIES,
  });
  slackToken = z
    .looseObject({ bot_token: z.string() })
    .parse(await stack.people.control('GET', '/app')).bot_token;
  const checks = 'checks: [{ name: leak, run: "cat leak.txt; false" }]\n';
  remote.commit({
    'leak.txt': `${leak}\n${slackToken}\n`,
    'notes.md': '# Notes\n',
    '.threadsmith.yaml': checks,
  });
  const shell = (command: string) => ({ name: 'shell', arguments: { command } });
  const steps = [
    { tools: [shell('cat leak.txt; printf "%s" "$(cat leak.txt)" | base64')] },
    { tools: [{ name: 'read_file', arguments: { path: 'leak.txt' } }] },
    { tools: [{ name: 'artifact', arguments: { path: 'leak.txt', title: 'A report' } }] },
    { tools: [shell('echo changed >> notes.md')] },
    { say: 'The notes are changed.' },
    { say: 'The notes are changed, whatever the checks say.' },
    { say: 'The notes are changed, and the checks still fail.' },
  ];
  await stack.model.control('POST', '/scripts', {
    name: 'leak',
    yaml: JSON.stringify({ match: 'tell me everything', steps }),
  });
  await stack.model.control('POST', '/scripts', {
    name: 'publish',
    yaml: JSON.stringify({
      match: 'publish the key',
      steps: [
        { tools: [shell('sed -n 1p leak.txt > key.txt')] },
        { say: 'A.' },
        { say: 'B.' },
        { say: 'C.' },
      ],
    }),
  });
  const thread = await mention(stack, 'mira', 'shop', 'tell me everything');
  await thread.see(says(/notes are changed/i));
  const other = await mention(stack, 'mira', 'shop', 'publish the key');
  await other.see(says(/secret of this installation/i));
  await stack.bot.stop();
  await stack.worker.stop();

  left['the database'] = await rowsOf(stack.database.url);
  left['the artifacts'] = filesBelow(join(stack.folder, 'data', 'artifacts'));
  left['Slack'] = JSON.stringify(await stack.people.control('GET', '/calls?since=0'));
  left['the model'] = JSON.stringify(await stack.model.control('GET', '/requests?since=0'));
  left['the logs'] = ['bot', 'worker'].map((name) => textOf(join(stack.folder, `${name}.log`))).join('');
}, TEST_MS);
afterAll(async () => {
  await stack.stop();
  remote.remove();
});

async function rowsOf(url: string): Promise<string> {
  const database = await openDatabase(url);
  try {
    const em = database.em();
    const tables = await em.execute<{ name: string }[]>(
      "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    const all: string[] = [];
    for (const { name } of tables) {
      const rows = await em.execute<{ row: string }[]>(`select t::text as row from ${name} t`);
      all.push(...rows.map(({ row }) => row));
    }
    return all.join('\n');
  } finally {
    await database.close();
  }
}

function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map(textOf)
    .join('\n');
}

function textOf(path: string): string {
  return readFileSync(path, 'latin1');
}

const WAYS = ['the database', 'the artifacts', 'Slack', 'the model', 'the logs'] as const;

describe.each(WAYS)('%s', (way) => {
  test.each(Object.entries(CANARIES))('holds %s in no form', (_name, value) => {
    const text = left[way] ?? '';
    expect(text.length).toBeGreaterThan(100);
    // The last characters of base64 also hold what comes after it.
    const found = forms(value).filter((form) => text.includes(form.slice(0, -4)));
    expect(found).toEqual([]);
  });
});

test('what was printed is there, without the secrets', () => {
  for (const way of ['the database', 'the artifacts', 'the model'] as const)
    expect(left[way]).toContain(REDACTED);
});

test("Slack is not told the bot's own token, and no log holds it", () => {
  expect(left['Slack']).toContain('notes are changed');
  expect(left['Slack']).not.toContain(slackToken);
  expect(left['the logs']).not.toContain(slackToken);
});

test('a change that holds a secret of this installation is not published', () => {
  expect(remote.git('log', '--all', '-p', '--', 'key.txt')).toBe('');
});

// What the two commands say and count.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../core/config/config.ts';
import { readStartArguments, readTestArguments } from '../../scripts/start/arguments.ts';
import {
  botEnvironment,
  embeddedParts,
  standInEnvironment,
  workerEnvironment,
} from '../../scripts/start/environments.ts';
import { threadImages, threadText } from '../../scripts/start/thread-text.ts';
import { install } from '../../scripts/system/install.ts';
import { createTerminal } from '../../scripts/system/terminal.ts';
import { countTests } from '../../scripts/test/report.ts';
import { temporaryFolder } from './children.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the environment of each process', () => {
  const own = {
    PATH: '/bin',
    SLACK_BOT_TOKEN: 'xoxb-real',
    SLACK_SIGNING_SECRET: 'real',
    OPENAI_API_KEY: 'sk-real',
    DATABASE_URL: 'postgres://real',
    REDIS_URL: 'redis://real',
  };
  const shared = { DATABASE_URL: 'postgres://used', THREADSMITH_DATA: '/d', THREADSMITH_CONFIG: '/c' };

  test('the worker has no token of Slack', () => {
    const env = workerEnvironment(own, shared, null, 'unix:///engine');
    expect(Object.keys(env).filter((name) => name.startsWith('SLACK_'))).toEqual([]);
    expect(env).toMatchObject({ OPENAI_API_KEY: 'sk-real', DOCKER_HOST: 'unix:///engine', ...shared });
  });

  test('the bot has no key of the model', () => {
    const env = botEnvironment(own, shared, null);
    expect(Object.keys(env).filter((name) => name.startsWith('OPENAI_'))).toEqual([]);
    expect(env).toMatchObject({ SLACK_BOT_TOKEN: 'xoxb-real', REDIS_URL: 'redis://real', ...shared });
  });

  test('in the local workspace nothing of the real one reaches the bot', () => {
    const local = { SLACK_BOT_TOKEN: 'xoxb-l', SLACK_APP_TOKEN: 'xapp-l', SLACK_API_URL: 'http://l/api/' };
    const env = botEnvironment(own, shared, local);
    expect(env).toMatchObject(local);
    expect(env).not.toHaveProperty('SLACK_SIGNING_SECRET');
  });

  test('the stand-ins get no secret at all', () => {
    expect(standInEnvironment(own)).toEqual({ PATH: '/bin' });
  });

  test.each([
    [{}, { workspace: true, model: true, database: true }],
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, { workspace: false, model: true, database: true }],
    [{ OPENAI_API_KEY: 'sk-1' }, { workspace: true, model: false, database: true }],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }, { workspace: true, model: false, database: true }],
    [{ DATABASE_URL: 'postgres://x/y' }, { workspace: true, model: true, database: false }],
    [{ SLACK_BOT_TOKEN: '' }, { workspace: true, model: true, database: true }],
  ])('%j replaces that part alone', (env, parts) => {
    expect(embeddedParts(readEnvironment(env), false)).toEqual(parts);
  });

  test('--once plays in the local workspace whatever tokens there are', () => {
    expect(embeddedParts(readEnvironment({ SLACK_BOT_TOKEN: 'xoxb-1' }), true).workspace).toBe(true);
  });
});

describe('arguments', () => {
  test('are read', () => {
    expect(readStartArguments(['--once', '--no-system', '--port', '3500'])).toEqual({
      once: true,
      mayInstall: false,
      port: 3500,
    });
    expect(readTestArguments(['--no-system', 'tests/db', '-t', 'lease'])).toEqual({
      mayInstall: false,
      vitest: ['tests/db', '-t', 'lease'],
    });
  });

  test.each([[['--twice']], [['--port', 'x']], [['--port', '0']], [['stray']]])('%j is refused', (args) => {
    expect(() => readStartArguments(args)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});

describe('the count at the end of npm test', () => {
  const report = (change: object) => {
    const file = join(folder, 'report.json');
    const whole = {
      numPassedTests: 3,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: [{}] }],
      ...change,
    };
    writeFileSync(file, JSON.stringify(whole));
    return file;
  };

  test.each([
    ['all passed', {}, 0, false, { passed: 3, failed: 0 }],
    ['one failed', { numFailedTests: 1 }, 1, false, { passed: 3, failed: 1 }],
    ['skipped tests count as failed', { numPendingTests: 2 }, 0, false, { passed: 3, failed: 2 }],
    ['but not those a filter left out', { numPendingTests: 2 }, 0, true, { passed: 3, failed: 0 }],
    ['no test ran', { numPassedTests: 0, testResults: [] }, 0, false, { passed: 0, failed: 1 }],
    ['an error outside of tests', {}, 1, false, { passed: 3, failed: 1 }],
    [
      'a file that did not load',
      { testResults: [{ name: 'b.test.ts', status: 'failed', assertionResults: [] }] },
      1,
      false,
      { passed: 3, failed: 1 },
    ],
  ])('%s', (_name, change, exitCode, isPartial, expected) => {
    expect(countTests(report(change), exitCode, isPartial)).toEqual(expected);
  });

  test('a run that left no report failed', () => {
    expect(countTests(join(folder, 'none.json'), 0, false)).toEqual({ passed: 0, failed: 1 });
  });
});

describe('--no-system', () => {
  test('names what is missing, why, and the commands, and installs nothing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    const terminal = createTerminal({ write: () => undefined, live: false, columns: () => 80 });
    try {
      await expect(install(['git'], { terminal, mayInstall: false })).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringContaining('git (to clone, commit and push)'),
        advice: expect.stringContaining('apt-get install -y --no-install-recommends git ca-certificates'),
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});

describe('the terminal', () => {
  test('in a log writes one line for each part, in the order in which they end', () => {
    const written: string[] = [];
    const terminal = createTerminal({
      write: (text) => written.push(text),
      live: false,
      columns: () => 80,
    });
    const slow = terminal.part('Slow');
    const quick = terminal.part('Quick');
    quick.note('at work');
    quick.done('ready');
    slow.failed('broken');
    terminal.close();
    expect(written.map((line) => line.trim().replace(/\s+/g, ' '))).toEqual([
      '✓ Quick ready',
      '✗ Slow broken',
    ]);
  });

  test('on a screen takes back the lines of parts at work before it writes what stays', () => {
    const written: string[] = [];
    const terminal = createTerminal({ write: (text) => written.push(text), live: true, columns: () => 40 });
    const part = terminal.part('Image');
    part.note('x'.repeat(200));
    terminal.say('hello');
    part.done();
    terminal.close();
    const text = written.join('');
    expect(text).toContain('\x1b[1A\x1b[0J');
    expect(text).toContain('hello\n');
    const drawn = written.filter((line) => line.includes('Image') && line.includes('\x1b[2m'));
    expect(drawn.length).toBeGreaterThan(0);
  });
});

describe('a thread in words', () => {
  const messages = [
    { ts: '1', user: 'U1', text: '<@U2> fix the total', blocks: [] },
    {
      ts: '2',
      user: 'U2',
      text: 'fallback',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Ready to merge' } },
        {
          type: 'plan',
          title: 'Done',
          tasks: [{ type: 'task_card', title: 'Fix the sum', status: 'complete' }],
        },
        { type: 'image', alt_text: 'The cart', slack_file: { id: 'F1' } },
        {
          type: 'actions',
          elements: [{ type: 'button', text: { type: 'plain_text', text: 'Approve & merge' } }],
        },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'user', user_id: 'U1' },
                { type: 'text', text: ' asked' },
              ],
            },
          ],
        },
      ],
    },
  ];
  const names = (id: string) => ({ U1: 'Mira', U2: 'Threadsmith' })[id] ?? id;

  test('shows people by name, tasks with marks, pictures by what they show and buttons in brackets', () => {
    expect(threadText(messages, names)).toBe(
      [
        'Mira',
        '  @Threadsmith fix the total',
        '',
        'Threadsmith',
        '  Ready to merge',
        '  Done',
        '  ✓ Fix the sum',
        '  [picture: The cart]',
        '  [Approve & merge]',
        '  @Mira asked',
      ].join('\n'),
    );
  });

  test('names each picture once', () => {
    expect(threadImages([...messages, ...messages])).toEqual([{ fileId: 'F1', altText: 'The cart' }]);
  });
});

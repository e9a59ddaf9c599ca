// What the workspace's page shows of an app that is an agent: where a thread stands, Slack's own Stop, prompts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../core/config/config.ts';
import { createSample } from '../../scripts/start/sample.ts';
import { dataDirectory } from '../../scripts/system/data-directory.ts';
import { eventually, MIRA, type PageTest, SHOP, startPageTest, until } from './page-setup.ts';

let at: PageTest;

beforeAll(async () => {
  at = await startPageTest();
});

afterAll(() => at.close());

test("an agent's thread shows where it stands and has Slack's own Stop", async () => {
  const said = { user: MIRA, channel: SHOP, text: '<@U0THREAD01> fix the total' };
  const root = String((await at.control('/messages', said))['ts']);
  const standing = (status: string) =>
    at.slack('agents.sessions.setStatus', { channel_id: SHOP, thread_ts: root, status });
  await at.slack('chat.postMessage', { channel: SHOP, thread_ts: root, text: 'Working on it' });
  await standing('processing');
  const page = await at.open(MIRA, `#/${SHOP}/${root}`);
  const mark = page.locator('[data-pane=thread] .pane-head .session-mark');
  await eventually(() => mark.textContent()).toBe('Working');
  expect(await page.locator(`[data-pane=channel] [data-ts="${root}"] .session-mark`).textContent()).toBe(
    'Working',
  );
  await page.locator('[data-agent-stop]').click();
  expect(
    await until(() => at.app.events.find((each) => each['type'] === 'agent_session_stopped')),
  ).toMatchObject({ channel: SHOP, thread_ts: root, user: MIRA });
  await standing('suspended');
  await eventually(() => mark.textContent()).toBe('Needs an answer');
  expect(await page.locator('[data-agent-stop]').count()).toBe(0);
  await standing('active');
  await eventually(() => mark.count()).toBe(0);
  await page.context().close();
});

test('a conversation with the agent says that it was opened, and offers what the agent suggests', async () => {
  const direct = 'D0MIRA0001';
  const page = await at.open(MIRA, `#/${direct}`);
  const opened = await until(() => at.app.events.find((each) => each['type'] === 'app_home_opened'));
  expect(opened).toMatchObject({ channel: direct, tab: 'messages' });
  const prompts = [{ title: 'Explain', message: 'How is it built?' }];
  await at.slack('assistant.threads.setSuggestedPrompts', {
    channel_id: direct,
    title: 'What now?',
    prompts,
  });
  const suggested = page.locator('.prompts');
  await eventually(() => suggested.textContent()).toBe('What now?Explain');
  await suggested.getByRole('button').click();
  const event = await until(() =>
    at.app.events.find(({ type, channel }) => type === 'message' && channel === direct),
  );
  expect(event).toMatchObject({ user: MIRA, text: 'How is it built?' });
  await page.context().close();
});

test('the channel for alerts has one to try, of the app that the configuration of a first start names', async () => {
  const page = await at.open(MIRA, '#/C0ALERTS01');
  await page.getByRole('button', { name: 'Post an alert' }).click();
  const event = await until(() => at.app.events.find(({ bot_id }) => bot_id === 'B0MONITOR1'));
  expect(event).toMatchObject({ type: 'message', channel: 'C0ALERTS01' });
  const data = dataDirectory(await mkdtemp(join(tmpdir(), 'sample-')));
  try {
    await createSample(data);
    const { alerts } = readConfig(data.defaultConfig);
    expect(alerts).toMatchObject([{ channel: 'alerts', from: [event['bot_id']], repo: 'shop', fix: 'ask' }]);
  } finally {
    await rm(data.root, { recursive: true });
  }
  await page.context().close();
});

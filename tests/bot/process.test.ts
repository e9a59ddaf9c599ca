// The process itself: what it refuses to start with, what it refuses to take in, and a queue that is down.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/system/free-port.ts';
import { type BotProcess, runToEnd } from './bot-process.ts';
import { Stage, until } from './stage.ts';

describe('a wrong start', () => {
  let stage: Stage;
  const base = () => ({
    THREADSMITH_CONFIG: join(stage.dir, 'threadsmith.yaml'),
    THREADSMITH_DATA: join(stage.dir, 'data'),
    DATABASE_URL: stage.databaseUrl,
    SLACK_API_URL: stage.slack.app.api_url,
    SLACK_BOT_TOKEN: stage.slack.app.bot_token,
    SLACK_APP_TOKEN: stage.slack.app.app_token,
  });
  beforeAll(async () => {
    stage = await Stage.set();
  });
  afterAll(async () => stage.close());

  it.each([
    ['a missing bot token', { SLACK_BOT_TOKEN: '' }, /SLACK_BOT_TOKEN is not set/],
    ['a bot token that Slack refuses', { SLACK_BOT_TOKEN: 'xoxb-no' }, /SLACK_BOT_TOKEN: .*invalid_auth/],
    ['an app token that Slack refuses', { SLACK_APP_TOKEN: 'xapp-no' }, /SLACK_APP_TOKEN: .*invalid_auth/],
    ['no way in', { SLACK_APP_TOKEN: '' }, /SLACK_SIGNING_SECRET is not set.*SLACK_APP_TOKEN/],
    ['a port that is none', { PORT: 'eighty' }, /PORT: /],
    ['a missing file', { THREADSMITH_CONFIG: 'nosuch.yaml' }, /nosuch\.yaml could not be read/],
    ['no database', { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/x' }, /127\.0\.0\.1:1 does not answer/],
  ])('ends with one clear sentence for %s', async (_name, env, expected) => {
    const { code, stderr } = await runToEnd({ ...base(), ...env });
    const last = stderr.trim().split('\n').at(-1) ?? '';
    expect(last).toMatch(expected);
    expect(code).toBe(1);
  });

  it('names the file and the key of a wrong configuration', async () => {
    const file = join(stage.dir, 'wrong.yaml');
    await writeFile(file, 'repos:\n  - name: shop\n    url: ./shop\n    chanels: [shop]\npeople: {}\n');
    const { code, stderr } = await runToEnd({ ...base(), THREADSMITH_CONFIG: file });
    expect(stderr).toContain('wrong.yaml');
    expect(stderr).toContain('chanels');
    expect(code).toBe(1);
  });
});

describe('signed requests', () => {
  let stage: Stage;
  let bot: BotProcess;
  beforeAll(async () => {
    stage = await Stage.set({ mode: 'http' });
    bot = await stage.startBot();
  });
  afterAll(async () => stage.close());

  const send = async (ageSeconds: number, secret = stage.slack.app.signing_secret): Promise<number> => {
    const body = JSON.stringify({
      type: 'event_callback',
      team_id: stage.slack.app.team_id,
      event_id: 'Ev0SIGNED01',
      event: {
        type: 'app_mention',
        channel: 'C0SHOP0001',
        user: 'U0MIRA0001',
        ts: `${Math.floor(Date.now() / 1000)}.000100`,
        text: `<@${stage.slack.app.bot_user_id}> fix it`,
      },
    });
    const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    const response = await fetch(`${bot.url}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
      },
      body,
    });
    return response.status;
  };

  it('are refused when they are old, from the future, or signed with another secret', async () => {
    expect(await send(400)).toBe(401);
    expect(await send(-400)).toBe(401);
    expect(await send(0, 'f'.repeat(32))).toBe(401);
    expect(await stage.rows('select 1 from turn')).toHaveLength(0);
    expect(await send(0)).toBe(200);
    expect(await stage.rows('select 1 from turn')).toHaveLength(1);
  });

  it('has a health page, and nothing else at other addresses', async () => {
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${bot.url}/nosuch`)).status).toBe(404);
  });
});

describe('a queue that is down', () => {
  it('holds up neither admission nor the thread, and gets everything when it is back', async () => {
    const stage = await Stage.set();
    const port = await freePort();
    await stage.startBot({ REDIS_URL: `redis://127.0.0.1:${port}` });
    const unsent = () => stage.rows(`select 1 from outbox where sent_at is null and topic = 'turn'`);
    for (const index of [1, 2, 3]) await stage.slack.say(`@threadsmith fix number ${index}`);
    await until(async () => {
      const states = await stage.rows('select state from turn');
      return states.length === 3 && states.every(({ state }) => state === 'queued');
    });
    expect(await unsent()).toHaveLength(3);
    const redis = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', stage.dir], {
      stdio: 'ignore',
    });
    const ended = once(redis, 'exit');
    try {
      const deadline = performance.now() + 90_000;
      while ((await unsent()).length > 0) {
        if (performance.now() > deadline) throw new Error('the queue got nothing');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      await stage.close();
      redis.kill();
      await ended;
    }
  });
});

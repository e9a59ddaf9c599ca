// What the bot keeps of who is who: answers for a minute, and of what Slack did not answer nothing.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openClient } from '../../bot/slack/calls.ts';
import { identify, openDirectory } from '../../bot/slack/directory.ts';
import { createLog } from '../../core/log.ts';
import { createRedactor } from '../../core/redact.ts';
import { TestSlack } from '../playground/slack-setup.ts';
import { JONAS } from './stage.ts';

let slack: TestSlack;
beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());

it('somebody is in their groups again once Slack answers, not a minute later', async () => {
  const log = createLog({ level: 'error', write: () => {} });
  const client = openClient(slack.app.bot_token, slack.app.api_url, createRedactor([]), log);
  const directory = openDirectory(client, await identify(client), { userGroups: true, log });
  const retries = { kind: 'http_503', method: 'usergroups.list', times: 3 };
  await slack.control('faults', retries);
  expect((await directory.actor(JONAS)).groups).toEqual([]);
  expect((await directory.actor(JONAS)).groups).toEqual([{ id: 'S0ENGINEER', handle: 'engineers' }]);
  const kept = await directory.actor(JONAS);
  expect(await directory.actor(JONAS)).toBe(kept);
});

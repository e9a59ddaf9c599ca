// What the bot keeps of who is who: answers for a minute, and of what Slack did not answer nothing.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refusal } from '../../bot/interaction/context.ts';
import { openClient } from '../../bot/slack/calls.ts';
import { identify, openDirectory } from '../../bot/slack/directory.ts';
import { createLog } from '../../core/log.ts';
import { createRedactor } from '../../core/redact.ts';
import { TestSlack } from '../playground/slack-setup.ts';
import { JONAS } from './stage.ts';

const people = { start: ['@engineers'], approve: [], merge: [] };
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
  const unknown = await directory.actor(JONAS);
  expect(unknown.groups).toBeUndefined();
  // Whom a group may have let is not told otherwise meanwhile.
  expect(() => refusal({ people }, unknown, ['start'])).toThrow(
    'did not say which user groups Jonas Weber is in',
  );
  expect((await directory.actor(JONAS)).groups).toEqual([{ id: 'S0ENGINEER', handle: 'engineers' }]);
  expect(refusal({ people }, await directory.actor(JONAS), ['start'])).toBeNull();
  const kept = await directory.actor(JONAS);
  expect(await directory.actor(JONAS)).toBe(kept);
});

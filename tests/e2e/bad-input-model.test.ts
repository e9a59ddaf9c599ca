// A model that does not answer: the thread says why, and a reply goes on once the cause is gone.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { mention, record, TEST_MS } from './conversation.ts';
import { readable } from './people.ts';
import { sessionBranches } from './repos.ts';
import { type Stack, startStack } from './stack.ts';
import { ended, offers, says } from './thread.ts';

const UNVERIFIED = /^merge unverified$/i;
const HOURS = 'write down the opening hours';

let stack: Stack;
let notes: TestRemote;

beforeAll(async () => {
  notes = createRemote();
  notes.commit({ 'notes.md': '# Notes\n' });
  stack = await startStack({ repos: [{ name: 'notes', url: notes.url, channels: ['shop'] }] });
});

afterEach(() => stack.model.control('POST', '/reset'));

afterAll(async () => {
  await stack.stop();
  notes.remove();
});

async function restartWorker(env: NodeJS.ProcessEnv = {}): Promise<void> {
  await stack.worker.stop();
  await stack.startWorker(env);
}

describe('a model', { timeout: TEST_MS }, () => {
  it('that refuses the key is not asked again, and the key is shown to nobody', async () => {
    await restartWorker({ OPENAI_API_KEY: 'sk-refused' });
    const thread = await mention(stack, 'mira', 'shop', HOURS);
    const failed = await thread.see(ended(/key/i));
    expect(readable(failed)).toMatch(/OPENAI_API_KEY/);
    for (const message of await thread.messages())
      expect(JSON.stringify(message)).not.toContain('sk-refused');

    await restartWorker();
    await record(stack, HOURS, ['echo Open from six. >> notes.md'], 'Done.');
    await thread.replyForOffer('jonas', HOURS, UNVERIFIED);
  });

  it('that cannot be reached is given up after some tries, and the button tries again', async () => {
    await restartWorker({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    const thread = await mention(stack, 'mira', 'shop', HOURS);
    await thread.see(says(/could not be reached\. Trying again/i));
    const failed = await thread.see(ended(/check OPENAI_BASE_URL/i));
    expect(readable(failed)).toMatch(/could not be reached/i);

    await restartWorker();
    await record(stack, HOURS, ['echo Open from six. >> notes.md'], 'Done.');
    await thread.click('jonas', /^try again$/i);
    await thread.see(offers(UNVERIFIED, { after: failed.ts }));
  });

  it('that fails in the middle of the work loses nothing of it', async () => {
    const others = sessionBranches(notes);
    await stack.model.control('POST', '/scripts', {
      name: 'half',
      yaml: JSON.stringify({
        match: 'write half',
        steps: [
          { tools: [{ name: 'shell', arguments: { command: 'echo The first half. >> notes.md' } }] },
          { fault: { kind: 'http_401', times: 1 }, say: 'Never heard.' },
        ],
      }),
    });
    const thread = await mention(stack, 'mira', 'shop', 'write half of it');
    await thread.see(ended(/key/i));
    await record(stack, 'go on', ['echo The second half. >> notes.md'], 'Both halves are there.');
    await thread.replyForOffer('jonas', 'go on', UNVERIFIED);
    const branch = sessionBranches(notes).find((name) => !others.includes(name)) ?? '';
    expect(notes.git('show', `${branch}:notes.md`)).toMatch(/The first half\.\nThe second half\./);
  });
});

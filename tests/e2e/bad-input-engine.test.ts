// A Docker Engine that is not there, has no image, or goes away: the thread says so, and goes on afterwards.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../setup/environment.ts';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { mention, record, TEST_MS } from './conversation.ts';
import { openBareEnginePath, openEnginePath } from './engine-path.ts';
import { readable } from './people.ts';
import { sessionBranches } from './repos.ts';
import { type Stack, startStack } from './stack.ts';
import { ended, offers } from './thread.ts';

const UNVERIFIED = /^merge unverified$/i;
/** The whole error: while the turn waits for the engine, its first sentence stands there without the second. */
const UNREACHABLE = /the docker engine could not be reached.*start it.*DOCKER_HOST/is;

let stack: Stack;
let notes: TestRemote;

beforeAll(async () => {
  notes = createRemote();
  notes.commit({ 'notes.md': '# Notes\n' });
  stack = await startStack({
    repos: [{ name: 'notes', url: notes.url, channels: ['shop'] }],
    // Engines that are not waited for: how one that comes back is, tests/faults/engine-turn.test.ts shows.
    sandbox: { engine_wait_seconds: 1 },
  });
  await record(stack, 'opening hours', ['echo Open from six. >> notes.md'], 'Done.');
});

afterAll(async () => {
  await stack.stop();
  notes.remove();
});

async function restartWorker(env: NodeJS.ProcessEnv = {}): Promise<void> {
  await stack.worker.stop();
  await stack.startWorker(env);
}

/** A folder with git and nothing else in it, to be searched for programs. */
function onlyGit(): string {
  const folder = join(stack.folder, 'only-git');
  mkdirSync(folder);
  symlinkSync(execFileSync('which', ['git'], { encoding: 'utf8' }).trim(), join(folder, 'git'));
  return folder;
}

describe('a Docker Engine', { timeout: TEST_MS }, () => {
  it('that cannot be reached is named, and the button tries again once it can', async () => {
    await restartWorker({ DOCKER_HOST: `unix://${join(stack.folder, 'no-engine.sock')}` });
    const thread = await mention(stack, 'mira', 'shop', 'write down the opening hours');
    const failed = await thread.see(ended(UNREACHABLE));
    await restartWorker();
    await thread.click('jonas', /^try again$/i);
    await thread.see(offers(UNVERIFIED, { after: failed.ts }));
  });

  it('without the sandbox image, which cannot be built here, names what to install', async () => {
    const bare = await openBareEnginePath(part('DOCKER_HOST'));
    try {
      await restartWorker({ DOCKER_HOST: bare.host, PATH: onlyGit() });
      const thread = await mention(stack, 'mira', 'shop', 'write down the opening hours');
      const failed = await thread.see(ended(/debootstrap could not be started/i));
      expect(readable(failed)).toMatch(/apt-get install -y debootstrap/);
      await restartWorker();
      await thread.replyForOffer('jonas', 'write down the opening hours', UNVERIFIED);
    } finally {
      await bare.close();
    }
  });

  it('that goes away in the middle of a turn loses nothing of what was done', async () => {
    const others = sessionBranches(notes);
    const path = await openEnginePath(part('DOCKER_HOST'));
    try {
      await restartWorker({ DOCKER_HOST: path.host });
      const first = 'echo The first half. >> notes.md; echo "written $((40 + 2))"';
      await record(stack, 'write half', [first, 'sleep 30'], 'Half is done.');
      const thread = await mention(stack, 'mira', 'shop', 'write half of it');
      await expect
        .poll(async () => JSON.stringify(await stack.model.control('GET', '/requests?since=0')), {
          timeout: 120_000,
        })
        .toContain('written 42');
      await path.cut();
      await thread.see(ended(UNREACHABLE));
      await path.mend();
      await record(stack, 'go on', ['echo The second half. >> notes.md'], 'Both halves are there.');
      await thread.replyForOffer('jonas', 'go on', UNVERIFIED);
      const branch = sessionBranches(notes).find((name) => !others.includes(name)) ?? '';
      expect(notes.git('show', `${branch}:notes.md`)).toMatch(/The first half\.\nThe second half\./);
    } finally {
      await path.close();
    }
  });
});

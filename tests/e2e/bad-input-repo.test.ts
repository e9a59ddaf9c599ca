// Repos that cannot be worked on as they are: the thread says why and how to go on, and goes on after that.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { APPROVE, labelsOf, mention, record, TEST_MS } from './conversation.ts';
import { readable } from './people.ts';
import { acceptPushes, refusePushes, sessionBranches } from './repos.ts';
import { type Stack, startStack } from './stack.ts';
import { ended, offers, says } from './thread.ts';

const CHECKED = 'checks: [{ name: notes, run: "test -s notes.md" }]\n';
const UNVERIFIED = /^merge unverified$/i;
const TRY_AGAIN = /^try again$/i;

let stack: Stack;
let empty: TestRemote;
let muddled: TestRemote;
let unbuildable: TestRemote;
let guarded: TestRemote;
let slow: TestRemote;
let plain: TestRemote;

beforeAll(async () => {
  [empty, muddled, unbuildable, guarded, slow, plain] = [
    createRemote(),
    createRemote(),
    createRemote(),
    createRemote(),
    createRemote(),
    createRemote(),
  ];
  muddled.commit({ 'notes.md': '# Notes\n', '.threadsmith.yaml': 'checks: all of them\nsetup: 3\n' });
  unbuildable.commit({
    'notes.md': '# Notes\n',
    '.threadsmith.yaml': `setup: ["echo looking for the flour; seq 1 900; echo no flour in the house; exit 7"]\n${CHECKED}`,
  });
  guarded.commit({ 'notes.md': '# Notes\n', '.threadsmith.yaml': CHECKED });
  slow.commit({ 'notes.md': '# Notes\n', '.threadsmith.yaml': 'checks: ["sleep 600"]\n' });
  plain.commit({ 'notes.md': '# Notes\n' });
  const repos = [
    { name: 'lost', url: 'http://baker:s3cret-flour@127.0.0.1:9/lost.git' },
    { name: 'missing', url: `${plain.folder}/missing.git` },
    { name: 'empty', url: empty.url },
    { name: 'muddled', url: muddled.url },
    { name: 'unbuildable', url: unbuildable.url },
    { name: 'guarded', url: guarded.url },
    { name: 'slow', url: slow.url },
    { name: 'plain', url: plain.url },
  ];
  stack = await startStack({
    repos: repos.map((repo) => ({ ...repo, channels: [] })),
    sandbox: { check_minutes: 0.05 },
  });
  await record(
    stack,
    'write down the opening hours',
    ['grep -q six notes.md || echo Open from six. >> notes.md'],
    'Done.',
  );
});

afterAll(async () => {
  await stack.stop();
  for (const remote of [empty, muddled, unbuildable, guarded, slow, plain]) remote.remove();
});

const ask = (repo: string) => mention(stack, 'mira', 'platform', `write down the opening hours repo=${repo}`);

describe('a repo', { timeout: TEST_MS }, () => {
  it('that cannot be fetched is named without its password', async () => {
    const thread = await ask('lost');
    const failed = await thread.see(ended(/could not be fetched/i));
    expect(readable(failed)).toContain('http://127.0.0.1:9/lost.git');
    expect(readable(failed)).toMatch(/check its address/i);
    for (const message of await thread.messages()) expect(JSON.stringify(message)).not.toContain('s3cret');
  });

  it('that is not there yet can be made and tried again with the button', async () => {
    const thread = await ask('missing');
    const failed = await thread.see(ended(/could not be fetched/i));
    expect(labelsOf(failed)).toContainEqual(expect.stringMatching(TRY_AGAIN));
    plain.git('clone', '-q', '--bare', plain.url, `${plain.folder}/missing.git`);
    await thread.click('jonas', TRY_AGAIN);
    await thread.see(offers(UNVERIFIED, { after: failed.ts }));
  });

  it('without a commit is called empty, and goes once it has one', async () => {
    const thread = await ask('empty');
    const failed = await thread.see(ended(/has no commit on its branch main/i));
    expect(readable(failed)).toMatch(/push a first commit/i);
    empty.commit({ 'notes.md': '# Notes\n' });
    await thread.replyForOffer('mira', 'write down the opening hours', UNVERIFIED);
  });

  it('with a wrong .threadsmith.yaml is told key and expectation, and goes once that is mended', async () => {
    const thread = await ask('muddled');
    const failed = await thread.see(ended(/\.threadsmith\.yaml on the default branch is not valid/i));
    expect(readable(failed)).toMatch(/setup: .*array.*checks: .*array/i);
    muddled.commit({ '.threadsmith.yaml': CHECKED });
    await thread.replyForOffer('mira', 'write down the opening hours');
  });

  it('whose setup fails shows the end of its output, and goes once that is mended', async () => {
    const thread = await ask('unbuildable');
    const failed = await thread.see(ended(/the setup line .* failed/i));
    const shown = failed.blocks?.flatMap((block) => block.elements ?? []) ?? [];
    const output = shown.filter((element) => JSON.stringify(element).includes('rich_text_preformatted'));
    expect(JSON.stringify(output)).toMatch(/899.*900.*no flour in the house/);
    expect(JSON.stringify(output)).not.toContain('looking for the flour');
    expect(readable(failed)).toMatch(/correct `?setup`? in \.threadsmith\.yaml/i);
    unbuildable.commit({ '.threadsmith.yaml': CHECKED });
    await thread.replyForOffer('mira', 'write down the opening hours');
  });

  it('whose remote refuses the push says so in its own words, and nothing done is lost', async () => {
    refusePushes(guarded, 'main street is closed');
    const thread = await ask('guarded');
    const failed = await thread.see(ended(/was refused by the remote of guarded/i));
    expect(readable(failed)).toContain('main street is closed');
    expect(readable(failed)).toMatch(/the work is kept/i);
    expect(sessionBranches(guarded)).toEqual([]);
    acceptPushes(guarded);
    await record(stack, 'push it again', [], 'Nothing more to do.');
    await thread.replyForOffer('mira', 'push it again');
    expect(guarded.git('show', `${sessionBranches(guarded)[0]}:notes.md`)).toContain('Open from six.');
  });

  it('whose remote refuses the merge keeps the button, and merges once it may', async () => {
    acceptPushes(guarded);
    const thread = await ask('guarded');
    const offered = await thread.see(offers(APPROVE));
    refusePushes(guarded, 'the branch is protected');
    await thread.click('mira', APPROVE);
    const failed = await thread.see(ended(/merging into main was refused/i));
    expect(readable(failed)).toContain('the branch is protected');
    acceptPushes(guarded);
    // The approval stands: what is left to do is the merge.
    const still = await thread.see(offers(/^merge$/i));
    expect(still.message.ts).toBe(offered.message.ts);
    await thread.click('mira', /^merge$/i);
    await thread.see(says(/merged/i, { after: failed.ts }));
  });

  it('whose check hangs ends as a result that is not verified', async () => {
    const thread = await ask('slow');
    const { message } = await thread.see(offers(UNVERIFIED));
    expect(readable(message)).toMatch(/timed out/i);
    expect(readable(message)).toMatch(/was stopped after 3 s without an end/i);
    await record(stack, 'write down the way', ['echo By tram. >> notes.md'], 'Done.');
    await thread.replyForOffer('mira', 'write down the way', UNVERIFIED);
  });

  it('without checks ends as a result that is not verified', async () => {
    const thread = await ask('plain');
    const { message } = await thread.see(offers(UNVERIFIED));
    expect(readable(message)).toMatch(/no checks/i);
    expect(sessionBranches(plain)).toHaveLength(1);
  });
});

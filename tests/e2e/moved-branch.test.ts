// Other people push while a session is under way: to its branch, and to the branch it is to be merged into. In good
// weather: somebody who clicks again has the merge refused again; thread-cases/result.ts has that in bad weather.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { required } from '../required.ts';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { APPROVE, type Conversation, mention, record, TEST_MS } from './conversation.ts';
import { readable } from './people.ts';
import { acceptPushes, refusePushes, sessionBranches } from './repos.ts';
import { type Stack, startStack } from './stack.ts';
import { ended, type Offer, offers, says } from './thread.ts';

/** Fails in all the rounds of a turn, as a check does that needs something which is not there yet. */
const WARM_AT_LAST = 'n=$(cat $HOME/oven 2>/dev/null || echo 1); echo $((n + 1)) > $HOME/oven; test $n -gt 3';

let stack: Stack;
let notes: TestRemote;
let oven: TestRemote;

beforeAll(async () => {
  notes = createRemote();
  const check = 'grep -q "^Open from" notes.md';
  notes.commit({
    'notes.md': '# Notes\nOpen from five.\nBy tram.\n',
    '.threadsmith.yaml': JSON.stringify({ checks: [{ name: 'hours', run: check }] }),
  });
  oven = createRemote();
  oven.commit({
    'notes.md': '# Notes\n',
    '.threadsmith.yaml': JSON.stringify({ checks: [{ name: 'oven', run: WARM_AT_LAST }] }),
  });
  stack = await startStack({
    repos: [
      { name: 'notes', url: notes.url, channels: ['shop'] },
      { name: 'oven', url: oven.url, channels: ['platform'] },
    ],
  });
  const scripts: Record<string, string> = {
    'open at six': 'sed -i "s/^Open.*/Open from six./" notes.md',
    'open at noon': 'sed -i "s/^Open.*/Open from noon./" notes.md',
    'add the bus': 'echo Or by bus. >> notes.md',
    'light the oven': 'echo Lit. >> notes.md',
    'is it open': 'cat notes.md',
  };
  for (const [request, command] of Object.entries(scripts)) await record(stack, request, [command], 'Done.');
});

afterAll(async () => {
  await stack.stop();
  notes.remove();
  oven.remove();
});

const main = (...args: string[]) => notes.git(...args, 'main');

interface Begun {
  readonly thread: Conversation;
  readonly offer: Offer;
  readonly branch: string;
}

async function begin(request: string, label = APPROVE): Promise<Begun> {
  const others = sessionBranches(notes);
  const thread = await mention(stack, 'mira', 'shop', request);
  const offer = await thread.see(offers(label));
  const branch = sessionBranches(notes).find((name) => !others.includes(name));
  return { thread, offer, branch: required(branch, 'no branch was pushed') };
}

async function mergeNow(thread: Conversation, after: string): Promise<void> {
  await thread.click('mira', APPROVE);
  await thread.see(says(/merged/i, { after }));
}

describe('a push to the branch of a session', { timeout: TEST_MS }, () => {
  it('makes the head stale: nothing is merged, and the next turn builds on what was pushed', async () => {
    const { thread, offer, branch } = await begin('open at six');
    const pushed = notes.commit({ 'by-hand.md': 'Pushed by hand.\n' }, branch, 'By hand');
    const before = main('rev-parse');
    await thread.click('mira', APPROVE);
    const refused = await thread.see(ended(/branch .* is now at/i, { after: offer.message.ts }));
    expect(readable(refused)).toContain(pushed.slice(0, 8));
    expect(main('rev-parse')).toBe(before);
    await thread.click('jonas', /^show what changed$/i);
    const [modal] = await stack.people.views('jonas');
    expect(JSON.stringify(modal)).toContain('Pushed by hand.');
    expect(JSON.stringify(modal)).not.toContain('Open from six.');

    const next = await thread.replyForOffer('jonas', 'add the bus');
    expect(readable(next.message)).toContain('by-hand.md');
    await mergeNow(thread, next.message.ts);
    expect(notes.git('show', 'main:by-hand.md')).toBe('Pushed by hand.');
    expect(notes.git('log', '-1', '--format=%B', 'main')).toMatch(/^Co-authored-by: Jonas Weber/m);
    expect(notes.git('show', 'main:notes.md')).toMatch(/Open from six\.\nBy tram\.\nOr by bus\./);
  });

  it('is verified and shown by a turn that changes nothing itself', async () => {
    const { thread, branch } = await begin('open at noon');
    const pushed = notes.commit({ 'more.md': 'More by hand.\n' }, branch, 'By hand');
    const next = await thread.replyForOffer('jonas', 'is it open?');
    expect(readable(next.message)).toContain('more.md');
    await mergeNow(thread, next.message.ts);
    expect(notes.git('rev-parse', 'main^2')).toBe(pushed);
  });
});

describe('work that could not be pushed', { timeout: TEST_MS }, () => {
  /** Published once, then worked on without a push, then pushed to by somebody else. */
  async function interrupted(theirs: Record<string, string>): Promise<Begun> {
    const begun = await begin('open at six');
    refusePushes(notes, 'closed for today');
    const asked = await begun.thread.reply('mira', 'add the bus');
    await begun.thread.see(ended(/closed for today/, { after: asked }));
    acceptPushes(notes);
    notes.commit(theirs, begun.branch, 'By hand');
    return begun;
  }

  it('comes on top of what somebody else pushed meanwhile', async () => {
    const { thread, branch } = await interrupted({ 'meanwhile.md': 'Meanwhile.\n' });
    const next = await thread.replyForOffer('jonas', 'is it open?');
    expect(readable(next.message)).toContain('meanwhile.md');
    expect(notes.git('show', `${branch}:meanwhile.md`)).toBe('Meanwhile.');
    expect(notes.git('show', `${branch}:notes.md`)).toContain('Or by bus.');
    await thread.click('mira', /^discard$/i);
  });

  it('is marked where it conflicts with that, and the agent is told', async () => {
    const { thread, branch } = await interrupted({ 'notes.md': '# Notes\nOpen from one.\nBy boat.\n' });
    await record(stack, 'take both', ['sed -i "/^[<=>]\\{7\\}/d" notes.md'], 'Both ways are in.');
    await thread.replyForOffer('jonas', 'take both');
    const asked = JSON.stringify(await stack.model.control('GET', '/requests?since=0'));
    expect(asked).toContain('Your own unpublished changes conflict with them');
    expect(notes.git('show', `${branch}:notes.md`)).toMatch(/By boat\.[^]*Or by bus\./);
  });
});

describe('a push to the default branch', { timeout: TEST_MS }, () => {
  it('that conflicts is named by its file, and Update branch has the agent bring the change up to date', async () => {
    const { thread, offer } = await begin('open at six');
    const text = notes.git('show', 'main:notes.md').replace(/^Open.*$/m, 'Open from four.');
    const theirs = notes.commit({ 'notes.md': `${text}\n`, 'theirs.md': 'Of others.\n' });
    await thread.click('mira', APPROVE);
    const refused = await thread.see(ended(/conflicts with main in notes\.md/i, { after: offer.message.ts }));
    // The approval stands: what is left to do is the merge.
    await thread.see(offers(/^merge$/i));
    await thread.click('jonas', /^merge$/i);
    await thread.see(says(/conflicts with main in notes\.md/i, { after: refused.ts }));
    expect(main('rev-parse')).toBe(theirs);

    const resolve =
      'git merge --no-commit origin/main || sed -i "/^[<=>]\\{7\\}/d;/^Open from four/d" notes.md';
    await record(stack, 'Bring this branch up to date', [resolve], 'Both are in now.');
    await thread.click('jonas', /^update branch$/i);
    const next = await thread.see(offers(APPROVE, { after: refused.ts }));
    expect(readable(next.message)).not.toContain('theirs.md');
    await mergeNow(thread, next.message.ts);
    expect(notes.git('show', 'main:notes.md')).toContain('Open from six.');
    expect(notes.git('show', 'main:theirs.md')).toBe('Of others.');
    expect(Number(notes.git('rev-list', '--count', `main..${theirs}`))).toBe(0);
  });
});

describe('a result that is not verified', { timeout: TEST_MS }, () => {
  it('is verified again by a reply that changes nothing, and can be approved once that passes', async () => {
    const thread = await mention(stack, 'mira', 'platform', 'light the oven');
    await thread.see(offers(/^merge unverified$/i));
    const head = oven.git('rev-parse', sessionBranches(oven)[0] ?? '');
    const again = await thread.replyForOffer('jonas', 'is it open?');
    expect(oven.git('rev-parse', sessionBranches(oven)[0] ?? '')).toBe(head);
    await mergeNow(thread, again.message.ts);
    expect(oven.git('rev-parse', 'main^2')).toBe(head);
  });
});

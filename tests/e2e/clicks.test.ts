// What the buttons of a result do, and what somebody is told where they do nothing. In good weather: of two who
// click at once the one who loses is told so, and would find no button to click again had their click been lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { required } from '../required.ts';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { APPROVE, labelsOf, mention, record, TEST_MS, toldOnly } from './conversation.ts';
import { readable } from './people.ts';
import { createShop, sessionBranches } from './repos.ts';
import { type Stack, startStack } from './stack.ts';
import { offers, says, withdraws } from './thread.ts';

let stack: Stack;
let shop: TestRemote;
let notes: TestRemote;

beforeAll(async () => {
  shop = createShop();
  notes = createRemote();
  notes.commit({ 'notes.md': '# Notes\n' });
  stack = await startStack({
    repos: [
      { name: 'brightloaf', url: shop.url, channels: ['shop'] },
      { name: 'notes', url: notes.url, channels: ['platform'] },
    ],
  });
  await record(stack, 'write down the opening hours', ['echo Open from six. >> notes.md'], 'Written down.');
});

afterAll(async () => {
  await stack.stop();
  shop.remove();
  notes.remove();
});

const mergesOf = (remote: TestRemote) => Number(remote.git('rev-list', '--merges', '--count', 'main'));

describe('a result', { timeout: TEST_MS }, () => {
  it('shows its change in a modal, is merged once for two who click at once, and has no buttons then', async () => {
    const thread = await mention(stack, 'mira', 'shop', 'add a stamp picture');
    const { message } = await thread.see(offers(APPROVE));
    expect(readable(message)).toMatch(/public\/pictures\/stamp\.png\s+binary/);

    await thread.click('sana', /^view diff$/i);
    const modal = JSON.stringify((await stack.people.views('sana')).at(-1)?.blocks);
    expect(modal).toContain('src/cart.js');
    expect(modal).toContain('+    total += lineTotal(line);');
    expect(modal).toMatch(/public\/pictures\/stamp\.png.{0,200}binary/);

    await thread.click('sana', APPROVE);
    const refused = await thread.see(toldOnly(/may not/i), 'sana');
    expect(readable(refused)).toMatch(/mira@brightloaf\.example.*jonas@brightloaf\.example/);
    expect(toldOnly(/may not/i)(await thread.messages('mira'))).toBeUndefined();
    expect(mergesOf(shop)).toBe(0);

    await Promise.all(['mira', 'jonas'].map((who) => thread.clickOn(who, message, APPROVE)));
    const merged = says(/merged/i, { after: message.ts });
    await thread.see(merged);
    const winner = /Approved-by: (\w+)/.exec(shop.git('log', '-1', '--format=%B', 'main'))?.[1];
    await thread.see(
      toldOnly(/nothing was done twice|has merged this already/i),
      winner === 'Mira' ? 'jonas' : 'mira',
    );
    expect(mergesOf(shop)).toBe(1);
    // While it is merged the buttons are gone as well.
    const commit = shop.git('rev-parse', 'main').slice(0, 7);
    await thread.see((messages) => {
      const shown = withdraws(message.ts, /merge|discard|changes/i)(messages);
      return shown !== undefined && readable(shown).includes(commit) ? shown : undefined;
    });
    expect((await thread.messages()).filter((one) => merged([one]) !== undefined)).toHaveLength(1);
  });

  it('that nothing verified is merged only by who says so twice', async () => {
    const thread = await mention(stack, 'mira', 'platform', 'write down the opening hours');
    const { message } = await thread.see(offers(/^merge unverified$/i));
    expect(labelsOf(message)).not.toContainEqual(expect.stringMatching(APPROVE));
    await thread.click('mira', /^merge unverified$/i);
    const view = required((await stack.people.views('mira')).at(-1), 'nobody asked again');
    expect(view.callback_id).toBe('threadsmith.modal.merge_unverified');
    await sleep(2_000);
    expect(mergesOf(notes)).toBe(0);
    await stack.people.submit('mira', view.id, {});
    await thread.see(says(/merged/i, { after: message.ts }));
    expect(notes.git('show', 'main:notes.md')).toContain('Open from six.');
  });

  it('that is discarded is gone once a reply comes, and that begins anew', async () => {
    const others = sessionBranches(notes);
    await record(stack, 'forget the notes', ['git rm -q notes.md'], 'They are gone.');
    const thread = await mention(stack, 'mira', 'platform', 'forget the notes');
    const { message } = await thread.see(offers(/^discard$/i));
    const branch = required(
      sessionBranches(notes).find((name) => !others.includes(name)),
      'no branch',
    );
    await thread.click('jonas', /^discard$/i);
    await thread.see((messages) => {
      const shown = withdraws(message.ts, /merge|discard|changes/i)(messages);
      return shown !== undefined && /discarded/i.test(readable(shown)) ? shown : undefined;
    });

    await record(stack, 'write down the way', ['echo By tram. > way.md'], 'Written down.');
    await thread.replyForOffer('jonas', 'write down the way', /^merge unverified$/i);
    expect(notes.git('diff', '--name-only', 'main', branch)).toBe('way.md');
  });
});

describe('a guest', { timeout: TEST_MS }, () => {
  it('who may not start is told who may, and no work begins', async () => {
    const thread = await mention(stack, 'guest-lee', 'shop', 'fix the total on the cart page');
    const told = await thread.see(toldOnly(/may not start/i), 'guest-lee');
    expect(readable(told)).toContain('every full member');
    const asked = JSON.stringify(await stack.model.control('GET', '/requests?since=0'));
    expect(asked).toMatch(/request from=.{0,5}Mira/);
    expect(asked).not.toMatch(/request from=.{0,5}Lee/);
  });
});

// Mentions that do not say enough: the thread asks, and goes on with the answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { labelsOf, mention, record, TEST_MS, toldOnly } from './conversation.ts';
import { readable } from './people.ts';
import { type Stack, startStack } from './stack.ts';
import { offers, says, withdraws } from './thread.ts';

let stack: Stack;
let bakery: TestRemote;
let website: TestRemote;
let depot: TestRemote;

beforeAll(async () => {
  [bakery, website, depot] = [createRemote(), createRemote(), createRemote()];
  bakery.commit({ 'where.md': 'The bakery.\n' });
  website.commit({ 'where.md': 'The website.\n' });
  depot.commit({ 'where.md': 'The depot.\n' });
  stack = await startStack({
    repos: [
      { name: 'bakery', url: bakery.url, channels: ['shop'] },
      { name: 'website', url: website.url, channels: ['shop'] },
      { name: 'depot', url: depot.url, channels: ['platform'] },
    ],
  });
  await record(stack, 'where are we', ['cat where.md'], 'I looked.');
});

afterAll(async () => {
  await stack.stop();
  for (const remote of [bakery, website, depot]) remote.remove();
});

/** The tool results that the model was sent. */
const modelSaw = async (text: string) =>
  JSON.stringify(await stack.model.control('GET', '/requests?since=0')).includes(text);

describe('a mention', { timeout: TEST_MS }, () => {
  it('in a channel of several repos offers a button for each, and goes on with the one that is clicked', async () => {
    const thread = await mention(stack, 'mira', 'shop', 'where are we?');
    const { message } = await thread.see(offers(/^website$/));
    expect(labelsOf(message)).toEqual(['bakery', 'website']);
    expect(readable(message)).toMatch(/which repo is this for/i);

    await thread.click('guest-lee', /^bakery$/);
    await thread.see(toldOnly(/may not/i), 'guest-lee');
    await thread.click('jonas', /^website$/);
    await thread.see(says(/I looked\./));
    expect(await modelSaw('The website.')).toBe(true);
    expect(await modelSaw('The bakery.')).toBe(false);
    await thread.see(withdraws(message.ts, /^(bakery|website)$/));

    const asked = await thread.reply('mira', 'where are we now?');
    await thread.see(says(/I looked\./, { after: asked }));
    expect(await modelSaw('The bakery.')).toBe(false);
  });

  it('in a channel of no repo offers all of them', async () => {
    const thread = await mention(stack, 'mira', 'alerts', 'where are we?');
    const { message } = await thread.see(offers(/^depot$/));
    expect(labelsOf(message)).toEqual(['bakery', 'website', 'depot']);
    expect(readable(message)).toMatch(/no repo is set for this channel/i);
  });

  it('of a repo that does not exist says so, offers all, and two who choose at once get one', async () => {
    const thread = await mention(stack, 'mira', 'platform', 'where are we? repo=nonsense');
    const { message } = await thread.see(offers(/^depot$/));
    expect(readable(message)).toMatch(/there is no repo called nonsense/i);
    expect(labelsOf(message)).toEqual(['bakery', 'website', 'depot']);
    await Promise.allSettled([thread.click('mira', /^depot$/), thread.click('jonas', /^depot$/)]);
    await thread.see(says(/I looked\./));
    const answers = (await thread.messages()).filter((one) => says(/I looked\./)([one]) !== undefined);
    expect(answers).toHaveLength(1);
  });

  it('that names a repo needs no choice', async () => {
    const thread = await mention(stack, 'mira', 'shop', 'where are we? repo=depot');
    await thread.see(says(/I looked\./));
    expect(await modelSaw('The depot.')).toBe(true);
  });

  it('without words gets a hint in one line, and no turn', async () => {
    const thread = await mention(stack, 'mira', 'platform', '');
    const hint = await thread.see(says(/say what you want done, for example/i));
    expect(hint.text.split('\n')).toHaveLength(1);
    expect(labelsOf(hint)).toEqual([]);
    const asked = await thread.reply('mira', '@threadsmith where are we?');
    await thread.see(says(/I looked\./, { after: asked }));
    expect((await thread.messages()).filter((message) => message.bot_id !== undefined)).toHaveLength(2);
  });
});

// Where a request is worked on, and how: options in plain words, and the ways in which its repo is found.
import { expect } from 'vitest';
import { APPROVE, labelsOf } from '../conversation.ts';
import { readable } from '../people.ts';
import { offers, says } from '../thread.ts';
import { answersIn, type Stories } from './story.ts';

const LEDGER = /The sign says: ledger, main\./;

export const routeStories: Stories = {
  'repo, branch and model are taken from the words': async (town) => {
    const request = 'repo=ledger branch=archive model=scripted-mini what does the sign say?';
    const thread = await town.ask('mira', 'window', request);
    const answer = await thread.see(says(/The sign says: ledger, archive\./));
    expect(readable(answer)).toMatch(/scripted-mini · .* · ledger/);
  },

  'read only changes nothing, in the repo that is linked': async (town) => {
    const thread = await town.ask(
      'mira',
      'window',
      'read only: paint the sign, see https://code.example/ledger',
    );
    const answer = await thread.see(says(/The sign is painted\./));
    expect(labelsOf(answer)).toEqual(['Change repo or branch']);
    expect(readable(answer)).toMatch(/tokens · ledger/);
    expect(await answersIn(thread, town.botUser)).toHaveLength(1);
  },

  'plan first shows a plan and waits for Go': async (town) => {
    const thread = await town.ask('mira', 'window', 'repaint the sign, plan first');
    const plan = await thread.see(says(/A plan, before anything is changed/));
    expect(readable(plan)).toMatch(/Paint sign\.txt/);
    expect(labelsOf(plan)).toEqual(['Go', 'Change', 'Cancel']);
    await thread.click('jonas', /^go$/i);
    const { message } = await thread.see(offers(APPROVE));
    expect(readable(message)).toContain('The sign is painted as planned.');
    const [shown] = (await thread.messages()).filter(({ ts }) => ts === plan.ts);
    expect(shown === undefined ? [] : labelsOf(shown)).toEqual([]);
  },

  "the repo of the channel's topic": async (town) => {
    const thread = await town.ask('mira', 'weighing', 'what does the sign say?');
    await thread.see(says(LEDGER));
  },

  'the repo that a cheap model knows from its description': async (town) => {
    const thread = await town.ask('mira', 'platform', 'what does the sign about unpaid invoices say?');
    await thread.see(says(LEDGER));
    const heard = await town.heard('<repos>');
    expect(heard).toContain('- ledger: Bookkeeping: invoices and taxes');
  },

  'where nothing says it a person is asked, and the thread remembers': async (town) => {
    const thread = await town.ask('mira', 'platform', 'what does the sign say?');
    const { message } = await thread.see(offers(/^ledger$/));
    expect(labelsOf(message)).toEqual(['bakery', 'ledger']);
    await thread.click('mira', /^ledger$/);
    await thread.see(says(LEDGER));
    const asked = await thread.reply('jonas', 'what does the sign say today?');
    await thread.see(says(LEDGER, { after: asked }));
    expect(await answersIn(thread, town.botUser)).toHaveLength(2);
  },
};

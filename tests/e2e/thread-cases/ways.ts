// Work that people shape before and after it is done: a plan first, another repo, other ways, a discard.
import { expect } from 'vitest';
import { labelsOf, runs } from '../conversation.ts';
import { readable } from '../people.ts';
import { offers, says } from '../thread.ts';
import { type Bakery, turnsInto, withButtons } from './bakery.ts';

/** A plan that is changed by a modal, carried out after a Go, and another one that is cancelled. */
export async function plans({ ask, script, modal, stack }: Bakery): Promise<void> {
  await script('fix the oven', [
    { say: '1. Turn the oven off.' },
    { say: '1. Open the door.\n2. Turn the oven off.' },
    runs('echo Off. > oven.md'),
    { say: 'The oven is off.' },
  ]);
  await script('paint the door', [{ say: '1. Paint it red.' }]);
  const dropped = await ask('sana', 'plans', 'plan first: paint the door');
  const thread = await ask('mira', 'plans', 'fix the oven, plan first');
  const first = await thread.see(withButtons(/^go$/i, /^change$/i, /^cancel$/i));
  expect(readable(first)).toMatch(/Turn the oven off[^]*Nothing is changed before Go/);
  await thread.see(says(/The plan is ready: it waits for a Go/));
  await thread.clickOn('jonas', first, /^change$/i);
  const view = await modal('jonas');
  await stack.people.submit('jonas', view.id, { plan: { text: 'open the door first' } });
  const changed = await thread.see(turnsInto(first, /asked for another plan: open the door first/));
  expect(labelsOf(changed)).toEqual([]);
  const second = await thread.see(withButtons(/^go$/i));
  expect(readable(second)).toContain('Open the door.');
  await thread.clickOn('jonas', second, /^go$/i);
  await thread.see(turnsInto(second, /said Go\./));
  const { message } = await thread.see(offers(/^approve/i));
  expect(readable(message)).toMatch(/The oven is off\.[^]*oven\.md/);

  const plan = await dropped.see(withButtons(/^cancel$/i));
  await dropped.clickOn('sana', plan, /^cancel$/i);
  await dropped.see(turnsInto(plan, /Nobody decided on this plan\./));
  await dropped.see(says(/Stopped by[^]*What was done so far is kept/));
}

/** The first answer names the repo, and Change moves the work to another one. */
export async function moved({ ask, script, release, modal, stack }: Bakery): Promise<void> {
  await script('where are we', [
    runs('cat where.md', { hold: 'where' }),
    { either: [{ when: { last_result_matches: 'The depot' }, say: 'In the depot.' }, { say: 'Nowhere.' }] },
  ]);
  const thread = await ask('mira', 'moved', 'where are we?');
  const status = await thread.see(withButtons(/^change repo or branch$/i));
  expect(readable(status)).toContain("notes (this channel's repo)");
  await thread.clickOn('noor', status, /^change repo or branch$/i);
  const view = await modal('noor');
  await stack.people.submit('noor', view.id, { repo: { name: 'depot' } });
  await thread.see(turnsInto(status, /depot \(changed\)/));
  await release('where');
  await thread.see(turnsInto(status, /In the depot\./));
}

/** Other ways of a result: words that only some of them read wait again where another one is chosen. */
export async function ways({ ask, script, release, notes }: Bakery): Promise<void> {
  const dough = [runs('echo Dough. > dough.md'), { say: 'There is dough.' }];
  await script('make the dough', dough);
  await script(
    'make the dough',
    [runs('echo Dough. > dough.md', { hold: 'dough' }), { say: 'There is dough.' }],
    {
      message_matches: 'thorough',
      priority: 1,
    },
  );
  await script('use rye flour', [runs('echo Rye. >> dough.md'), { say: 'It is of rye.' }]);
  const thread = await ask('mira', 'ways', 'make the dough');
  const { message } = await thread.see(offers(/^try 3 ways$/i));
  await thread.clickOn('jonas', message, /^try 3 ways$/i);
  await thread.see(turnsInto(message, /Other ways of doing this are being tried below/));
  await thread.see(says(/Trying \d ways · 3 of 4 done/));
  const rye = await thread.reply('jonas', 'use rye flour');
  const line = (await thread.see(offers(/^send now$/i, { after: rye }))).message;
  await thread.clickOn('jonas', line, /^send now$/i);
  await thread.see(turnsInto(line, /Handed to the request at work/));
  await release('dough');
  await thread.see(turnsInto(line, /Taken up by the request that was at work/));
  const cards = await thread.see(withButtons(/^choose 1$/i, /^choose 2$/i, /^choose 3$/i, /^choose 4$/i));
  // The simplest one was over when the words came.
  await thread.clickOn('sana', cards, /^choose 2$/i);
  await thread.see(turnsInto(cards, /attempt 2 of 4/));
  const done = await thread.see(turnsInto(line, /It is of rye\./));
  const branch = /threadsmith\/[\w-]+/.exec(readable(done))?.[0] ?? '';
  expect(notes.git('show', `${branch}:dough.md`)).toBe('Dough.\nRye.');

  await thread.clickOn('jonas', done, /^discard$/i);
  const discarded = await thread.see(turnsInto(done, /Discarded by Jonas Weber/));
  expect(labelsOf(discarded)).toEqual(['Undo']);
  await thread.clickOn('mira', discarded, /^undo$/i);
  await thread.see((messages) => withButtons(/^approve/i)(messages.filter(({ ts }) => ts === done.ts)));
  await thread.see(says(/took the discard back: the change is here again/));
}

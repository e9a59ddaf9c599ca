// Replies while a turn is at work, and words that are not for the agent.
import { expect } from 'vitest';
import { labelsOf, runs, threadAt } from '../conversation.ts';
import { type Message, readable } from '../people.ts';
import { offers, says } from '../thread.ts';
import { atWork, type Bakery, isSeen, ofApp, turnsInto, withButtons } from './bakery.ts';

const PRICES = { files: [{ name: 'prices.txt', content: 'rye 4.20\n' }] };

/** Six replies of three people, each with an end of its own. */
export async function waiting({ ask, script, release, heard, notes, stack }: Bakery): Promise<void> {
  const path = '(?<path>/work/attachments/\\S+prices\\.txt)';
  await script('bake the bread', [
    runs('echo Bread. > bread.md'),
    runs('true', { hold: 'bread' }),
    {
      either: [
        runs('cat {{path}}', { when: { last_result_matches: `integer cents.*${path}` } }),
        { say: 'Without prices.' },
      ],
    },
    {
      either: [
        { when: { last_result_matches: 'rye 4\\.20' }, say: 'Rye is 4.20, in cents.' },
        { say: 'Without.' },
      ],
    },
  ]);
  await script('slice it thin', [{ say: 'Sliced thin.' }]);
  const thread = await ask('mira', 'steering', 'bake the bread');
  const status = await thread.see(atWork);

  let place = 0;
  const reply = async (user: string, text: string, beside = {}) => {
    place += 1;
    const ts = await thread.reply(user, text, beside);
    const comes =
      place === 1 ? '1 request of this thread comes first' : `${place} requests of this thread come first`;
    const line = await thread.see(offers(/^send now$/i, { after: ts }));
    await thread.see(turnsInto(line.message, new RegExp(comes)));
    return { ts, line: line.message };
  };
  const cents = await reply('jonas', 'use integer cents');
  const prices = await reply('mira', 'these are the prices', PRICES);
  const wrong = await reply('sana', 'never mind the oven');
  const thin = await reply('jonas', 'slice it thn');
  const burnt = await reply('mira', 'burn it');
  const aside = await thread.reply('jonas', 'aside: I would not eat that');
  const toSana = await thread.reply('jonas', '@sana what do you think?');

  await thread.clickOn('sana', wrong.line, /^remove$/i);
  await thread.see(turnsInto(wrong.line, /removed this before its work began, so nothing was done/));
  const own = { channel: 'steering' };
  await stack.people.control('POST', '/messages/edit', {
    ...own,
    user: 'jonas',
    ts: thin.ts,
    text: 'slice it thin',
  });
  await stack.people.control('POST', '/messages/delete', { ...own, user: 'mira', ts: burnt.ts });
  await thread.see(turnsInto(burnt.line, /The message was deleted before its work began/));
  for (const { line } of [cents, prices]) {
    await thread.clickOn('jonas', line, /^send now$/i);
    await thread.see(turnsInto(line, /Handed to the request at work, which reads it before its next step/));
  }
  await release('bread');

  const done = await thread.see(turnsInto(status, /Rye is 4\.20, in cents/));
  for (const { line } of [cents, prices]) {
    const taken = await thread.see(turnsInto(line, /Taken up by the request that was at work/));
    expect(offers(/./)([taken])).toBeUndefined();
  }
  await thread.see(turnsInto(thin.line, /Sliced thin\./));
  const branch = /threadsmith\/[\w-]+/.exec(readable(done))?.[0] ?? '';
  expect(notes.git('log', '-1', '--format=%an%n%B', branch)).toMatch(
    /^Mira Okafor[^]*^Co-authored-by: Jonas Weber/m,
  );

  await thread.reply('sana', 'mute');
  await thread.see(says(/^Muted: replies here are not for me/m));
  const muted = await thread.reply('jonas', 'burn all of it');
  await thread.reply('jonas', 'unmute');
  await thread.see(says(/I read the replies of this thread again/));
  await heard();
  const messages = await thread.messages();
  for (const { ts } of [cents, prices, thin]) expect(isSeen(messages, ts)).toBe(true);
  for (const ts of [aside, toSana, muted]) expect(isSeen(messages, ts)).toBe(false);
  // The status, five lines of waiting replies, muted, unmuted.
  expect(ofApp(messages)).toHaveLength(8);
}

/** In a thread that people began only a mention counts, one that is neither quoted nor code. */
export async function talk({ stack, script }: Bakery): Promise<void> {
  await script('what was said', [{ say: 'Lunch is at noon.' }], {
    message_matches: 'Sana Qureshi: lunch at noon\\?.*Jonas Weber: ',
  });
  await script('and since then', [{ say: 'Lunch is at one.' }], {
    message_matches: '<thread[^>]*>\\s*Sana Qureshi: make that one\\s*</thread>',
  });
  const root = await stack.people.post('sana', 'talk', 'lunch at noon?');
  const thread = threadAt(stack, 'talk', root);
  const quoted = await thread.reply('jonas', '> @threadsmith cook it\nno, not that');
  const code = await thread.reply('jonas', 'say `@threadsmith cook it` then');
  await thread.reply('mira', '@threadsmith what was said?');
  const answer = await thread.see(says(/Lunch is at noon\./));
  const plain = await thread.reply('sana', 'make that one');
  const again = await thread.reply('jonas', '@threadsmith and since then?');
  await thread.see(says(/Lunch is at one\./, { after: again }));
  const messages = await thread.messages();
  for (const ts of [quoted, code, plain]) expect(isSeen(messages, ts)).toBe(false);
  expect(ofApp(messages)).toHaveLength(2);
  expect(answer.thread_ts).toBe(root);
}

/** The agent asks; a reply with a file is the answer. */
export async function question({ ask, script }: Bakery): Promise<void> {
  const asks = { question: 'Rye or wheat?', options: ['Rye', 'Wheat'] };
  const path = '(?<path>/work/attachments/\\S+list\\.txt)';
  await script('which bread', [
    { tools: [{ name: 'ask_user', arguments: asks }] },
    {
      either: [
        runs('cat {{path}}', { when: { last_result_matches: `${path}.*as on the list` } }),
        { say: 'No list came.' },
      ],
    },
    {
      either: [{ when: { last_result_matches: 'spelt' }, say: 'Spelt it is.' }, { say: 'Nothing is on it.' }],
    },
  ]);
  const thread = await ask('mira', 'questions', 'which bread?');
  const asked = await thread.see(withButtons(/^Rye$/, /^Wheat$/));
  expect(readable(asked)).toContain('Rye or wheat?');
  const answered = await thread.reply('jonas', 'as on the list', {
    files: [{ name: 'list.txt', content: 'spelt\n' }],
  });
  const over: Message = await thread.see(turnsInto(asked, /Spelt it is\./));
  expect(labelsOf(over)).toEqual(['Change repo or branch']);
  const messages = await thread.messages();
  expect(isSeen(messages, answered)).toBe(true);
  expect(ofApp(messages)).toHaveLength(1);
}

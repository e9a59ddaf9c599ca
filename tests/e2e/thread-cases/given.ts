// What a message may be besides plain words, and answers longer than any message.
import { expect } from 'vitest';
import { readable } from '../people.ts';
import { says } from '../thread.ts';
import { type Bakery, isSeen, ofApp } from './bakery.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const FORWARDED = { is_share: true, author_name: 'Sana Qureshi', text: 'the tax is off', fallback: 'x' };

/** A picture alone, a forwarded message alone, and the edit of a message whose work is over. */
export async function given({ ask, script, stack }: Bakery): Promise<void> {
  await script('See the attached files', [{ say: 'One white pixel.' }], {
    message_matches: 'cart\\.png \\(image/png',
  });
  await script('See the forwarded message', [{ say: 'The tax it is.' }], {
    message_matches: 'Sana Qureshi: the tax is off',
  });
  const thread = await ask('mira', 'given', '', { files: [{ name: 'cart.png', content: PNG }] });
  const first = await thread.see(says(/One white pixel\./));
  const forwarded = await thread.reply('jonas', '', { attachments: [FORWARDED] });
  await thread.see(says(/The tax it is\./, { after: forwarded }));
  const edited = { user: 'mira', channel: 'given', ts: thread.root, text: '@threadsmith look again' };
  await stack.people.control('POST', '/messages/edit', edited);
  await thread.reply('mira', 'stop');
  await thread.see((messages) => messages.find(({ text }) => /Nothing is under way/.test(text)), 'mira');
  const messages = await thread.messages();
  expect(ofApp(messages)).toHaveLength(2);
  expect(readable(messages.find(({ ts }) => ts === first.ts) ?? first)).toContain('One white pixel.');
  expect(isSeen(messages, thread.root)).toBe(true);
}

/** An answer of 160,000 characters comes whole and in order, split where it may be. */
export async function longAnswer({ ask, script }: Bakery): Promise<void> {
  const words = Array.from({ length: 2_000 }, (_, index) =>
    `word${index} ${'and more of it '.repeat(5)}`.trim(),
  );
  const text = words.join('\n\n');
  expect(text.length).toBeGreaterThan(160_000);
  await script('explain everything', [{ say: text }]);
  const thread = await ask('sana', 'long', 'explain everything');
  await thread.see(says(/word1999 /));
  const said = ofApp(await thread.messages()).map(({ blocks }) => JSON.stringify(blocks));
  const order = [...said.join('\n').matchAll(/word(\d+) /g)].map(([, index]) => Number(index));
  expect(order).toEqual(words.map((_, index) => index));
}

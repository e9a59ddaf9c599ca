// Work whose output is too much, too large or not text: it ends well all the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { APPROVE, mention, TEST_MS } from './conversation.ts';
import { readable } from './people.ts';
import { type Stack, startStack } from './stack.ts';
import { offers, says } from './thread.ts';

const MEBIBYTE = 2 ** 20;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack.stop());

const imageSchema = z.looseObject({
  type: z.literal('image'),
  alt_text: z.string(),
  slack_file: z.looseObject({ id: z.string() }),
});

describe('a turn', { timeout: TEST_MS }, () => {
  it('with 300 KB of output of a tool ends with an answer, and the model got a part of it', async () => {
    const thread = await mention(stack, 'mira', 'shop', 'print the whole ledger');
    const answer = await thread.see(says(/the last one is row 6000/i));
    expect(offers(/merge/i)([answer])).toBeUndefined();
    const sent = JSON.stringify(await stack.model.control('GET', '/requests?since=0'));
    expect(sent).toContain('ledger row 1 ');
    expect(sent).toContain('ledger row 6000 ');
    expect(sent).not.toContain('ledger row 3000 ');
  });

  it('whose page is photographed with more than 40 MB shows a smaller picture of it', async () => {
    const thread = await mention(stack, 'mira', 'shop', 'hang a giant painting');
    const { message } = await thread.see(offers(APPROVE));
    const images = (message.blocks ?? []).flatMap((block) => imageSchema.safeParse(block).data ?? []);
    const painting = images.find(({ alt_text }) => /cart.*after/i.test(alt_text));
    expect(painting, readable(message)).toBeDefined();
    const picture = await fetch(`${stack.people.url}/control/files/${painting?.slack_file.id}`);
    const bytes = Buffer.from(await picture.arrayBuffer());
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.length).toBeGreaterThan(100_000);
    expect(bytes.length).toBeLessThanOrEqual(5 * MEBIBYTE);

    const asked = await thread.reply('jonas', 'where is the total computed?');
    await thread.see(says(/src\/cart\.js:\d+/, { after: asked }));
  });
});

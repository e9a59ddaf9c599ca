// Messages that are too long are cut, split and continued in further messages.
import type { KnownBlock } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { fit, fitWithRest, textLines } from '../../blocks/fit/fit.ts';
import { markdownBlocks } from '../../blocks/markdown/markdown.ts';
import { actions, button, context } from '../../blocks/parts/message.ts';
import { MESSAGE_CHARS_BUDGET } from '../../blocks/rules/limits.ts';
import { validateMessage } from '../../blocks/rules/validate.ts';
import { textLength } from '../../blocks/rules/weigh.ts';

const text = 'x';
const control = actions(button({ actionId: 'a', value: 'v', text: 'Go' }));

function preformattedTexts(blocks: readonly KnownBlock[]): string[] {
  return blocks
    .flatMap((block) => (block.type === 'rich_text' ? block.elements : []))
    .filter((part) => part.type === 'rich_text_preformatted')
    .map((part) => part.elements.map((element) => element.text ?? '').join(''));
}

test('a message within the limits is not touched', () => {
  const message = { text: 'Hello', blocks: [...markdownBlocks('Hello **you**'), control] };
  expect(fit(message)).toEqual({ ...message, overflow: [], replaced: [] });
});

test('an answer of 160,000 characters arrives whole, in messages within the budget', () => {
  const source = Array.from(
    { length: 2_000 },
    (_, index) => `Sentence ${index} ${'and so on '.repeat(6)}.`,
  ).join('\n\n');
  expect(source.length).toBeGreaterThan(150_000);
  const fitted = fit({ text, blocks: markdownBlocks(source) });
  const all = [fitted, ...fitted.overflow];
  expect(all.flatMap((one) => validateMessage(one))).toEqual([]);
  expect(Math.max(...all.map((one) => textLength(one.blocks)))).toBeLessThanOrEqual(MESSAGE_CHARS_BUDGET);
  const json = JSON.stringify(all.map((one) => one.blocks));
  for (let index = 0; index < 2_000; index += 1) expect(json).toContain(`Sentence ${index} and`);
});

test('buttons stay in the first message, wherever they stand', () => {
  const fitted = fit({ text, blocks: [...markdownBlocks('word '.repeat(8_000)), control] });
  expect(fitted.overflow.length).toBeGreaterThan(1);
  expect(fitted.blocks).toContainEqual(control);
  expect(fitted.overflow.flatMap((more) => more.blocks)).not.toContainEqual(control);
});

test('the fifty-first block goes into the next message', () => {
  const divider: KnownBlock = { type: 'divider' };
  const fitted = fit({ text, blocks: Array.from({ length: 51 }, () => divider) });
  expect([fitted.blocks.length, fitted.overflow[0]?.blocks.length]).toEqual([50, 1]);
});

test('a second table goes into the next message', () => {
  const table: KnownBlock = { type: 'table', rows: [[{ type: 'raw_text', text: 'a' }]] };
  const fitted = fit({ text, blocks: [table, table] });
  expect([fitted.blocks.length, fitted.overflow.length]).toEqual([1, 1]);
});

describe('code fences', () => {
  test('one that fits is never cut', () => {
    const code = Array.from({ length: 60 }, (_, line) => `const line${line} = ${line};`).join('\n');
    const filler = 'Some words before it. '.repeat(130);
    const fitted = fit({ text, blocks: markdownBlocks(`${filler}\n\n\`\`\`\n${code}\n\`\`\``) });
    expect([fitted, ...fitted.overflow].flatMap((one) => preformattedTexts(one.blocks))).toEqual([code]);
  });

  test('one that does not fit is cut between lines and stays code', () => {
    const lines = Array.from({ length: 900 }, (_, line) => `const line${line} = ${line};`);
    const fitted = fit({ text, blocks: markdownBlocks(`\`\`\`\n${lines.join('\n')}\n\`\`\``) });
    const pieces = [fitted, ...fitted.overflow].flatMap((one) => preformattedTexts(one.blocks));
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join('\n')).toBe(lines.join('\n'));
  });
});

describe('single texts', () => {
  test('a section is cut at a border between paragraphs', () => {
    const blocks: KnownBlock[] = [
      { type: 'section', text: { type: 'mrkdwn', text: `${'a'.repeat(2_900)}\n\n${'b'.repeat(200)}` } },
    ];
    expect(fit({ text, blocks }).blocks).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: 'a'.repeat(2_900) } },
      { type: 'section', text: { type: 'mrkdwn', text: 'b'.repeat(200) } },
    ]);
  });

  test('markup is never cut in its middle', () => {
    const blocks: KnownBlock[] = [
      {
        type: 'section',
        text: { type: 'mrkdwn', text: `${'a'.repeat(2_990)}<https://x.example/long|label>&amp;` },
      },
    ];
    const [first, second] = fit({ text, blocks }).blocks;
    expect(first).toEqual({ type: 'section', text: { type: 'mrkdwn', text: 'a'.repeat(2_990) } });
    expect(second).toEqual({
      type: 'section',
      text: { type: 'mrkdwn', text: '<https://x.example/long|label>&amp;' },
    });
    expect(fit({ text: `${'a'.repeat(3_996)}&amp;b`, blocks }).text).toBe(`${'a'.repeat(3_996)}…`);
  });

  test('a header ends with an ellipsis and not within an emoji', () => {
    const blocks: KnownBlock[] = [
      { type: 'header', text: { type: 'plain_text', text: `${'a'.repeat(148)}👩‍👩‍👧` } },
    ];
    expect(fit({ text, blocks }).blocks).toEqual([
      { type: 'header', text: { type: 'plain_text', text: `${'a'.repeat(148)}…` } },
    ]);
  });

  test('a list that is too long goes on counting', () => {
    const items = Array.from({ length: 120 }, (_, index) => `${index + 1}. ${'item '.repeat(20)}`).join('\n');
    const lists = [...fit({ text, blocks: markdownBlocks(items) }).blocks].flatMap((block) =>
      block.type === 'rich_text' ? block.elements : [],
    );
    const offsets = lists.map((part) => Reflect.get(part, 'offset') ?? 0);
    const sizes = lists.map((part) => part.elements.length);
    expect(offsets.length).toBeGreaterThan(2);
    expect(offsets).toEqual(
      sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0)),
    );
  });
});

test('a block that cannot be made legal is shown as its words', () => {
  const blocks: KnownBlock[] = [
    { type: 'image', slack_file: { id: 'not an id' }, alt_text: 'The cart page' },
  ];
  const fitted = fit({ text, blocks });
  expect(fitted.replaced.map((problem) => problem.pointer)).toEqual(['/blocks/0/slack_file/id']);
  expect(fitted.blocks).toEqual([
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'The cart page' }] }],
    },
  ]);
});

test('a message without anything still says something', () => {
  expect(fit({ text: '', blocks: [] }).blocks).toHaveLength(1);
  expect(validateMessage(fit({ text: ' ', blocks: [] }))).toEqual([]);
});

test('what follows a message is posted after it and has a text of its own', () => {
  const small = context('small');
  const fitted = fitWithRest({ text, blocks: small ? [small] : [] }, markdownBlocks('The <rest> & more'));
  expect(fitted.overflow.map((more) => more.text)).toEqual(['The &lt;rest&gt; &amp; more']);
});

test('lines of text are escaped and empty ones left out', () => {
  expect(textLines('<!channel> & co', '', '  ', 'b')).toBe('&lt;!channel&gt; &amp; co\nb');
});

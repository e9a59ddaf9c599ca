// Markdown as models write it, and what Slack gets to see of it.
import type { RichTextBlockElement } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { markdownBlocks, markdownWords } from '../../blocks/markdown/markdown.ts';

const links = { template: 'https://code.example/{commit}/{path}#L{line}', commit: 'abc1234' };

function parts(source: string, options = {}): RichTextBlockElement[] {
  return markdownBlocks(source, options).flatMap((block) => block.elements);
}

function texts(source: string): unknown {
  return parts(source).flatMap((part): unknown[] => part.elements);
}

describe('text', () => {
  test('styles become styles of rich text', () => {
    expect(texts('a **b** _c_ ~~d~~ `e` ***f***')).toEqual([
      { type: 'text', text: 'a ' },
      { type: 'text', text: 'b', style: { bold: true } },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'c', style: { italic: true } },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'd', style: { strike: true } },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'e', style: { code: true } },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'f', style: { italic: true, bold: true } },
    ]);
  });

  test('headings are bold and paragraphs have an empty line between them', () => {
    expect(texts('# Title\n\nOne\n\nTwo')).toEqual([
      { type: 'text', text: 'Title', style: { bold: true } },
      { type: 'text', text: '\n\n' },
      { type: 'text', text: 'One' },
      { type: 'text', text: '\n\n' },
      { type: 'text', text: 'Two' },
    ]);
  });

  test('entities are read once, so that escaped markup stays what was meant', () => {
    expect(texts('a &lt;b&gt; &amp;amp; &#64;')).toEqual([{ type: 'text', text: 'a <b> &amp; @' }]);
  });

  test('mentions of Slack and HTML are literal text', () => {
    expect(texts('<!channel> <@U123> <b>x</b>')).toEqual([
      { type: 'text', text: '<!channel> <@U123> <b>x</b>' },
    ]);
  });

  test('nothing visible gives no blocks', () => {
    expect(markdownBlocks(' \n\n\t')).toEqual([]);
  });
});

describe('code', () => {
  test('a fence is kept whole, with everything in it literal', () => {
    expect(parts('```js\nconst a = `<b>` && **c**;\n\nb();\n```')).toEqual([
      {
        type: 'rich_text_preformatted',
        elements: [{ type: 'text', text: 'const a = `<b>` && **c**;\n\nb();' }],
      },
    ]);
  });

  test('an empty fence shows that there is nothing', () => {
    expect(parts('```\n```')).toEqual([
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: '–' }] },
    ]);
  });

  test('a fence far into a long text is still one fence', () => {
    const code = Array.from({ length: 100 }, (_, line) => `line ${line} # not a title`).join('\n');
    const found = parts(`${'A paragraph of some words. '.repeat(3)}\n\n`.repeat(120) + `~~~\n${code}\n~~~\n`);
    expect(found.filter((part) => part.type === 'rich_text_preformatted')).toEqual([
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: code }] },
    ]);
  });
});

describe('lists', () => {
  test('nested lists become lists with an indent, and the outer one counts on', () => {
    expect(parts('1. one\n   - inner\n2. two')).toEqual([
      {
        type: 'rich_text_list',
        style: 'ordered',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'one' }] }],
      },
      {
        type: 'rich_text_list',
        style: 'bullet',
        indent: 1,
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'inner' }] }],
      },
      {
        type: 'rich_text_list',
        style: 'ordered',
        offset: 1,
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'two' }] }],
      },
    ]);
  });

  test('tasks keep their boxes', () => {
    expect(texts('- [x] done\n- [ ] open')).toEqual([
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: '☑ ' },
          { type: 'text', text: 'done' },
        ],
      },
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: '☐ ' },
          { type: 'text', text: 'open' },
        ],
      },
    ]);
  });

  test('an empty item is not lost and not empty', () => {
    expect(texts('-\n- b')).toEqual([
      { type: 'rich_text_section', elements: [{ type: 'text', text: '–' }] },
      { type: 'rich_text_section', elements: [{ type: 'text', text: 'b' }] },
    ]);
  });

  test('text after a list begins a block of its own', () => {
    expect(markdownBlocks('- a\n\nafter').map((block) => block.elements.map((part) => part.type))).toEqual([
      ['rich_text_list'],
      ['rich_text_section'],
    ]);
  });
});

describe('tables', () => {
  test('a narrow table is aligned in a code block', () => {
    expect(texts('| a | total |\n|---|--:|\n| xyz | 7 |\n')).toEqual([
      { type: 'text', text: 'a   │ total\n────┼──────\nxyz │     7' },
    ]);
  });

  test('a wide table becomes a list that loses nothing', () => {
    const wide = 'wide '.repeat(20).trim();
    expect(texts(`| name | text |\n|---|---|\n| one | ${wide} |\n`)).toEqual([
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: 'name', style: { bold: true } },
          { type: 'text', text: ': ' },
          { type: 'text', text: 'one' },
          { type: 'text', text: '\n' },
          { type: 'text', text: 'text', style: { bold: true } },
          { type: 'text', text: ': ' },
          { type: 'text', text: wide },
        ],
      },
    ]);
  });
});

describe('links', () => {
  test('an ordinary label is the link', () => {
    expect(texts('[the docs](https://docs.example/a)')).toEqual([
      { type: 'link', url: 'https://docs.example/a', text: 'the docs' },
    ]);
  });

  test.each(['bank.example', 'https://bank.example/', 'www.bank', 'ｂａｎｋ．ｅｘａｍｐｌｅ'])(
    'a label that names another address, %s, is shown beside the true one',
    (label) => {
      expect(texts(`[${label}](https://evil.example/login)`)).toEqual([
        { type: 'text', text: `${label} (` },
        { type: 'link', url: 'https://evil.example/login', text: 'https://evil.example/login' },
        { type: 'text', text: ')' },
      ]);
    },
  );

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'slack://open',
    'https://bank.example@evil.example/',
  ])('%s is no link', (href) => {
    expect(texts(`[click](${href})`)).toEqual([{ type: 'text', text: `click (${href})` }]);
  });

  test('a picture is a link and is not loaded', () => {
    expect(texts('![a diagram](https://pics.example/a.png)')).toEqual([
      { type: 'link', url: 'https://pics.example/a.png', text: 'a diagram' },
    ]);
  });

  test('a bare address is a link to itself', () => {
    expect(texts('see https://docs.example/a')).toEqual([
      { type: 'text', text: 'see ' },
      { type: 'link', url: 'https://docs.example/a', text: 'https://docs.example/a' },
    ]);
  });
});

describe('places in the code', () => {
  test('they are links where the repo has a web page', () => {
    expect(parts('see src/a b.ts:1 and `src/cart.js:12-18`.', { links })).toEqual([
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: 'see src/a ' },
          {
            type: 'link',
            url: 'https://code.example/abc1234/b.ts#L1',
            text: 'b.ts:1',
            style: { code: true },
          },
          { type: 'text', text: ' and ' },
          {
            type: 'link',
            url: 'https://code.example/abc1234/src/cart.js#L12',
            text: 'src/cart.js:12-18',
            style: { code: true },
          },
          { type: 'text', text: '.' },
        ],
      },
    ]);
  });

  test('they are in a code style where it has none', () => {
    expect(texts('src/cart.js:12')).toEqual([
      { type: 'text', text: 'src/cart.js:12', style: { code: true } },
    ]);
  });

  test('a path that climbs out of the repo is no link', () => {
    expect(parts('../../secret.js:1', { links })[0]?.elements).toEqual([
      { type: 'text', text: '../../secret.js:1', style: { code: true } },
    ]);
  });

  test('a template that is no web address links nothing', () => {
    expect(parts('a.js:1', { links: { template: 'javascript:{path}', commit: 'x' } })[0]?.elements).toEqual([
      { type: 'text', text: 'a.js:1', style: { code: true } },
    ]);
  });
});

describe('hostile sizes', () => {
  test('thousands of nested quotes are shown, not thrown', () => {
    expect(markdownWords('>'.repeat(20_000)).length).toBeGreaterThan(0);
    expect(markdownBlocks('>'.repeat(20_000)).length).toBeGreaterThan(0);
  });

  test('160,000 characters that make the parser slow take seconds at most', () => {
    // The thread's own work: other processes at the same time do not count.
    const before = process.threadCpuUsage();
    markdownBlocks('_a_'.repeat(53_000));
    markdownBlocks('*a **b '.repeat(22_000));
    expect(process.threadCpuUsage(before).user / 1_000).toBeLessThan(15_000);
  });
});

test('the words of Markdown have no markup', () => {
  expect(markdownWords('# Title\n\nA **b** [c](https://x.example) `d`\n\n- e\n- f')).toBe(
    'Title\n\nA b c d\n\n• e\n• f',
  );
});

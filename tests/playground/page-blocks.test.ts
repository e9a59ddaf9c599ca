// The page's block renderer in a real browser: every block type, the text languages, and hostile content.
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SAMPLES } from './page-samples.ts';
import { eventually, type Json, type PageTest, startPageTest } from './page-setup.ts';

let at: PageTest;
let page: Page;

beforeAll(async () => {
  at = await startPageTest();
  page = await at.open('mira');
  await page.goto(`${at.url}/gallery.html`);
  await page.evaluate(`(async () => {${RENDER}})()`);
});

afterAll(() => at.close());

/** In the page: `show(block, surface)` renders into #stage and collects actions in `acts`. */
const RENDER = `
  const { BLOCK_TYPES, renderBlock } = await import('/blocks/render.js');
  const { markdown } = await import('/text/markdown.js');
  const { mrkdwn } = await import('/text/mrkdwn.js');
  const names = { U0MIRA0001: 'Mira', C0SHOP0001: 'shop' };
  const stage = document.createElement('div');
  stage.id = 'stage';
  document.body.append(stage);
  const values = new Map(), open = new Map();
  const context = (surface) => ({
    surface,
    userName: (id) => names[id] ?? null,
    channelName: (id) => names[id] ?? null,
    isMe: (id) => id === 'U0MIRA0001',
    people: () => [{ id: 'U0MIRA0001', name: 'Mira' }],
    channels: () => [{ id: 'C0SHOP0001', name: 'shop' }],
    fileUrl: (id) => '/control/files/' + id,
    openImage: () => {},
    confirm: async () => true,
    act: async (action) => { globalThis.acts.push(action); },
    getValue: (block, action) => values.get(block + '/' + action),
    setValue: (block, action, value) => values.set(block + '/' + action, value),
    isOpen: (key, fallback) => open.get(key) ?? fallback,
    setOpen: (key, value) => open.set(key, value),
  });
  globalThis.acts = [];
  globalThis.types = BLOCK_TYPES;
  globalThis.show = (block, surface = 'message') => { values.clear(); stage.replaceChildren(renderBlock(block, context(surface))); return stage.innerText; };
  globalThis.showText = (language, text) => { stage.replaceChildren(...(language === 'markdown' ? markdown : mrkdwn)(text, context('message'))); return stage.innerHTML; };
`;

async function show(block: Json, surface = 'message'): Promise<string> {
  return page.evaluate(`show(${JSON.stringify(block)}, ${JSON.stringify(surface)})`);
}

async function html(language: 'mrkdwn' | 'markdown', text: string): Promise<string> {
  return page.evaluate(`showText(${JSON.stringify(language)}, ${JSON.stringify(text)})`);
}

test('there is a sample of every type the page renders', async () => {
  const types: string[] = await page.evaluate('types');
  expect([...new Set(SAMPLES.map((sample) => String(sample.block['type'])))].sort()).toEqual(
    [...types].sort(),
  );
});

test.each(SAMPLES)('$name is drawn', async ({ block, surface, shows, finds }) => {
  const text = await show(block, surface);
  for (const word of shows) expect(text).toContain(word);
  for (const selector of finds) {
    const found = await page.locator(`#stage ${selector}`).count();
    expect({ selector, found: found > 0 }).toEqual({ selector, found: true });
  }
  expect(await page.locator('#stage .unknown-block').count()).toBe(0);
});

test.each(SAMPLES)('$name with markup in every text shows it as text', async ({ block, surface }) => {
  await show(poisoned(block), surface);
  const bad = await page.evaluate(() => {
    const nodes = [...document.querySelectorAll('#stage *')];
    const elements = nodes.filter((node) =>
      ['SCRIPT', 'IFRAME', 'OBJECT', 'STYLE', 'B'].includes(node.tagName),
    );
    const attributes = nodes.filter((node) =>
      [...node.attributes].some((each) => each.name.startsWith('on')),
    );
    const links = [...document.querySelectorAll('#stage a')].filter(
      (node) => !/^(https?:|mailto:|\/|#)/.test(node.getAttribute('href') ?? '#'),
    );
    return [...elements, ...attributes, ...links].map((node) => node.outerHTML);
  });
  expect(bad).toEqual([]);
  expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
});

/** The same block with markup before every text and a script for every address. */
function poisoned(block: Json): Json {
  const evil = `<img src=x onerror="hacked=1"><script>hacked=1</script><b>bold</b>`;
  const swap = (name: string, value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    if (/^(text|title|caption|author_name|label|alt_text|fallback|url_text)$/.test(name)) return evil + value;
    return name.endsWith('url') ? `javascript:hacked=1//${value}` : value;
  };
  return JSON.parse(JSON.stringify(block, swap));
}

test('a type nobody knows is framed with its name, and its neighbours are not harmed', async () => {
  expect(await show({ type: 'hologram', text: 'x' })).toContain('unknown block: hologram');
  expect(await show({ type: 'constructor' })).toContain('unknown block: constructor');
  expect(await show({ type: 'actions', elements: [{ type: 'dial', action_id: 'a' }] })).toContain(
    'unknown element: dial',
  );
  expect(await show({ type: 'section', text: 7, fields: 'no', accessory: [] })).toContain('unknown element');
});

test('a click tells the action, its block and its value', async () => {
  await show({
    type: 'actions',
    block_id: 'b1',
    elements: [
      { type: 'button', action_id: 'go', value: 'turn-1', text: { type: 'plain_text', text: 'Go' } },
    ],
  });
  await page.locator('#stage [data-action-id=go]').click();
  expect(await page.evaluate('acts.splice(0)')).toEqual([
    { action_id: 'go', block_id: 'b1', type: 'button', value: 'turn-1' },
  ]);
});

test.each([
  [
    '*bold* _it_ ~no~ `a*b*c`',
    '<p><strong>bold</strong> <em>it</em> <del>no</del> <code class="inline-code">a*b*c</code></p>',
  ],
  ['snake_case_name 2*3*4', '<p>snake_case_name 2*3*4</p>'],
  ['*_both_*', '<p><strong><em>both</em></strong></p>'],
  ['a &amp;lt; b &lt;b&gt;', '<p>a &amp;lt; b &lt;b&gt;</p>'],
  [
    '<@U0MIRA0001> in <#C0SHOP0001>',
    '<p><span class="mention mention-me" data-user-id="U0MIRA0001">@Mira</span> in <a class="mention" href="#/C0SHOP0001">#shop</a></p>',
  ],
  [
    '<https://a.example/x_y|the *page*>',
    '<p><a href="https://a.example/x_y" target="_blank" rel="noopener noreferrer">the *page*</a></p>',
  ],
  ['<javascript:alert(1)|x>', '<p>&lt;javascript:alert(1)|x&gt;</p>'],
  [
    'see https://a.example/b_c.',
    '<p>see <a href="https://a.example/b_c" target="_blank" rel="noopener noreferrer">https://a.example/b_c</a>.</p>',
  ],
  ['&gt; said\nnot said', '<blockquote>said</blockquote><p>not said</p>'],
  [
    ':tada: :not_an_emoji: 10:30:45',
    '<p><span class="emoji" title=":tada:">🎉</span> :not_an_emoji: 10:30:45</p>',
  ],
  [
    '<!here> <!date^0^{date_num}|then>',
    '<p><span class="mention mention-me">@here</span> <time datetime="1970-01-01T00:00:00.000Z" title="then">1970-01-01</time></p>',
  ],
])('mrkdwn: %s', async (text, expected) => {
  expect(await html('mrkdwn', text)).toBe(expected);
});

test.each([
  ['**bold** and *it* and ~~no~~', '<p><strong>bold</strong> and <em>it</em> and <del>no</del></p>'],
  ['# Title\ntext', '<h3 class="md-h1">Title</h3><p>text</p>'],
  ['- a\n  - b\n- c', '<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>'],
  ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
  [
    '[x](javascript:alert(1))',
    '<p><span class="dead-link" title="This address is not a web link">x</span></p>',
  ],
  [
    '[a `b`](https://a.example/(c))',
    '<p><a href="https://a.example/(c)" target="_blank" rel="noopener noreferrer">a <code class="inline-code">b</code></a></p>',
  ],
  ['\\*not\\* <b>bold</b>', '<p>*not* &lt;b&gt;bold&lt;/b&gt;</p>'],
  ['> quote\n> more', '<blockquote><p>quote<br>more</p></blockquote>'],
  ['---', '<hr>'],
])('markdown: %s', async (text, expected) => {
  expect(await html('markdown', text)).toBe(expected);
});

test('a diff is coloured, a list in a fence is not taken for one', async () => {
  await html('mrkdwn', '```@@ -1 +1 @@\n-a\n+b```');
  expect(await page.locator('#stage .diff-add').textContent()).toBe('+b\n');
  await html('markdown', '```diff\n-a\n```');
  expect(await page.locator('#stage .diff-del').count()).toBe(1);
  await html('mrkdwn', '```- one\n- two```');
  expect(await page.locator('#stage .diff').count()).toBe(0);
});

test.each(['*', '_', '~', '`', '<', '[', '**a ', '*a ', '> ', '- ', '![', '<@', '&lt;', ':', '|-', '(('])(
  'twelve thousand characters of "%s" are drawn within three seconds',
  async (piece) => {
    const text = piece.repeat(Math.ceil(12_000 / piece.length));
    const startedAt = Date.now();
    await html('mrkdwn', text);
    await html('markdown', text);
    await html('markdown', text.replaceAll(' ', '\n'));
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  },
);

test.each([
  { slack_file: { id: 'F0AFTER001' } },
  { slack_file: { url: 'https://files.example/files-pri/T0BRIGHT01-F0AFTER001/cart.png' } },
])('a picture of %o comes from this server, and its absence is said', async (where) => {
  const asked = page.waitForRequest(`${at.url}/control/files/F0AFTER001`);
  await show({ type: 'image', alt_text: 'The cart', ...where });
  expect((await asked).method()).toBe('GET');
  await eventually(() => page.locator('#stage').textContent()).toBe('The cart – could not be loaded');
});

test('a data table sorts, filters and pages', async () => {
  const cell = (text: string) => ({ type: 'raw_text', text });
  const rows = [
    [cell('Test'), cell('ms')],
    ...[30, 5, 200].map((ms) => [cell(`t${ms}`), { type: 'raw_number', value: ms, text: String(ms) }]),
  ];
  await show({ type: 'data_table', caption: 'Slow', page_size: 2, rows });
  const first = () => page.locator('#stage tbody .row-header').allTextContents();
  expect(await first()).toEqual(['t30', 't5']);
  await page.locator('#stage .sort').nth(1).click();
  expect(await first()).toEqual(['t5', 't30']);
  await page.getByLabel('Next page').click();
  expect(await first()).toEqual(['t200']);
  await page.locator('#stage .table-search').fill('t3');
  expect(await first()).toEqual(['t30']);
});

test('the gallery shows what the server lists, or says that there is nothing', async () => {
  const other = await at.open('mira');
  await other.goto(`${at.url}/gallery.html`);
  await eventually(() => other.locator('main').textContent()).toContain('There are no samples');
  expect(await other.locator('.gallery-item').count()).toBe(0);
  await other.context().close();
});

// The workspace's own Block Kit checker: every block type in its plainest legal form, and each limit one over.
import { describe, expect, test } from 'vitest';
import { BLOCKS } from '../../playground/slack/blocks/blocks.ts';
import { findProblems } from '../../playground/slack/blocks/check.ts';
import type { Surface } from '../../playground/slack/blocks/rules.ts';

type Block = Record<string, unknown>;

const x = (length: number): string => 'x'.repeat(length);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const plain = (text = 'text') => ({ type: 'plain_text', text });
const mrkdwn = (text = 'text') => ({ type: 'mrkdwn', text });
const button = (more: Block = {}) => ({ type: 'button', action_id: 'go', text: plain('Go'), ...more });
const option = (value = 'a') => ({ text: plain('A'), value });
const rich = (text = 'text') => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});
const image = { image_url: 'https://example.com/a.png', alt_text: 'a picture' };
const task = (more: Block = {}) => ({
  type: 'task_card',
  task_id: 't1',
  title: 'Read',
  status: 'complete',
  ...more,
});
const cell = (text = 'c') => ({ type: 'raw_text', text });
const actions = (...elements: unknown[]) => ({ type: 'actions', elements });
const input = (element: Block) => ({ type: 'input', label: plain('Label'), element });
const section = (more: Block = { text: mrkdwn() }) => ({ type: 'section', ...more });

function problems(blocks: unknown[], surface: Surface = 'message'): string[] {
  const fileProblem = (file: Block) => (file['id'] === 'F0READY0001' ? undefined : 'slack file not found');
  return findProblems(blocks, surface, '/blocks', fileProblem);
}

/** The JSON pointers of the problems of one block. */
function pointers(block: unknown, surface: Surface = 'message'): (string | undefined)[] {
  return problems([block], surface).map((problem) => /json-pointer:([^\]]+)/.exec(problem)?.[1]);
}

const LEGAL: Record<string, { block: Block; surface?: Surface }> = {
  actions: { block: actions(button(), { type: 'overflow', action_id: 'more', options: [option()] }) },
  alert: { block: { type: 'alert', level: 'warning', text: plain() }, surface: 'modal' },
  card: { block: { type: 'card', title: mrkdwn(), body: mrkdwn(), actions: [button()] } },
  carousel: { block: { type: 'carousel', elements: [{ type: 'card', body: mrkdwn() }] } },
  container: {
    block: { type: 'container', title: plain(), child_blocks: [section()], is_collapsible: true },
  },
  context: { block: { type: 'context', elements: [mrkdwn(), { type: 'image', ...image }] } },
  context_actions: {
    block: {
      type: 'context_actions',
      elements: [
        {
          type: 'feedback_buttons',
          action_id: 'feedback',
          positive_button: { text: plain('Good'), value: 'good' },
          negative_button: { text: plain('Bad'), value: 'bad' },
        },
        { type: 'icon_button', action_id: 'bin', icon: 'trash', text: plain('Delete') },
      ],
    },
  },
  data_table: { block: { type: 'data_table', caption: 'Checks', rows: [[cell()], [rich()]], page_size: 10 } },
  divider: { block: { type: 'divider', block_id: 'line' } },
  header: { block: { type: 'header', text: plain() } },
  image: { block: { type: 'image', alt_text: 'shot', slack_file: { id: 'F0READY0001' }, title: plain() } },
  input: { block: input({ type: 'plain_text_input', action_id: 'why', multiline: true, max_length: 3000 }) },
  markdown: { block: { type: 'markdown', text: '# Hello' } },
  plan: {
    block: { type: 'plan', title: 'Plan', tasks: [task(), task({ task_id: 't2', status: 'in_progress' })] },
  },
  rich_text: {
    block: {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_list',
          style: 'bullet',
          indent: 1,
          elements: [{ type: 'rich_text_section', elements: [{ type: 'emoji', name: 'bread' }] }],
        },
        { type: 'rich_text_quote', elements: [{ type: 'user', user_id: 'U0MIRA0001' }] },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'npm test' }] },
      ],
    },
  },
  section: { block: section({ text: mrkdwn(), fields: [plain()], accessory: button(), expand: true }) },
  table: {
    block: {
      type: 'table',
      rows: [
        [cell(), rich()],
        [cell(), cell()],
      ],
      column_settings: [{ align: 'right' }],
    },
  },
  task_card: {
    block: task({ details: rich(), sources: [{ type: 'url', url: 'https://example.com', text: 'ex' }] }),
  },
  video: {
    block: {
      type: 'video',
      video_url: 'https://example.com/v',
      thumbnail_url: 'https://example.com/t.png',
      alt_text: 'v',
      title: plain(),
    },
  },
};

describe('legal blocks', () => {
  test.each(Object.entries(LEGAL))('%s is taken', (_type, { block, surface }) => {
    expect(problems([block], surface)).toEqual([]);
  });

  test('every type that Slack has is known; a file block needs a remote file, which nobody has here', () => {
    expect(Object.keys(BLOCKS).sort()).toEqual([...Object.keys(LEGAL), 'file'].sort());
    expect(pointers({ type: 'file', source: 'remote', external_id: 'x' })).toEqual(['/blocks/0/external_id']);
  });
});

const OVER: [string, unknown, string, Surface?][] = [
  ['block_id 256', { type: 'divider', block_id: x(256) }, '/blocks/0/block_id'],
  ['section text empty', section({ text: mrkdwn('') }), '/blocks/0/text/text'],
  ['section text 3,001', section({ text: mrkdwn(x(3001)) }), '/blocks/0/text/text'],
  ['section without text or fields', section({}), '/blocks/0'],
  ['section 11 fields', section({ fields: times(11, () => plain()) }), '/blocks/0/fields'],
  ['section field 2,001', section({ fields: [plain(x(2001))] }), '/blocks/0/fields/0/text'],
  [
    'section with an input as accessory',
    section({ text: plain(), accessory: { type: 'plain_text_input' } }),
    '/blocks/0/accessory/type',
  ],
  ['header mrkdwn', { type: 'header', text: mrkdwn() }, '/blocks/0/text/type'],
  ['header 151', { type: 'header', text: plain(x(151)) }, '/blocks/0/text/text'],
  ['actions 26', actions(...times(26, (i) => button({ action_id: `${i}` }))), '/blocks/0/elements'],
  ['actions none', actions(), '/blocks/0/elements'],
  ['actions with one action_id twice', actions(button(), button()), '/blocks/0/elements/1/action_id'],
  ['context 11', { type: 'context', elements: times(11, () => mrkdwn()) }, '/blocks/0/elements'],
  ['context with a button', { type: 'context', elements: [button()] }, '/blocks/0/elements/0/type'],
  [
    'context_actions 6',
    {
      type: 'context_actions',
      elements: times(6, (i) => ({ type: 'icon_button', action_id: `${i}`, icon: 'trash', text: plain() })),
    },
    '/blocks/0/elements',
  ],
  ['button text 76', actions(button({ text: plain(x(76)) })), '/blocks/0/elements/0/text/text'],
  ['button text mrkdwn', actions(button({ text: mrkdwn() })), '/blocks/0/elements/0/text/type'],
  ['button value 2,001', actions(button({ value: x(2001) })), '/blocks/0/elements/0/value'],
  ['button url 3,001', actions(button({ url: `https://${x(3000)}` })), '/blocks/0/elements/0/url'],
  ['button url that is none', actions(button({ url: 'not a url' })), '/blocks/0/elements/0/url'],
  ['button action_id 256', actions(button({ action_id: x(256) })), '/blocks/0/elements/0/action_id'],
  ['button style', actions(button({ style: 'warning' })), '/blocks/0/elements/0/style'],
  [
    'button label 76',
    actions(button({ accessibility_label: x(76) })),
    '/blocks/0/elements/0/accessibility_label',
  ],
  [
    'confirm title 101',
    actions(button({ confirm: { title: plain(x(101)), text: plain() } })),
    '/blocks/0/elements/0/confirm/title/text',
  ],
  [
    'confirm text 301',
    actions(button({ confirm: { text: plain(x(301)) } })),
    '/blocks/0/elements/0/confirm/text/text',
  ],
  [
    'confirm button 31',
    actions(button({ confirm: { text: plain(), confirm: plain(x(31)) } })),
    '/blocks/0/elements/0/confirm/confirm/text',
  ],
  [
    'overflow 6',
    actions({ type: 'overflow', options: times(6, (i) => option(`${i}`)) }),
    '/blocks/0/elements/0/options',
  ],
  [
    'select 101',
    actions({ type: 'static_select', options: times(101, (i) => option(`${i}`)) }),
    '/blocks/0/elements/0/options',
  ],
  ['select without options', actions({ type: 'static_select' }), '/blocks/0/elements/0'],
  [
    'select placeholder 151',
    actions({ type: 'static_select', options: [option()], placeholder: plain(x(151)) }),
    '/blocks/0/elements/0/placeholder/text',
  ],
  [
    'option value 151',
    actions({ type: 'static_select', options: [option(x(151))] }),
    '/blocks/0/elements/0/options/0/value',
  ],
  [
    'checkboxes 11',
    actions({ type: 'checkboxes', options: times(11, (i) => option(`${i}`)) }),
    '/blocks/0/elements/0/options',
  ],
  ['image without alt_text', { type: 'image', image_url: image.image_url }, '/blocks/0'],
  ['image alt_text 2,001', { type: 'image', ...image, alt_text: x(2001) }, '/blocks/0/alt_text'],
  ['image title 2,001', { type: 'image', ...image, title: plain(x(2001)) }, '/blocks/0/title/text'],
  ['image with two sources', { type: 'image', ...image, slack_file: { id: 'F0READY0001' } }, '/blocks/0'],
  ['image without a source', { type: 'image', alt_text: 'x' }, '/blocks/0'],
  [
    'image of an unknown file',
    { type: 'image', alt_text: 'x', slack_file: { id: 'F0UNKNOWN01' } },
    '/blocks/0/slack_file',
  ],
  [
    'input label 2,001',
    { ...input({ type: 'plain_text_input' }), label: plain(x(2001)) },
    '/blocks/0/label/text',
  ],
  [
    'input hint 2,001',
    { ...input({ type: 'plain_text_input' }), hint: plain(x(2001)) },
    '/blocks/0/hint/text',
  ],
  ['input with a button', input(button()), '/blocks/0/element/type'],
  [
    'input max_length 3,001',
    input({ type: 'plain_text_input', max_length: 3001 }),
    '/blocks/0/element/max_length',
  ],
  ['file_input in a message', input({ type: 'file_input' }), '/blocks/0/element/type'],
  ['markdown 12,001', { type: 'markdown', text: x(12_001) }, '/blocks/0/text'],
  ['table 101 rows', { type: 'table', rows: times(101, () => [cell()]) }, '/blocks/0/rows'],
  ['table 21 columns', { type: 'table', rows: [times(21, () => cell())] }, '/blocks/0/rows/0'],
  ['table of 10,001 characters', { type: 'table', rows: times(2, () => [cell(x(5001))]) }, '/blocks'],
  [
    'table column_settings 21',
    { type: 'table', rows: [[cell()]], column_settings: times(21, () => ({})) },
    '/blocks/0/column_settings',
  ],
  ['table cell that is a string', { type: 'table', rows: [['a']] }, '/blocks/0/rows/0/0'],
  ['data_table without caption', { type: 'data_table', rows: [[cell()], [cell()]] }, '/blocks/0'],
  ['data_table of one row', { type: 'data_table', caption: 'c', rows: [[cell()]] }, '/blocks/0/rows'],
  [
    'data_table 102 rows',
    { type: 'data_table', caption: 'c', rows: times(102, () => [cell()]) },
    '/blocks/0/rows',
  ],
  [
    'data_table uneven',
    { type: 'data_table', caption: 'c', rows: [[cell(), cell()], [cell()]] },
    '/blocks/0/rows/1',
  ],
  [
    'data_table rich header',
    { type: 'data_table', caption: 'c', rows: [[rich()], [cell()]] },
    '/blocks/0/rows/0/0/type',
  ],
  [
    'data_table page_size 101',
    { type: 'data_table', caption: 'c', rows: [[cell()], [cell()]], page_size: 101 },
    '/blocks/0/page_size',
  ],
  ['card with nothing', { type: 'card', subtitle: mrkdwn() }, '/blocks/0'],
  ['card title 151', { type: 'card', title: mrkdwn(x(151)) }, '/blocks/0/title/text'],
  ['card body 201', { type: 'card', body: mrkdwn(x(201)) }, '/blocks/0/body/text'],
  [
    'carousel 11',
    { type: 'carousel', elements: times(11, () => ({ type: 'card', body: mrkdwn() })) },
    '/blocks/0/elements',
  ],
  [
    'container 11 children',
    { type: 'container', title: plain(), child_blocks: times(11, () => section()) },
    '/blocks/0/child_blocks',
  ],
  ['container without title', { type: 'container', child_blocks: [section()] }, '/blocks/0'],
  [
    'container in a container',
    { type: 'container', title: plain(), child_blocks: [{ type: 'container' }] },
    '/blocks/0/child_blocks/0/type',
  ],
  ['container in a modal', LEGAL['container']?.block, '/blocks/0/type', 'modal'],
  ['alert in a message', LEGAL['alert']?.block, '/blocks/0/type'],
  ['alert 201', { type: 'alert', text: plain(x(201)) }, '/blocks/0/text/text', 'modal'],
  ['plan in a modal', LEGAL['plan']?.block, '/blocks/0/type', 'modal'],
  ['carousel in a modal', LEGAL['carousel']?.block, '/blocks/0/type', 'modal'],
  ['task status', task({ status: 'done' }), '/blocks/0/status'],
  ['task without id', { type: 'task_card', title: 't', status: 'pending' }, '/blocks/0'],
  [
    'plan with a task twice',
    { type: 'plan', title: 'p', tasks: [task(), task()] },
    '/blocks/0/tasks/1/task_id',
  ],
  [
    'rich text part unknown',
    { type: 'rich_text', elements: [{ type: 'rich_text_poem', elements: [] }] },
    '/blocks/0/elements/0/type',
  ],
  ['rich text empty text', rich(''), '/blocks/0/elements/0/elements/0/text'],
  [
    'a mention inside preformatted text',
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U1' }] }],
    },
    '/blocks/0/elements/0/elements/0/type',
  ],
  ['video title 200', { ...LEGAL['video']?.block, title: plain(x(200)) }, '/blocks/0/title/text'],
  ['a field that the block does not have', { type: 'divider', color: 'red' }, '/blocks/0'],
  ['a block that is a string', 'divider', '/blocks/0'],
  ['a block without a type', {}, '/blocks/0/type'],
];

describe('one over the limit', () => {
  test.each(OVER)('%s is refused at its place', (_what, block, pointer, surface) => {
    expect(pointers(block, surface)).toContain(pointer);
  });

  test('a slack_file id must look like one', () => {
    expect(pointers({ type: 'image', alt_text: 'x', slack_file: { id: 'f-1' } })).toContain(
      '/blocks/0/slack_file/id',
    );
  });
});

describe('what holds for all blocks together', () => {
  test('fifty blocks make a message, a hundred a view, and not one more', () => {
    const dividers = (count: number) => times(count, () => ({ type: 'divider' }));
    expect(problems(dividers(50))).toEqual([]);
    expect(problems(dividers(51))).toEqual(['[ERROR] no more than 50 items allowed [json-pointer:/blocks]']);
    expect(problems(dividers(100), 'modal')).toEqual([]);
    expect(problems(dividers(101), 'home')).toHaveLength(1);
  });

  test('a block_id stands once', () => {
    const twice = [{ type: 'divider', block_id: 'a' }, section({ text: plain(), block_id: 'a' })];
    expect(problems(twice)).toEqual([
      '[ERROR] `block_id` already exists: a [json-pointer:/blocks/1/block_id]',
    ]);
  });

  test('a message has one table, and 12,000 characters of markdown in all', () => {
    const table = { type: 'table', rows: [[cell()]] };
    expect(problems([table, table])).toEqual(['[ERROR] only_one_table_allowed [json-pointer:/blocks]']);
    const markdown = { type: 'markdown', text: x(6001) };
    expect(problems([markdown, markdown])).toHaveLength(1);
  });
});

// One sample of every block type, with what a person must see of it.
import type { Json } from './page-setup.ts';

export interface Sample {
  readonly name: string;
  readonly block: Json;
  readonly surface: 'message' | 'modal';
  /** Words that must be readable. */
  readonly shows: readonly string[];
  /** Parts that must be there. */
  readonly finds: readonly string[];
}

const plain = (text: string): Json => ({ type: 'plain_text', text });
const mrkdwn = (text: string): Json => ({ type: 'mrkdwn', text });
const option = (value: string): Json => ({ text: plain(value), value });
const rich = (...elements: Json[]): Json => ({ type: 'rich_text', elements });
const line = (...elements: Json[]): Json => ({ type: 'rich_text_section', elements });
const text = (value: string, style?: Json): Json => ({
  type: 'text',
  text: value,
  ...(style ? { style } : {}),
});
/** One pixel, so that no server is needed to draw it. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const image = { type: 'image', image_url: PIXEL, alt_text: 'The cart after the change' };
const button = { type: 'button', action_id: 'go', text: plain('Go'), value: 'v' };
const card = {
  type: 'card',
  hero_image: image,
  icon: image,
  title: mrkdwn('*Attempt 1*'),
  subtitle: mrkdwn('3 checks'),
  body: mrkdwn('Small'),
  actions: [button],
};
const task = (id: string, status: string): Json => ({
  type: 'task_card',
  task_id: id,
  title: `Task ${id}`,
  status,
  details: rich(line(text('how'))),
  output: rich({ type: 'rich_text_preformatted', elements: [text('14 passed')] }),
  sources: [{ type: 'url', url: 'https://a.example/log', text: 'The log' }],
});

function sample(
  name: string,
  block: Json,
  shows: string[],
  finds: string[] = [],
  surface: Sample['surface'] = 'message',
): Sample {
  return { name, block, surface, shows, finds };
}

const elements: Json[] = [
  button,
  { ...button, action_id: 'yes', style: 'primary', text: plain('Approve') },
  { ...button, action_id: 'no', style: 'danger', text: plain('Discard') },
  { ...button, action_id: 'out', url: 'https://a.example/pr', text: plain('Open') },
  {
    type: 'static_select',
    action_id: 'one',
    placeholder: plain('Repo'),
    option_groups: [{ label: plain('Ours'), options: [option('shop')] }],
  },
  {
    type: 'multi_static_select',
    action_id: 'many',
    placeholder: plain('Tags'),
    options: [option('a')],
    initial_options: [option('a')],
  },
  { type: 'users_select', action_id: 'user', placeholder: plain('Person') },
  { type: 'conversations_select', action_id: 'conv', placeholder: plain('Channel') },
  { type: 'overflow', action_id: 'over', options: [option('rerun')] },
  { type: 'checkboxes', action_id: 'boxes', options: [option('box')] },
  { type: 'radio_buttons', action_id: 'radio', options: [option('dial')], initial_option: option('dial') },
  { type: 'datepicker', action_id: 'date', initial_date: '2026-11-21' },
  { type: 'timepicker', action_id: 'time', initial_time: '10:30' },
  { type: 'datetimepicker', action_id: 'moment', initial_date_time: 1_763_712_000 },
];

const inputs: Json[] = [
  { type: 'plain_text_input', action_id: 'i', initial_value: 'as it was' },
  { type: 'plain_text_input', action_id: 'i', multiline: true },
  { type: 'rich_text_input', action_id: 'i' },
  { type: 'email_text_input', action_id: 'i' },
  { type: 'url_text_input', action_id: 'i' },
  { type: 'number_input', action_id: 'i', is_decimal_allowed: false },
];

export const SAMPLES: readonly Sample[] = [
  sample(
    'section',
    {
      type: 'section',
      text: mrkdwn('*Total* is wrong'),
      fields: [mrkdwn('*Repo*\nshop'), plain('plain')],
      accessory: button,
    },
    ['Total', 'shop', 'plain', 'Go'],
    ['strong', '[data-action-id=go]'],
  ),
  sample(
    'section with a picture',
    { type: 'section', text: plain('Look'), accessory: image },
    ['Look'],
    ['.accessory-image'],
  ),
  sample('header', { type: 'header', text: plain('Ready to merge :tada:') }, ['Ready to merge 🎉'], ['h3']),
  sample('divider', { type: 'divider' }, [], ['hr']),
  sample(
    'context',
    { type: 'context', elements: [image, mrkdwn('asked by <@U0MIRA0001>')] },
    ['asked by @Mira'],
    ['.context-image', '.mention-me'],
  ),
  sample(
    'actions',
    { type: 'actions', block_id: 'b', elements },
    ['Approve', 'Discard', 'box', 'dial'],
    [
      '.btn-primary',
      '.btn-danger',
      'a.btn[href]',
      'optgroup',
      '.chip',
      'input[type=date]',
      'input[type=time]',
      'input[type=datetime-local]',
      'input[type=radio]:checked',
    ],
  ),
  sample('image', { ...image, title: plain('After') }, ['After'], ['.picture']),
  sample(
    'markdown',
    {
      type: 'markdown',
      text: '## Answer\n\n1. `cart.js`\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n\n```diff\n-a\n+b\n```',
    },
    ['Answer', 'cart.js'],
    ['ol', 'table', '.diff-add'],
  ),
  sample(
    'rich_text',
    rich(
      line(
        text('bold', { bold: true }),
        text('code', { code: true }),
        { type: 'link', url: 'https://a.example/', text: 'link' },
        { type: 'user', user_id: 'U0MIRA0001' },
        { type: 'channel', channel_id: 'C0SHOP0001' },
        { type: 'emoji', name: 'tada' },
        { type: 'date', timestamp: 1_763_712_000, format: '{date_num}', fallback: 'then' },
        { type: 'broadcast', range: 'here' },
      ),
      { type: 'rich_text_list', style: 'bullet', indent: 0, elements: [line(text('one'))] },
      { type: 'rich_text_list', style: 'bullet', indent: 1, elements: [line(text('nested'))] },
      { type: 'rich_text_list', style: 'ordered', indent: 0, elements: [line(text('two'))] },
      { type: 'rich_text_quote', elements: [text('quoted')] },
      { type: 'rich_text_preformatted', elements: [text('@@ -1 +1 @@\n-a\n+b')] },
    ),
    ['bold', 'link', '@Mira', '#shop', '🎉', '2025-11-21', '@here', 'nested', 'quoted'],
    ['strong', 'code', 'ul ul li', 'ol', 'blockquote', '.diff-del'],
  ),
  sample(
    'plan',
    {
      type: 'plan',
      title: 'Working · 2 min',
      tasks: ['pending', 'in_progress', 'complete', 'error'].map((status) => task(status, status)),
    },
    ['Working', '1 of 4', 'Task error', '14 passed'],
    ['[data-status=in_progress] .task-status', '[data-task-id=error][open]', '.plan-bar'],
  ),
  sample('task_card', task('t', 'error'), ['Task t', 'how', '14 passed', 'The log'], ['.task-sources a']),
  sample(
    'table',
    {
      type: 'table',
      column_settings: [{ align: 'right' }, { is_wrapped: true }],
      rows: [
        [
          { type: 'raw_text', text: 'Check' },
          { type: 'raw_text', text: 'Time' },
        ],
        [rich(line(text('lint'))), { type: 'raw_number', value: 2, text: '2 s' }],
      ],
    },
    ['Check', 'lint', '2 s'],
    ['th', 'td.wrapped'],
  ),
  sample(
    'data_table',
    {
      type: 'data_table',
      caption: 'Slow tests',
      rows: [[{ type: 'raw_text', text: 'Test' }], [{ type: 'raw_text', text: 'cart' }]],
    },
    ['Slow tests', 'cart', '1 row'],
    ['.sort', '.row-header'],
  ),
  sample('card', card, ['Attempt 1', '3 checks', 'Small', 'Go'], ['.card-hero', '.card-icon']),
  sample(
    'carousel',
    { type: 'carousel', elements: [card, card, card] },
    ['Attempt 1'],
    ['.card:nth-child(3)', '.carousel-turn'],
  ),
  sample(
    'container',
    {
      type: 'container',
      title: plain('What ran'),
      subtitle: plain('12 commands'),
      is_collapsible: true,
      child_blocks: [{ type: 'section', text: plain('npm test') }],
    },
    ['What ran', '12 commands', 'npm test'],
    ['details[open]'],
  ),
  sample(
    'container without a fold',
    {
      type: 'container',
      rich_text_title: rich(line(text('Titled'))),
      has_header_divider: true,
      child_blocks: [{ type: 'divider' }],
    },
    ['Titled'],
    ['.has-line', 'hr'],
  ),
  sample('file', { type: 'file', source: 'remote', external_id: 'doc-7' }, ['Remote file', 'doc-7']),
  sample(
    'video',
    {
      type: 'video',
      title: plain('A recording'),
      title_url: 'https://a.example/v',
      video_url: 'https://a.example/e',
      thumbnail_url: 'https://a.example/t.png',
      alt_text: 'v',
      author_name: 'Threadsmith',
    },
    ['A recording', 'Threadsmith'],
    ['a[href]'],
  ),
  sample(
    'context_actions',
    {
      type: 'context_actions',
      elements: [
        {
          type: 'feedback_buttons',
          action_id: 'fb',
          positive_button: { text: plain('Good'), value: 'up' },
          negative_button: { text: plain('Bad'), value: 'down' },
        },
        { type: 'icon_button', action_id: 'rm', icon: 'trash', text: plain('Remove') },
      ],
    },
    [],
    ['[aria-label=Good]', '[aria-label=Bad]', '[data-action-id=rm]'],
  ),
  sample(
    'alert',
    { type: 'alert', level: 'warning', text: mrkdwn('Two checks *did not run*') },
    ['did not run'],
    ['.alert-warning'],
    'modal',
  ),
  ...inputs.map((element) =>
    sample(
      `input with ${String(element['type'])}${element['multiline'] ? ' of several lines' : ''}`,
      {
        type: 'input',
        block_id: 'i',
        label: plain('Say what'),
        hint: plain('In your words'),
        optional: true,
        element,
      },
      ['Say what', 'In your words', 'optional'],
      ['[data-action-id=i]', '.field-error'],
      'modal',
    ),
  ),
];

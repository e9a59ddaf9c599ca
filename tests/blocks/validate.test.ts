// The validator finds each thing that Slack refuses, and where it is.
import { describe, expect, test } from 'vitest';
import { validateMessage } from '../../blocks/rules/validate.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const button = (change: object = {}) => ({
  type: 'button',
  action_id: 'a',
  text: plain('Go'),
  value: 'v',
  ...change,
});
const rich = (...elements: object[]) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements }],
});
const task = (id: string, change: object = {}) => ({
  type: 'task_card',
  task_id: id,
  title: 'T',
  status: 'pending',
  ...change,
});
const table = (rows: number, columns: number, text = 'a') => ({
  type: 'table',
  rows: Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => ({ type: 'raw_text', text })),
  ),
});
const x = (length: number) => 'x'.repeat(length);

/** Blocks that are just within a limit, and the same with one too much. */
const limits: readonly [string, object, object, string][] = [
  ['a section', section(x(3_000)), section(x(3_001)), '/blocks/0/text/text'],
  ['an empty section', section('a'), section(''), '/blocks/0/text/text'],
  ['a blank section', section('a'), section(' \n'), '/blocks/0/text/text'],
  ['a section without text', section('a'), { type: 'section' }, '/blocks/0/text'],
  [
    'a header',
    { type: 'header', text: plain(x(150)) },
    { type: 'header', text: plain(x(151)) },
    '/blocks/0/text/text',
  ],
  [
    'buttons in a row',
    {
      type: 'actions',
      elements: Array.from({ length: 25 }, (_, index) => button({ action_id: `${index}` })),
    },
    {
      type: 'actions',
      elements: Array.from({ length: 26 }, (_, index) => button({ action_id: `${index}` })),
    },
    '/blocks/0/elements',
  ],
  [
    'the same action twice',
    { type: 'actions', elements: [button(), button({ action_id: 'b' })] },
    { type: 'actions', elements: [button(), button()] },
    '/blocks/0/elements',
  ],
  [
    'a button',
    { type: 'actions', elements: [button({ text: plain(x(75)) })] },
    { type: 'actions', elements: [button({ text: plain(x(76)) })] },
    '/blocks/0/elements/0/text/text',
  ],
  [
    'a value',
    { type: 'actions', elements: [button({ value: x(2_000) })] },
    { type: 'actions', elements: [button({ value: x(2_001) })] },
    '/blocks/0/elements/0/value',
  ],
  [
    'a style',
    { type: 'actions', elements: [button({ style: 'danger' })] },
    { type: 'actions', elements: [button({ style: 'red' })] },
    '/blocks/0/elements/0/style',
  ],
  [
    'a dialog',
    { type: 'actions', elements: [button({ confirm: { text: plain(x(300)) } })] },
    { type: 'actions', elements: [button({ confirm: { text: plain(x(301)) } })] },
    '/blocks/0/elements/0/confirm/text/text',
  ],
  [
    'a menu',
    {
      type: 'actions',
      elements: [
        { type: 'static_select', options: Array.from({ length: 100 }, () => ({ text: plain('a') })) },
      ],
    },
    {
      type: 'actions',
      elements: [
        { type: 'static_select', options: Array.from({ length: 101 }, () => ({ text: plain('a') })) },
      ],
    },
    '/blocks/0/elements/0/options',
  ],
  [
    'a context',
    { type: 'context', elements: Array.from({ length: 10 }, () => plain('a')) },
    { type: 'context', elements: Array.from({ length: 11 }, () => plain('a')) },
    '/blocks/0/elements',
  ],
  [
    'an image without words',
    { type: 'image', image_url: 'https://a.example/b.png', alt_text: 'a' },
    { type: 'image', image_url: 'https://a.example/b.png', alt_text: '' },
    '/blocks/0/alt_text',
  ],
  [
    'an image with two sources',
    { type: 'image', slack_file: { id: 'F01234567' }, alt_text: 'a' },
    { type: 'image', slack_file: { id: 'F01234567' }, image_url: 'https://a.example/', alt_text: 'a' },
    '/blocks/0',
  ],
  [
    'the id of a file',
    { type: 'image', slack_file: { id: 'F01234567' }, alt_text: 'a' },
    { type: 'image', slack_file: { id: 'f-123' }, alt_text: 'a' },
    '/blocks/0/slack_file/id',
  ],
  ['rows of a table', table(100, 1), table(101, 1), '/blocks/0/rows'],
  ['columns of a table', table(1, 20), table(1, 21), '/blocks/0/rows/0'],
  ['the text of a table', table(10, 1, x(990)), table(10, 1, x(1_001)), '/blocks/0'],
  [
    'uneven rows',
    table(2, 2),
    { type: 'table', rows: [...table(1, 2).rows, ...table(1, 1).rows] },
    '/blocks/0/rows',
  ],
  [
    'tasks with one id',
    { type: 'plan', title: 'P', tasks: [task('a'), task('b')] },
    { type: 'plan', title: 'P', tasks: [task('a'), task('a')] },
    '/blocks/0/tasks',
  ],
  [
    'the state of a task',
    { type: 'plan', title: 'P', tasks: [task('a')] },
    { type: 'plan', title: 'P', tasks: [task('a', { status: 'done' })] },
    '/blocks/0/tasks/0/status',
  ],
  [
    'empty rich text',
    rich({ type: 'text', text: 'a' }),
    rich({ type: 'text', text: '' }),
    '/blocks/0/elements/0/elements/0/text',
  ],
  ['no rich text', rich({ type: 'text', text: 'a' }), rich(), '/blocks/0/elements/0/elements'],
  [
    'a link',
    rich({ type: 'link', url: 'https://a.example/' }),
    rich({ type: 'link', url: 'javascript:alert(1)' }),
    '/blocks/0/elements/0/elements/0/url',
  ],
  [
    'a broadcast',
    rich({ type: 'user', user_id: 'U0MARA111' }),
    rich({ type: 'broadcast', range: 'channel' }),
    '/blocks/0/elements/0/elements/0/type',
  ],
  ['a field that is none', section('a'), { ...section('a'), colour: 'red' }, '/blocks/0/colour'],
  ['a block that is none', section('a'), { type: 'constructor' }, '/blocks/0/type'],
  ['half a character', section('a'), section('\ud83d'), '/blocks/0/text/text'],
  [
    'the id of a block',
    { ...section('a'), block_id: x(255) },
    { ...section('a'), block_id: x(256) },
    '/blocks/0/block_id',
  ],
];

test.each(limits)('%s', (_name, good, bad, pointer) => {
  expect(validateMessage({ text: 'a', blocks: [good] })).toEqual([]);
  expect(validateMessage({ text: 'a', blocks: [bad] }).map((problem) => problem.pointer)).toContain(pointer);
});

describe('a whole message', () => {
  test('has at most fifty blocks', () => {
    const blocks = Array.from({ length: 50 }, () => section('a'));
    expect(validateMessage({ text: 'a', blocks })).toEqual([]);
    expect(validateMessage({ text: 'a', blocks: [...blocks, section('a')] })).toEqual([
      { pointer: '/blocks', message: 'must have at most 50 items, but has 51' },
    ]);
  });

  test('holds at most about 13,200 characters, also where each block is legal', () => {
    const blocks = Array.from({ length: 5 }, () => section(x(2_640)));
    expect(validateMessage({ text: 'a', blocks })).toEqual([]);
    expect(validateMessage({ text: 'a', blocks: [...blocks, section('a')] })).toEqual([
      { pointer: '/blocks', message: 'hold 13201 characters; Slack refuses more than 13200' },
    ]);
  });

  test('has one table, and each block id once', () => {
    expect(validateMessage({ text: 'a', blocks: [table(1, 1), table(1, 1)] })).toHaveLength(1);
    const twice = { ...section('a'), block_id: 'same' };
    expect(validateMessage({ text: 'a', blocks: [twice, twice] })[0]?.pointer).toBe('/blocks/1/block_id');
  });

  test('has a text for people who see no blocks', () => {
    expect(validateMessage({ text: ' ', blocks: [section('a')] })[0]?.pointer).toBe('/text');
    expect(validateMessage({ text: x(4_001), blocks: [section('a')] })[0]?.pointer).toBe('/text');
  });

  test('of anything at all gives problems and no error', () => {
    for (const blocks of [undefined, null, 'a', {}, [null], [[]], [{ type: 7 }], []])
      expect(validateMessage({ text: 'a', blocks }).length).toBeGreaterThan(0);
  });
});

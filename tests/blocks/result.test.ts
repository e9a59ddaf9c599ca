// What the message of a change says and offers in each of its states.
import type { Button, KnownBlock } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { pictureIds } from '../../blocks/messages/page-pictures.ts';
import { resultMessage } from '../../blocks/messages/result.ts';
import { mergeUnverifiedModal } from '../../blocks/modals/confirmations.ts';
import { ACTION } from '../../blocks/parts/actions.ts';
import { at, COMMIT, cartPage, change, changeResult, check, jon, MERGE_COMMIT } from './samples.ts';

function buttons(blocks: readonly KnownBlock[]): Button[] {
  return blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.filter((element) => element.type === 'button') : [],
  );
}

function labels(blocks: readonly KnownBlock[]): string[] {
  return buttons(blocks).map((button) => `${button.text.text} (${button.action_id})`);
}

function headerOf(blocks: readonly KnownBlock[]): string {
  const first = blocks[0];
  return first?.type === 'header' ? first.text.text : '';
}

function verification(passed: boolean, more: Partial<ReturnType<typeof changeResult>['verification']> = {}) {
  return { commit: COMMIT, passed, checks: [check()], pages: [], problems: [], ...more };
}

describe('a verified change', () => {
  const message = resultMessage(change());

  test('says the outcome first, then what changed, the evidence, the files and the way it was made', () => {
    expect(message.blocks.map((block) => block.type)).toEqual([
      'header',
      'rich_text',
      'table',
      'image',
      'image',
      'rich_text',
      'context',
      'context',
      'actions',
    ]);
    expect(headerOf(message.blocks)).toBe('Ready to merge: the check passed, pages compared in the browser');
    expect(message.blocks[6]).toEqual({
      type: 'context',
      elements: [
        {
          type: 'plain_text',
          text: 'gpt-5 · 9 steps · 2 min · 43.5k tokens · commit 4f9c2d1 · threadsmith/abcdefghjk',
          emoji: false,
        },
      ],
    });
  });

  test('offers to approve and merge, to change, to look and to discard; buttons carry the turn alone', () => {
    expect(labels(message.blocks)).toEqual([
      'Approve & merge (threadsmith.approve)',
      'Request changes (threadsmith.request_changes)',
      'View diff (threadsmith.view_diff)',
      'Try 3 ways (threadsmith.try_ways)',
      'Discard (threadsmith.discard)',
    ]);
    expect(new Set(buttons(message.blocks).map((button) => button.value))).toEqual(new Set(['turn-1']));
  });

  test('asks before it merges, naming repo, branch, commit and checks', () => {
    expect(buttons(message.blocks)[0]?.confirm).toMatchObject({
      title: { text: 'Merge this change?' },
      text: { text: 'bakery-shop: threadsmith/abcdefghjk at 4f9c2d1 into main: the check passed.' },
    });
  });

  test('shows the checks as a table', () => {
    expect(message.blocks[2]).toMatchObject({
      rows: [
        [{ text: 'Check' }, { text: 'Result' }, { text: 'Time' }],
        [{ text: 'test' }, { text: '✓ passed' }, { text: '2.3 s' }],
      ],
    });
  });

  test('shows the uploaded screenshots with words for people who cannot see them', () => {
    expect(message.blocks.slice(3, 5)).toEqual([
      {
        type: 'image',
        slack_file: { id: 'F0BEFORE01' },
        title: { type: 'plain_text', text: 'Before · Cart (/cart)', emoji: false },
        alt_text: 'Screenshot of the page Cart (/cart) before the change',
      },
      {
        type: 'image',
        slack_file: { id: 'F0AFTER001' },
        title: { type: 'plain_text', text: 'After · Cart (/cart)', emoji: false },
        alt_text: 'Screenshot of the page Cart (/cart) after the change',
      },
    ]);
  });

  test('says the same in its text', () => {
    expect(message.text).toBe(
      'Ready to merge: the check passed, pages compared in the browser\n' +
        'The total now includes the quantity of each item.\n\nSee src/cart.js:12.\n' +
        '1 file changed, +3 −1 in bakery-shop.',
    );
  });
});

describe('a change that is not verified', () => {
  test('can only be merged unverified, in red, and is asked about twice', () => {
    const failed = check({ name: 'unit', status: 'failed', outputTail: 'a\nexpected 2\nreceived 1' });
    const view = change({
      verified: false,
      result: changeResult({ verification: verification(false, { checks: [check(), failed] }) }),
    });
    const message = resultMessage(view);
    expect(headerOf(message.blocks)).toBe('Not verified: 1 of 2 checks did not pass');
    expect(labels(message.blocks)[0]).toBe('Merge unverified (threadsmith.merge_unverified)');
    expect(buttons(message.blocks)[0]).toMatchObject({
      style: 'danger',
      confirm: {
        text: {
          text: 'bakery-shop: threadsmith/abcdefghjk at 4f9c2d1 into main. Not verified: 1 of 2 checks did not pass. You will be asked once more.',
        },
      },
    });
    expect(mergeUnverifiedModal(view)).toMatchObject({
      private_metadata: 'turn-1',
      submit: { text: 'Merge anyway' },
    });
    expect(JSON.stringify(message.blocks)).toContain('expected 2\\nreceived 1');
  });

  test('never says that it is ready, even when the record of another commit passed', () => {
    const message = resultMessage(change({ verified: false }));
    expect(headerOf(message.blocks)).toBe('Not verified: no passing verification of exactly this commit');
    expect(message.text).not.toContain('Ready');
  });

  test('gives the reason once where there is only one', () => {
    const problems = ['The repo names no checks'];
    const message = resultMessage(
      change({
        verified: false,
        result: changeResult({ verification: verification(false, { checks: [], problems }) }),
      }),
    );
    expect(headerOf(message.blocks)).toBe('Not verified: The repo names no checks');
    expect(JSON.stringify(message.blocks).split('The repo names no checks')).toHaveLength(3);
    expect(JSON.stringify(message.blocks)).not.toContain('Worth a look');
  });
});

describe('long lists', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => index);

  test('of checks show twenty, those that did not pass first, and count the rest', () => {
    const checks = many(25).map((index) =>
      check({ name: `c${index}`, status: index === 24 ? 'failed' : 'passed' }),
    );
    const table = resultMessage(
      change({ result: changeResult({ verification: verification(false, { checks }) }) }),
    ).blocks[2];
    const rows =
      table?.type === 'table'
        ? table.rows.map(([first]) => (first && 'text' in first ? first.text : ''))
        : [];
    expect(rows.slice(0, 2)).toEqual(['Check', 'c24']);
    expect(rows).toHaveLength(22);
    expect(rows.at(-1)).toBe('and 5 more checks');
  });

  test('of files show twelve and count the rest', () => {
    const files = many(15).map((index) => ({
      path: `f${index}.js`,
      status: 'modified' as const,
      additions: 1,
      deletions: 0,
    }));
    const json = JSON.stringify(resultMessage(change({ result: changeResult({ files }) })).blocks);
    expect(json).toContain('15 files changed, +15 −0');
    expect(json).toContain('f11.js');
    expect(json).not.toContain('f12.js');
    expect(json).toContain('and 3 more files');
  });

  test('of pages show three and count the rest; pages that look the same are named', () => {
    const page = (index: number) => ({
      ...cartPage,
      name: `Page ${index}`,
      before: { artifactId: 'shot-before', digest: 'x', consoleErrors: [], failedRequests: [], status: 200 },
      after: {
        artifactId: 'shot-after',
        digest: index === 0 ? 'x' : 'y',
        consoleErrors: [],
        failedRequests: [],
        status: 200,
      },
    });
    const message = resultMessage(
      change({ result: changeResult({ verification: verification(true, { pages: many(6).map(page) }) }) }),
    );
    expect(message.blocks.filter((block) => block.type === 'image')).toHaveLength(6);
    expect(JSON.stringify(message.blocks)).toContain('Looks the same as before: Page 0 (/cart).');
    expect(JSON.stringify(message.blocks)).toContain('2 more pages compared');
  });
});

describe('what the browser saw', () => {
  test('a page that looks the same is named, without its two pictures', () => {
    const { before, after } = cartPage;
    if (before === null || after === null) throw new Error('the sample has both');
    const home = {
      name: 'Home',
      path: '/',
      before: { ...before, digest: 'd1' },
      after: { ...after, digest: 'd1' },
    };
    const cart = { ...cartPage, before: { ...before, digest: 'd2' }, after: { ...after, digest: 'd3' } };
    const { blocks } = resultMessage(
      change({ result: changeResult({ verification: verification(true, { pages: [home, cart] }) }) }),
    );
    const titles = blocks.flatMap((block) => (block.type === 'image' ? [block.title?.text] : []));
    expect(titles).toEqual(['Before · Cart (/cart)', 'After · Cart (/cart)']);
    expect(JSON.stringify(blocks)).toContain('Looks the same as before: Home (/).');
  });

  test('what changed is shown before beside after, on a desktop with the whole page, on a phone alone', () => {
    const region = { x: 0, y: 0, width: 20, height: 20 };
    const compared = (viewport: 'desktop' | 'phone', beside: boolean) => ({
      ...cartPage,
      view: { viewport, dark: false },
      difference: {
        regions: [region, region],
        changedShare: 0.01,
        picture: { artifactId: `changes-${viewport}`, beside },
      },
    });
    const same = {
      ...cartPage,
      view: { viewport: 'desktop' as const, dark: true },
      difference: { regions: [], changedShare: 0, picture: null },
    };
    const pages = [compared('desktop', false), compared('phone', true), same];
    const files = {
      'changes-desktop': 'F0CHANGE01',
      'changes-phone': 'F0CHANGE02',
      'shot-after': 'F0AFTER001',
      film: 'F0FILM0001',
    };
    const { blocks } = resultMessage(
      change({
        files,
        result: changeResult({ verification: verification(true, { pages, recordingId: 'film' }) }),
      }),
    );
    const images = blocks.flatMap((block) => (block.type === 'image' ? [block] : []));
    expect(images.map(({ title }) => title?.text)).toEqual([
      'Before, and After below · Cart (/cart)',
      'After · Cart (/cart)',
      'Before | After · Cart (/cart) on a phone',
      'Recording · the pages as they open after the change',
    ]);
    expect(images[2]?.alt_text).toBe(
      'What changed on the page Cart (/cart) on a phone: before on the left, after on the right, 2 places framed',
    );
    const json = JSON.stringify(blocks);
    expect(json).toContain('Looks the same as before: Cart (/cart) in dark mode.');
    expect(pictureIds(verification(true, { pages, recordingId: 'film' }))).toEqual([
      'changes-desktop',
      'shot-after',
      'changes-phone',
      'film',
    ]);
  });

  test('errors of the console and failed requests are plain lines, new ones marked, mended ones counted', () => {
    const shot = { artifactId: 'x', failedRequests: [], status: 200 };
    const pages = [
      {
        ...cartPage,
        before: { ...shot, consoleErrors: ['old', 'mended'] },
        after: { ...shot, consoleErrors: ['old', 'fresh'], failedRequests: ['GET /api 500'], status: 500 },
      },
    ];
    const json = JSON.stringify(
      resultMessage(change({ result: changeResult({ verification: verification(true, { pages }) }) })).blocks,
    );
    expect(json).toContain('Cart: console error: old');
    expect(json).toContain('Cart: console error (new): fresh');
    expect(json).toContain('Cart: failed request (new): GET /api 500');
    expect(json).toContain('Cart: answered with status 500');
    expect(json).toContain('Cart: 1 browser error from before the change is gone.');
  });

  test('a screenshot that is not in Slack is named in words instead of breaking the message', () => {
    const message = resultMessage(change({ files: { 'shot-before': 'F0BEFORE01' } }));
    expect(message.blocks.filter((block) => block.type === 'image')).toHaveLength(1);
    expect(JSON.stringify(message.blocks)).toContain(
      'A picture is not available in Slack: Screenshot of the page Cart (/cart) after the change.',
    );
  });
});

describe('the state of the merge', () => {
  test('while a person merges, only the diff can be looked at', () => {
    const message = resultMessage(change({ merge: { kind: 'merging', by: jon } }));
    expect(labels(message.blocks)).toEqual(['View diff (threadsmith.view_diff)']);
    expect(message.text).toContain('Jon Vale is merging this now.');
  });

  test('a head that has moved cannot be decided on', () => {
    const message = resultMessage(change({ head: MERGE_COMMIT }));
    expect(labels(message.blocks)).toEqual(['View diff (threadsmith.view_diff)']);
    expect(headerOf(message.blocks)).toBe('Superseded by a newer result below');
    expect(message.text).not.toContain('Ready to merge');
    expect(message.text).toContain('The branch has moved on to a1b2c3d since');
  });

  test('a merged change names who, when and the merge commit, keeps its evidence and can be taken back', () => {
    const message = resultMessage(
      change({ merge: { kind: 'merged', by: jon, at, mergeCommit: MERGE_COMMIT } }),
    );
    expect(headerOf(message.blocks)).toBe('Merged into main');
    expect(message.text).toContain('Merged into main by Jon Vale at 2026-11-21 10:00 UTC as a1b2c3d.');
    expect(message.blocks[1]).toEqual({
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'Merged by ' },
            { type: 'user', user_id: 'U0JON2222' },
            { type: 'text', text: ' ' },
            {
              type: 'date',
              timestamp: 1795255200,
              format: '{date_short_pretty} at {time}',
              fallback: '2026-11-21 10:00 UTC',
            },
            { type: 'text', text: ' as ' },
            { type: 'text', text: 'a1b2c3d', style: { code: true } },
            { type: 'text', text: '.' },
          ],
        },
      ],
    });
    expect(message.blocks.filter((block) => block.type === 'image')).toHaveLength(2);
    expect(buttons(message.blocks)).toMatchObject([{ action_id: ACTION.revert, value: 'turn-1' }]);
  });

  test('a change merged without verification says so', () => {
    const merge = { kind: 'merged', by: jon, at, mergeCommit: MERGE_COMMIT } as const;
    expect(resultMessage(change({ merge, verified: false })).text).toContain(
      'It was merged without verification.',
    );
    expect(resultMessage(change({ merge })).text).not.toContain('without verification');
  });

  test('a discarded change names who and when and has no buttons', () => {
    const message = resultMessage(change({ merge: { kind: 'discarded', by: jon, at } }));
    expect(message.text).toContain('Discarded by Jon Vale at 2026-11-21 10:00 UTC.');
    expect(buttons(message.blocks)).toEqual([]);
  });
});

test('a long summary goes on below the message, which keeps its evidence and its buttons', () => {
  const paragraphs = Array.from({ length: 60 }, (_, index) => `Paragraph ${index} ${'of words '.repeat(30)}`);
  const message = resultMessage(change({ result: changeResult({ summary: paragraphs.join('\n\n') }) }));
  expect(labels(message.blocks)).toHaveLength(5);
  expect(message.blocks.some((block) => block.type === 'table')).toBe(true);
  const all = JSON.stringify([message.blocks, message.overflow.map((more) => more.blocks)]);
  for (const index of paragraphs.keys()) expect(all).toContain(`Paragraph ${index} of words`);
  expect(message.overflow[0]?.text).toContain('of words');
});

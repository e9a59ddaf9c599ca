// The diff as a person pages through it.
import type { KnownBlock } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { parseDiff } from '../../blocks/markdown/diff-text.ts';
import { viewDiffModal } from '../../blocks/modals/view-diff.ts';
import {
  choiceValue,
  diffFileValue,
  optionValue,
  parseChoice,
  parseDiffPage,
  parseOption,
} from '../../blocks/parts/actions.ts';

const two = `diff --git a/src/a.js b/src/a.js
index 1..2 100644
--- a/src/a.js
+++ b/src/a.js
@@ -1,2 +1,2 @@
 same
-old
+new
diff --git a/pic.png b/pic.png
new file mode 100644
index 0..1
Binary files /dev/null and b/pic.png differ
`;

function long(files: number, lines: number): string {
  const body = Array.from({ length: lines }, (_, line) => `+const value${line} = ${line};`).join('\n');
  return Array.from(
    { length: files },
    (_, file) =>
      `diff --git a/f${file}.js b/f${file}.js\n--- a/f${file}.js\n+++ b/f${file}.js\n@@ -1 +1 @@\n${body}\n`,
  ).join('');
}

const open = (diff: string, page: number) =>
  viewDiffModal({ turnId: 'turn-1', diff, page, whole: 'See the branch.' });

function codeIn(blocks: readonly (KnownBlock | { type: string })[]): string {
  return blocks
    .flatMap((block) => ('elements' in block && block.type === 'rich_text' ? block.elements : []))
    .flatMap((part) => ('type' in part && part.type === 'rich_text_preformatted' ? part.elements : []))
    .map((element) => ('text' in element && typeof element.text === 'string' ? element.text : ''))
    .join('\n');
}

describe('reading git', () => {
  test('files come with their lines, counts and what happened to them', () => {
    expect(parseDiff(two)).toEqual([
      { path: 'src/a.js', note: '', text: '@@ -1,2 +1,2 @@\n same\n-old\n+new', additions: 1, deletions: 1 },
      { path: 'pic.png', note: 'new file · binary', text: '', additions: 0, deletions: 0 },
    ]);
  });

  test.each([
    [
      'diff --git a/b.js b/c.js\nsimilarity index 100%\nrename from b.js\nrename to c.js\n',
      'c.js',
      'renamed from b.js',
    ],
    [
      'diff --git a/gone.js b/gone.js\ndeleted file mode 100644\n--- a/gone.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
      'gone.js',
      'deleted',
    ],
    [
      'diff --git a/with b/space.js b/with b/space.js\nold mode 100644\nnew mode 100755\n',
      'with b/space.js',
      'mode changed',
    ],
    [
      'diff --git "a/\\303\\244 \\"q\\".js" "b/\\303\\244 \\"q\\".js"\nnew file mode 100644\n',
      'ä "q".js',
      'new file',
    ],
  ])('%#: names and notes of unusual files', (diff, path, note) => {
    expect(parseDiff(diff)).toMatchObject([{ path, note }]);
  });

  test('a removed line that looks like a header is a line', () => {
    expect(
      parseDiff('diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n--- b/evil\n+++ b/evil\n'),
    ).toMatchObject([{ path: 'a', additions: 1, deletions: 1 }]);
  });

  test('what is no diff is shown as it is', () => {
    expect(parseDiff('hello')).toMatchObject([{ path: 'diff', text: 'hello' }]);
    expect(parseDiff(' \n')).toEqual([]);
  });
});

describe('the modal', () => {
  test('shows each file under its name and says what it does not show', () => {
    const json = JSON.stringify(open(two, 0));
    expect(json).toContain('"text":"src/a.js","style":{"bold":true}');
    expect(json).toContain('new file · binary · not shown');
    expect(json).toContain('2 files changed, +1 −1');
    expect(codeIn(open(two, 0).blocks)).toBe('@@ -1,2 +1,2 @@\n same\n-old\n+new');
  });

  test('pages through the whole diff without losing a line', () => {
    const diff = long(20, 150);
    const pages = Array.from({ length: 30 }, (_, page) => open(diff, page)).filter(
      (view, page) => parseChoice(view.private_metadata ?? '')?.place === page,
    );
    expect(pages.length).toBeGreaterThan(5);
    const lines = pages
      .flatMap((view) => codeIn(view.blocks).split('\n'))
      .filter((line) => line.startsWith('+'));
    expect(lines).toEqual(diff.split('\n').filter((line) => line.startsWith('+const')));
  });

  test('shows a dozen files a page, however small they are', () => {
    const binary = (index: number) =>
      `diff --git a/p${index}.png b/p${index}.png\nBinary files a/p${index}.png and b/p${index}.png differ\n`;
    const diff = Array.from({ length: 30 }, (_, index) => binary(index)).join('');
    const shown = [0, 1, 2].map(
      (page) => open(diff, page).blocks.filter((block) => block.type === 'rich_text').length,
    );
    expect(shown).toEqual([12, 12, 6]);
  });

  test('has a way on and back, and a menu that leads to each file', () => {
    const view = open(long(20, 150), 1);
    const json = JSON.stringify(view);
    expect(json).toContain('"action_id":"threadsmith.diff.previous","value":"0"');
    expect(json).toContain('"action_id":"threadsmith.diff.next","value":"2"');
    expect(json).toContain('"text":"f19.js"');
    const last = /"value":"19:(\d+)"/.exec(json)?.[1];
    expect(JSON.stringify(open(long(20, 150), Number(last)))).toContain(
      '"text":"f19.js","style":{"bold":true}',
    );
  });

  test('over its limit says where the whole is', () => {
    const huge = long(10, 20_000);
    expect(JSON.stringify(open(huge, 49))).toContain('See the branch.');
    expect(JSON.stringify(open(huge, 0))).not.toContain('See the branch.');
  });

  test('a page that does not exist is the nearest one', () => {
    expect(open(two, 99).private_metadata).toBe('turn-1#0');
    expect(open(two, -3).private_metadata).toBe('turn-1#0');
    expect(open(two, Number.NaN).private_metadata).toBe('turn-1#0');
  });
});

test('values of clicks are read back, and foreign ones are none', () => {
  expect(parseChoice(choiceValue({ turnId: 'turn-1', place: 3 }))).toEqual({ turnId: 'turn-1', place: 3 });
  expect([parseDiffPage('7'), parseDiffPage(diffFileValue(4, 2))]).toEqual([7, 2]);
  expect(['', '-1', 'a', '1:2:3', '99999'].map(parseDiffPage)).toEqual([null, null, null, null, null]);
  expect(['turn-1', '#1', 'turn-1#x', 'a b#1'].map(parseChoice)).toEqual([null, null, null, null]);
  const option = { turnId: 'turn-1', questionId: 12_345, place: 3 };
  expect(parseOption(optionValue(option))).toEqual(option);
  expect(parseOption('turn-1#3')).toEqual({ ...option, questionId: null });
  expect(['turn-1', '#1', 'turn-1#1#x', 'turn-1##1', 'a#1#2#3'].map(parseOption)).toEqual(
    Array(5).fill(null),
  );
});

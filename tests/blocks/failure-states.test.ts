// Every state in which a request stops has its message: the table in the docs, the gallery and the words agree.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { galleryStates } from '../../scripts/gallery/states.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/slack.md'), 'utf8');
const section = text.split('### When it does not go on')[1]?.split('\n### ')[0] ?? '';
const rows = section
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .flatMap(([, what = '', says = '', title = '']) => (says.startsWith('“') ? [{ what, says, title }] : []));

describe('the table of what can stop a request', () => {
  test('has them all', () => {
    expect(rows.length).toBeGreaterThanOrEqual(16);
  });

  test.each(rows)('$what: $title', ({ says, title }) => {
    const state = galleryStates().find((entry) => entry.title === title);
    expect(state?.surface).toBe('message');
    const shown = state?.surface === 'message' ? `${state.text}\n${JSON.stringify(state.blocks)}` : '';
    expect(shown).toContain(says.slice(1, -1));
  });
});

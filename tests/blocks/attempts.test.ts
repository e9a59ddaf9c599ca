// Several attempts side by side: what a person reads on the cards, and what the buttons carry.
import { describe, expect, test } from 'vitest';
import { attemptsMessage, picturesOfAttempts } from '../../blocks/messages/attempts.ts';
import { isFields } from '../../blocks/rules/weigh.ts';
import type { AttemptView, EndState, OpenState, WorkView } from '../../core/view.ts';
import { change, changeResult, work } from './samples.ts';

const OPTIONS = { now: new Date('2026-11-21T10:10:00Z'), stoppable: true };
const parent = { ...work(), state: 'waiting', question: null } as const;

function attempt(place: number, state: OpenState | EndState, more: Partial<WorkView> = {}): AttemptView {
  const { files } = change();
  const status = { ...work({ turnId: `turn-${place}`, ...more }), ...state };
  return { place, approach: 'thorough', files, status };
}

function buttonsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(buttonsIn);
  if (!isFields(value)) return [];
  return value.type === 'button'
    ? [`${String(value.action_id)} ${String(value.value)}`]
    : Object.values(value).flatMap(buttonsIn);
}

const done = attempt(1, { state: 'done', finishedAt: OPTIONS.now, result: changeResult() });
const failed = attempt(2, {
  state: 'failed',
  finishedAt: OPTIONS.now,
  failure: { code: 'internal', message: 'The model went away.', advice: '' },
});

describe('a choice among attempts', () => {
  const message = attemptsMessage(parent, [done, failed], OPTIONS);

  test('shows one card for each, and only what has a result can be chosen', () => {
    const [carousel] = message.blocks.filter(({ type }) => type === 'carousel');
    expect(carousel).toMatchObject({ elements: [{ type: 'card' }, { type: 'card' }] });
    expect(buttonsIn(message.blocks)).toEqual([
      `threadsmith.attempt.1 ${parent.turnId}#1`,
      'threadsmith.view_diff turn-1',
      `threadsmith.stop ${parent.turnId}`,
    ]);
    expect(JSON.stringify(carousel)).toContain('The model went away.');
  });

  test('says the same in its text', () => {
    expect(message.text).toContain('1 of 2 ways came to a result');
    expect(message.text).toMatch(/1 · The most thorough one: .*file.* changed/);
    expect(message.text).toContain('2 · The most thorough one: No result. The model went away.');
  });

  test('shows the page as each attempt leaves it', () => {
    const [id] = picturesOfAttempts([done]);
    const shown = attemptsMessage(parent, [{ ...done, files: { [String(id)]: 'F0AFTER0001' } }], OPTIONS);
    expect(JSON.stringify(shown.blocks)).toContain(
      '"hero_image":{"type":"image","slack_file":{"id":"F0AFTER0001"}',
    );
  });
});

test('attempts under way are one list, with one button that stops them all', () => {
  const working = attempt(3, { state: 'running' }, { startedAt: OPTIONS.now, tool: 'npm test' });
  const message = attemptsMessage({ ...work(), state: 'running' }, [done, failed, working], OPTIONS);
  const [plan] = message.blocks;
  expect(plan).toMatchObject({
    type: 'plan',
    tasks: [{ status: 'complete' }, { status: 'error' }, { status: 'in_progress' }],
  });
  expect(buttonsIn(message.blocks)).toEqual([`threadsmith.stop ${parent.turnId}`]);
  expect(message.text).toContain('3 · The most thorough one: npm test');
});

// What the status message says, and that it stays the same while nothing changes.
import type { PlanBlock, TaskCardBlock } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { statusMessage } from '../../blocks/messages/status.ts';
import { turnMessage } from '../../blocks/messages/turn.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import type { OpenView, WorkView } from '../../core/view.ts';
import { at, check, queued, received, work } from './samples.ts';

function planOf(message: FittedMessage): PlanBlock {
  const plan = message.blocks.find((block) => block.type === 'plan');
  if (!plan) throw new TypeError('no plan in the message');
  return plan;
}

function tasks(view: OpenView): string[] {
  const plan = planOf(statusMessage(view, { now: at }));
  const isTask = (task: object): task is TaskCardBlock => 'task_id' in task;
  return (plan.tasks ?? [])
    .filter(isTask)
    .map(
      (task) =>
        `${task.task_id} ${task.status}: ${task.title}${task.details ? ` | ${JSON.stringify(task.details.elements[0]?.elements)}` : ''}`,
    );
}

const minutes = (number: number) => new Date(at.getTime() + number * 60_000);

function atWork(change: Partial<WorkView> = {}): WorkView {
  const phases = work().phases.map((phase, index) =>
    index === 0
      ? { ...phase, state: 'done' as const }
      : index === 1
        ? { ...phase, state: 'running' as const, detail: 'Reading' }
        : phase,
  );
  return work({ startedAt: at, phases, ...change });
}

function running(change: Partial<WorkView> = {}): OpenView {
  return { ...atWork(change), state: 'running' };
}

describe('the plan', () => {
  test('has a task for each phase, with what goes on now', () => {
    expect(tasks(running())).toEqual([
      'prepare complete: Prepare the sandbox',
      'agent in_progress: Work on the request | [{"type":"text","text":"Reading"}]',
      'verify pending: Verify',
      'publish pending: Publish',
    ]);
  });

  test("has the agent's own steps in place of the work, the current command below the current step", () => {
    const plan = [
      { title: 'Look', status: 'complete' },
      { title: 'Mend', status: 'in_progress' },
    ] as const;
    expect(tasks(running({ plan, tool: 'npm test' }))).toEqual([
      'prepare complete: Prepare the sandbox',
      'step-1 complete: Look',
      'step-2 in_progress: Mend | [{"type":"text","text":"npm test","style":{"code":true}}]',
      'verify pending: Verify',
      'publish pending: Publish',
    ]);
  });

  test('names the checks as they finish', () => {
    expect(tasks(running({ checks: [check(), check({ name: 'lint', status: 'timed_out' })] }))[2]).toBe(
      'verify pending: Verify | [{"type":"text","text":"test passed · lint timed out"}]',
    );
  });

  test('counts the steps that do not fit', () => {
    const plan = Array.from({ length: 30 }, (_, index) => ({
      title: `Step ${index}`,
      status: 'pending' as const,
    }));
    expect(tasks(running({ plan })).at(-3)).toBe('steps-more pending: and 18 more steps');
  });
});

describe('the headline', () => {
  test.each([
    [received, 'Got it'],
    [queued(), 'Waiting for a worker'],
    [
      queued({ queue: { before: 3, waitMs: 250_000 } }),
      'Waiting for a worker: 3 requests of other threads come first, about 4 min',
    ],
    [running(), 'Working…'],
  ])('of %# says where the turn stands', (view, title) => {
    expect(planOf(statusMessage(view, { now: at })).title).toBe(title);
  });

  test('while it waits for a person no step of it is shown as at work', () => {
    const message = statusMessage({ ...atWork(), state: 'waiting', question: null }, { now: at });
    expect(message.text).toContain('Waiting for an answer');
    expect(message.blocks.map(({ type }) => type)).not.toContain('plan');
  });

  test.each([
    [{ ahead: 1 }, 'Waiting: 1 request of this thread comes first', ['send_now', 'remove']],
    [
      { ahead: 1, queue: { before: 0, waitMs: 1_000 } },
      'Waiting: 1 request of this thread comes first, about 1 min',
      ['send_now', 'remove'],
    ],
    [{ ahead: 3 }, 'Waiting: 3 requests of this thread come first', ['send_now', 'remove']],
    [{ ahead: 1, isOffered: true }, 'Handed to the request at work', ['remove']],
  ])('of a turn behind others is its place and what can be done: %o', (change, title, offers) => {
    const message = statusMessage(queued(change), { now: at, stoppable: true });
    expect(message.text).toContain(title);
    expect(message.blocks.map((block) => block.type)).toEqual(['rich_text', 'context', 'actions']);
    expect(JSON.stringify(message.blocks[0])).toContain(title);
    const ids = [...JSON.stringify(message.blocks).matchAll(/"action_id":"threadsmith\.([a-z_]+)"/g)];
    expect(ids.map(([, id]) => id)).toEqual(offers);
  });

  test('counts minutes at first and steps of five later, so that the clock alone seldom changes it', () => {
    const titles = Array.from(
      { length: 240 },
      (_, quarter) => planOf(statusMessage(running(), { now: minutes(quarter / 4) })).title,
    );
    expect(new Set(titles).size).toBe(1 + 5 + 10);
    expect(titles[13]).toBe('Working · 3 min');
    expect(titles[51]).toBe('Working · 10 min');
  });
});

test('the same view a few seconds later is the same message', () => {
  const later = new Date(at.getTime() + 30_000);
  expect(statusMessage(running(), { now: later })).toEqual(statusMessage(running(), { now: at }));
});

test('a scripted model is named as what it is, in blocks and in text', () => {
  const message = statusMessage(running({ model: { name: 'x', scripted: true } }), { now: at });
  expect(message.text).toContain('A scripted model is at work');
  expect(JSON.stringify(message.blocks)).toContain('A scripted model is at work');
  expect(statusMessage(running(), { now: at }).text).not.toContain('scripted');
});

test('a stop is offered only where something can be stopped', () => {
  const offers = (view: OpenView) =>
    JSON.stringify(statusMessage(view, { now: at, stoppable: true })).includes('threadsmith.stop');
  expect([running(), queued(), received].map(offers)).toEqual([true, true, false]);
});

describe('the message of a turn', () => {
  const failure = { code: 'clone_failed', message: 'The clone failed.', advice: 'Mend the URL.' } as const;

  test('is the failure with its advice and a button to try again', () => {
    const message = turnMessage({ ...atWork(), state: 'failed', finishedAt: at, failure }, { now: at });
    expect(message.text).toBe('The clone failed.\nMend the URL.');
    expect(JSON.stringify(message.blocks)).toContain('"action_id":"threadsmith.try_again","value":"turn-1"');
  });

  test('has no button where trying again cannot help', () => {
    const message = turnMessage({ ...work(), state: 'refused', finishedAt: at, failure }, { now: at });
    expect(JSON.stringify(message.blocks)).not.toContain('threadsmith.try_again');
    // Only the person is told the advice, in a message that no one else sees.
    expect(message.text).toBe('The clone failed.');
  });

  test('is the question while it waits for an answer', () => {
    const question = { id: 7, question: 'Which total?', options: ['net', 'gross'] };
    const message = turnMessage({ ...atWork(), state: 'waiting', question }, { now: at });
    expect(message.text).toBe('Which total?\n1. net\n2. gross');
    expect(JSON.stringify(message.blocks)).toContain(
      '"action_id":"threadsmith.option.1","value":"turn-1#7#1"',
    );
  });

  test('is the choice of a repo, as buttons up to twenty and as a menu from then on', () => {
    const choose = (count: number) => {
      const choices = Array.from({ length: count }, (_, index) => `repo-${index}`);
      const repoChoice = { choices, reason: 'Which?' };
      return turnMessage({ ...work(), state: 'needs_repo', repoChoice }, { now: at });
    };
    expect(JSON.stringify(choose(20).blocks)).toContain(
      '"action_id":"threadsmith.repo.19","value":"turn-1#19"',
    );
    expect(JSON.stringify(choose(21).blocks)).toContain('"type":"static_select"');
    expect(JSON.stringify(choose(120).blocks)).toContain('20 more repos not listed');
    expect(choose(120).replaced).toEqual([]);
  });

  test('says who stopped it and what it leaves', () => {
    const stopped = { how: 'stopped', by: 'U0JON2222', leaves: 'One file.' } as const;
    const message = turnMessage({ ...atWork(), state: 'stopped', finishedAt: at, stopped }, { now: at });
    expect(JSON.stringify(message.blocks)).toContain('{"type":"user","user_id":"U0JON2222"}');
    expect(message.text).toBe('Stopped by <@U0JON2222>. One file.\nReply in the thread to go on.');
  });
});

// The fold of a turn's events: what a person may read off it at each moment.
import { describe, expect, test } from 'vitest';
import type { EventBody, SessionEvent } from '../../core/event.ts';
import { foldTurn } from '../../core/fold.ts';
import type { StatusView, TurnFacts } from '../../core/view.ts';

const START = new Date('2026-11-21T10:00:00Z').getTime();

const facts: TurnFacts = {
  turnId: 'turn-1',
  sessionId: 'session-1',
  kind: 'mention',
  requester: { id: 'U0MARA111', name: 'Mara', email: null },
  repo: null,
  branch: 'threadsmith/session-1',
  receivedAt: new Date(START),
};

/** One event a minute. */
function log(...bodies: readonly EventBody[]): SessionEvent[] {
  return bodies.map((body, index) => ({
    id: index + 1,
    sessionId: 'session-1',
    turnId: 'turn-1',
    at: new Date(START + index * 60_000),
    body,
  }));
}

function fold(...bodies: readonly EventBody[]): StatusView {
  return foldTurn(facts, log(...bodies));
}

function states(view: StatusView): string[] {
  return view.phases.map((phase) => `${phase.phase} ${phase.state}`);
}

const claimed: EventBody = { type: 'turn.claimed', worker: 'w1', epoch: 1 };
const started = (phase: 'prepare' | 'agent' | 'verify' | 'publish', detail = ''): EventBody => ({
  type: 'phase.started',
  phase,
  detail,
});
const finished = (
  phase: 'prepare' | 'agent' | 'verify' | 'publish',
  ok: boolean,
  detail = '',
): EventBody => ({
  type: 'phase.finished',
  phase,
  ok,
  detail,
});
const check = (name: string, status: 'passed' | 'failed', round: number): EventBody => ({
  type: 'check.finished',
  round,
  check: { name, run: `npm run ${name}`, status, durationMs: 10, outputTail: '' },
});

describe('the fold of a turn', () => {
  test('a turn without events has been received and all phases are ahead of it', () => {
    const view = fold();
    expect(view.state).toBe('received');
    expect(states(view)).toEqual(['prepare pending', 'agent pending', 'verify pending', 'publish pending']);
    expect(view.startedAt).toBeNull();
  });

  test('a queued turn knows its repo and how many come first, until a worker claims it', () => {
    const queued: EventBody = { type: 'turn.queued', repo: 'shop', ahead: 2 };
    expect(fold(queued)).toMatchObject({ state: 'queued', repo: 'shop', ahead: 2 });
    const view = fold(queued, claimed);
    expect(view).toMatchObject({ state: 'running', ahead: 0 });
    expect(view.startedAt).toEqual(new Date(START + 60_000));
  });

  test('a second worker that claims the turn does not make it begin later', () => {
    const view = fold(claimed, started('prepare'), { type: 'turn.claimed', worker: 'w2', epoch: 2 });
    expect(view.startedAt).toEqual(new Date(START));
  });

  test('the choice of a repo is open until the turn is queued', () => {
    const needed: EventBody = { type: 'turn.repo_needed', choices: ['a', 'b'], reason: 'two repos' };
    expect(fold(needed)).toMatchObject({
      state: 'needs_repo',
      repoChoice: { choices: ['a', 'b'], reason: 'two repos' },
    });
    expect(fold(needed, { type: 'turn.queued', repo: 'b', ahead: 0 }).repoChoice).toBeNull();
  });

  test('work that goes back to the agent makes the later phases start over', () => {
    const view = fold(
      claimed,
      started('prepare'),
      finished('prepare', true),
      started('agent'),
      finished('agent', true),
      started('verify'),
      finished('verify', false, 'test failed'),
      started('agent', 'mending'),
    );
    expect(states(view)).toEqual(['prepare done', 'agent running', 'verify pending', 'publish pending']);
    expect(view.phases[1]?.detail).toBe('mending');
    expect(view.phases[2]?.detail).toBe('');
  });

  test('a phase that begins ends the one before it', () => {
    expect(states(fold(claimed, started('prepare'), started('agent')))).toEqual([
      'prepare done',
      'agent running',
      'verify pending',
      'publish pending',
    ]);
  });

  test('progress changes the detail of its phase alone', () => {
    const progress: EventBody = { type: 'phase.progress', phase: 'prepare', detail: 'installing' };
    expect(fold(claimed, started('prepare', 'cloning'), progress).phases[0]).toEqual({
      phase: 'prepare',
      state: 'running',
      detail: 'installing',
    });
  });

  test('a tool is shown while it runs, and as the last that was done until the next', () => {
    const begun: EventBody = { type: 'tool.started', tool: 'shell', summary: 'npm test' };
    const ended: EventBody = {
      type: 'tool.finished',
      tool: 'shell',
      summary: 'npm test',
      ok: true,
      durationMs: 9,
    };
    expect(fold(claimed, begun).tool).toBe('npm test');
    expect(fold(claimed, begun, ended).tool).toBeNull();
    const between = fold(claimed, started('agent'), begun, ended);
    expect(between.phases.map(({ detail }) => detail)).toEqual(['', 'npm test · done', '', '']);
    const later = fold(claimed, started('agent'), begun, ended, started('verify', 'Running lint'), ended);
    expect(later.phases.map(({ detail }) => detail)).toEqual(['', 'npm test · done', 'Running lint', '']);
    expect(fold(claimed, begun, started('verify')).tool).toBeNull();
  });

  test('a new round of verification begins with no checks', () => {
    const view = fold(
      claimed,
      check('lint', 'passed', 1),
      check('test', 'failed', 1),
      check('lint', 'passed', 2),
    );
    expect(view.round).toBe(2);
    expect(view.checks.map((one) => one.name)).toEqual(['lint']);
  });

  test('a check that a second worker ran again counts once, with its last result', () => {
    const view = fold(claimed, check('test', 'failed', 1), check('test', 'passed', 1));
    expect(view.checks.map((one) => `${one.name} ${one.status}`)).toEqual(['test passed']);
  });

  test('a question makes the turn wait, its answer makes it go on', () => {
    const asked: EventBody = { type: 'question.asked', question: 'Which?', options: ['a'] };
    expect(fold(claimed, asked)).toMatchObject({
      state: 'waiting',
      question: { id: expect.any(Number), question: 'Which?', answer: null },
    });
    const answered: EventBody = { type: 'question.answered', by: 'Jon', text: 'a' };
    expect(fold(claimed, asked, answered)).toMatchObject({
      state: 'running',
      question: { answer: { by: 'Jon', text: 'a' } },
    });
  });

  test('a failure ends the turn and marks the phase it broke in', () => {
    const failure = { code: 'clone_failed', message: 'No such repo.', advice: 'Mend the URL.' } as const;
    const view = fold(claimed, started('prepare'), { type: 'turn.failed', failure });
    expect(view).toMatchObject({ state: 'failed', failure });
    expect(states(view)[0]).toBe('prepare failed');
    expect(view.finishedAt).toEqual(new Date(START + 120_000));
  });

  test('a stop and a refusal end the turn with their reasons', () => {
    expect(fold(claimed, { type: 'turn.stopped', by: 'U1', leaves: 'one file' })).toMatchObject({
      state: 'stopped',
      stopped: { by: 'U1', leaves: 'one file' },
    });
    const failure = { code: 'not_allowed', message: 'No.', advice: 'Ask.' } as const;
    expect(fold({ type: 'turn.refused', failure })).toMatchObject({ state: 'refused', failure });
  });

  test('events of other turns of the session change nothing', () => {
    const other = log(claimed, started('agent')).map((event) => ({ ...event, turnId: 'turn-2' }));
    expect(foldTurn(facts, other)).toEqual(fold());
  });

  test('an event type of a newer version changes nothing', () => {
    const newer: SessionEvent[] = JSON.parse(
      JSON.stringify([{ turnId: 'turn-1', body: { type: 'moon.landed' } }]),
    );
    expect(foldTurn(facts, newer)).toEqual(fold());
  });
});

// The view of a turn after each of its events.
import { describe, expect, test } from 'vitest';
import type { EventBody, SessionEvent } from '../../core/event.ts';
import { turnView } from '../../core/turn-view.ts';
import type { RequestFacts, TurnView } from '../../core/view.ts';

const START = new Date('2026-11-21T10:00:00Z').getTime();

const facts: RequestFacts = {
  turnId: 'turn-1',
  kind: 'mention',
  requester: { id: 'U0MARA111', name: 'Mara', email: null },
  repo: null,
  branch: 'threadsmith/session-1',
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

function viewOf(...bodies: readonly EventBody[]): TurnView {
  return turnView(facts, log(...bodies));
}

function states(view: TurnView): string[] {
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

describe('the view of a turn', () => {
  test('a turn without events has been received and all phases are ahead of it', () => {
    const view = viewOf();
    expect(view.state).toBe('received');
    expect(states(view)).toEqual(['prepare pending', 'agent pending', 'verify pending', 'publish pending']);
    expect(view.startedAt).toBeNull();
  });

  test('a queued turn knows its repo and how many come first, until a worker claims it', () => {
    const queued: EventBody = { type: 'turn.queued', repo: 'shop', ahead: 2 };
    expect(viewOf(queued)).toMatchObject({ state: 'queued', repo: 'shop', ahead: 2 });
    const view = viewOf(queued, claimed);
    expect(view.state).toBe('running');
    expect(view).not.toHaveProperty('ahead');
    expect(view.startedAt).toEqual(new Date(START + 60_000));
  });

  test('a second worker that claims the turn does not make it begin later', () => {
    const view = viewOf(claimed, started('prepare'), { type: 'turn.claimed', worker: 'w2', epoch: 2 });
    expect(view.startedAt).toEqual(new Date(START));
  });

  test('the choice of a repo is open until the turn is queued', () => {
    const needed: EventBody = { type: 'turn.repo_needed', choices: ['a', 'b'], reason: 'two repos' };
    expect(viewOf(needed)).toMatchObject({
      state: 'needs_repo',
      repoChoice: { choices: ['a', 'b'], reason: 'two repos' },
    });
    expect(viewOf(needed, { type: 'turn.queued', repo: 'b', ahead: 0 })).not.toHaveProperty('repoChoice');
  });

  test('work that goes back to the agent makes the later phases start over', () => {
    const view = viewOf(
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
    expect(states(viewOf(claimed, started('prepare'), started('agent')))).toEqual([
      'prepare done',
      'agent running',
      'verify pending',
      'publish pending',
    ]);
  });

  test('progress changes the detail of its phase alone', () => {
    const progress: EventBody = { type: 'phase.progress', phase: 'prepare', detail: 'installing' };
    expect(viewOf(claimed, started('prepare', 'cloning'), progress).phases[0]).toEqual({
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
    expect(viewOf(claimed, begun).tool).toBe('npm test');
    expect(viewOf(claimed, begun, ended).tool).toBeNull();
    const between = viewOf(claimed, started('agent'), begun, ended);
    expect(between.phases.map(({ detail }) => detail)).toEqual(['', 'npm test · done', '', '']);
    const later = viewOf(claimed, started('agent'), begun, ended, started('verify', 'Running lint'), ended);
    expect(later.phases.map(({ detail }) => detail)).toEqual(['', 'npm test · done', 'Running lint', '']);
    expect(viewOf(claimed, begun, started('verify')).tool).toBeNull();
  });

  test('a new round of verification begins with no checks', () => {
    const view = viewOf(
      claimed,
      check('lint', 'passed', 1),
      check('test', 'failed', 1),
      check('lint', 'passed', 2),
    );
    expect(view.round).toBe(2);
    expect(view.checks.map((one) => one.name)).toEqual(['lint']);
  });

  test('a check that a second worker ran again counts once, with its last result', () => {
    const view = viewOf(claimed, check('test', 'failed', 1), check('test', 'passed', 1));
    expect(view.checks.map((one) => `${one.name} ${one.status}`)).toEqual(['test passed']);
  });

  test('a question makes the turn wait, its answer makes it go on', () => {
    const asked: EventBody = { type: 'question.asked', question: 'Which?', options: ['a'] };
    expect(viewOf(claimed, asked)).toMatchObject({
      state: 'waiting',
      question: { id: expect.any(Number), question: 'Which?' },
    });
    const answered: EventBody = { type: 'question.answered', by: 'Jon', text: 'a' };
    expect(viewOf(claimed, asked, answered)).toMatchObject({ state: 'running' });
  });

  test('a failure ends the turn and marks the phase it broke in', () => {
    const failure = { code: 'clone_failed', message: 'No such repo.', advice: 'Mend the URL.' } as const;
    const view = viewOf(claimed, started('prepare'), { type: 'turn.failed', failure });
    expect(view).toMatchObject({ state: 'failed', failure, finishedAt: new Date(START + 120_000) });
    expect(states(view)[0]).toBe('prepare failed');
  });

  test('a stop and a refusal end the turn with their reasons', () => {
    expect(viewOf(claimed, { type: 'turn.stopped', by: 'U1', leaves: 'one file' })).toMatchObject({
      state: 'stopped',
      stopped: { by: 'U1', leaves: 'one file' },
    });
    const failure = { code: 'not_allowed', message: 'No.', advice: 'Ask.' } as const;
    expect(viewOf({ type: 'turn.refused', failure })).toMatchObject({ state: 'refused', failure });
  });

  test('words to the turn at work wait in the queue, and end their turn once they are read or taken back', () => {
    const queued: EventBody = { type: 'turn.queued', repo: 'shop', ahead: 1 };
    const offered: EventBody = { type: 'steering.offered', by: 'U1' };
    expect(viewOf(queued, offered)).toMatchObject({ state: 'queued', ahead: 1, isOffered: true });
    expect(viewOf(queued, offered, { type: 'turn.taken_up', by: 'turn-0' })).toMatchObject({
      state: 'done',
      result: null,
    });
    expect(viewOf(queued, { type: 'turn.withdrawn', by: 'U1', how: 'deleted' })).toMatchObject({
      state: 'stopped',
      stopped: { how: 'deleted', by: 'U1' },
    });
    expect(viewOf(queued, offered, queued)).toMatchObject({ isOffered: false });
  });

  test('events of other turns of the session change nothing', () => {
    const other = log(claimed, started('agent')).map((event) => ({ ...event, turnId: 'turn-2' }));
    expect(turnView(facts, other)).toEqual(viewOf());
  });

  test('an event type of a newer version changes nothing', () => {
    const newer: SessionEvent[] = JSON.parse(
      JSON.stringify([{ turnId: 'turn-1', body: { type: 'moon.landed' } }]),
    );
    expect(turnView(facts, newer)).toEqual(viewOf());
  });
});

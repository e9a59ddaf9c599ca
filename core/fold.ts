// Folds the events of one turn into what it looks like now. Pure: the same events give the same view.
import type { Phase, SessionEvent } from './event.ts';
import type { PhaseView, StatusView, TurnFacts } from './view.ts';

const PHASES: readonly Phase[] = ['prepare', 'agent', 'verify', 'publish'];

/**
 * What a turn looks like after these events. Events of other turns are passed over; the order is the
 * order of the list.
 */
export function foldTurn(facts: TurnFacts, events: readonly SessionEvent[]): StatusView {
  return events
    .filter((event) => event.turnId === facts.turnId)
    .reduce((view, event) => apply(view, event), before(facts));
}

function before(facts: TurnFacts): StatusView {
  return {
    ...facts,
    state: 'received',
    model: null,
    phases: PHASES.map((phase) => ({ phase, state: 'pending', detail: '' })),
    plan: [],
    tool: null,
    checks: [],
    round: 0,
    verification: null,
    ahead: 0,
    repoWhy: null,
    queue: null,
    restored: null,
    steering: null,
    withdrawn: null,
    alertDecision: null,
    approvals: [],
    mergeBlock: null,
    repoChoice: null,
    question: null,
    proposals: [],
    sharedFiles: [],
    attempts: [],
    published: null,
    failure: null,
    stopped: null,
    result: null,
    startedAt: null,
    finishedAt: null,
  };
}

function apply(view: StatusView, { id, body, at }: SessionEvent): StatusView {
  switch (body.type) {
    case 'turn.received':
      return view;
    case 'turn.repo_needed':
      return {
        ...view,
        state: 'needs_repo',
        repoChoice: { choices: body.choices, reason: body.reason },
      };
    case 'turn.queued':
      return {
        ...view,
        state: 'queued',
        repo: body.repo || null,
        repoWhy: body.why ?? view.repoWhy,
        ahead: body.ahead,
        repoChoice: null,
        // Words that attempts took up wait again where the one that was chosen has not read them.
        steering: null,
        finishedAt: null,
      };
    case 'turn.rerouted':
      return { ...before(view), state: 'queued', repo: body.repo, base: body.base, repoWhy: 'changed' };
    case 'turn.routed':
      return { ...view, repo: body.repo, repoWhy: body.why };
    case 'turn.corrected':
      return { ...before(view), repo: view.repo };
    case 'steering.offered':
      return { ...view, steering: 'offered' };
    case 'turn.taken_up':
      return { ...over(view, at), state: 'done', steering: 'taken' };
    case 'turn.withdrawn':
      return { ...over(view, at), state: 'stopped', withdrawn: { by: body.by, how: body.how } };
    case 'alert.decided':
      return { ...view, alertDecision: { by: body.by, how: body.how } };
    case 'approval.given': {
      const { type: _type, ...approval } = body;
      return { ...view, approvals: [...view.approvals, approval] };
    }
    case 'merge.blocked': {
      const { type: _type, ...mergeBlock } = body;
      return { ...view, mergeBlock };
    }
    case 'turn.refused':
      return { ...over(view, at), state: 'refused', failure: body.failure };
    case 'turn.claimed':
      return {
        ...view,
        state: 'running',
        ahead: 0,
        steering: null,
        tool: null,
        startedAt: view.startedAt ?? at,
      };
    case 'sandbox.restored':
      return { ...view, restored: body.lost };
    case 'phase.started':
      return { ...view, state: 'running', tool: null, phases: enter(view.phases, body.phase, body.detail) };
    case 'phase.progress':
      return { ...view, phases: change(view.phases, body.phase, { detail: body.detail }) };
    case 'phase.finished':
      return {
        ...view,
        tool: null,
        phases: change(view.phases, body.phase, { state: body.ok ? 'done' : 'failed', detail: body.detail }),
      };
    case 'plan.proposed':
      return {
        ...view,
        state: 'waiting',
        tool: null,
        proposals: [...view.proposals, { text: body.text, decision: null }],
      };
    case 'plan.decided': {
      const { how, by, text } = body;
      const last = view.proposals.at(-1);
      if (last === undefined) return view;
      const proposals = [...view.proposals.slice(0, -1), { ...last, decision: { how, by, text } }];
      return { ...view, state: 'running', proposals };
    }
    case 'plan.updated':
      return { ...view, plan: body.steps };
    case 'model.named':
      return { ...view, model: { name: body.model, scripted: body.scripted } };
    case 'tool.started':
      return { ...view, tool: body.summary };
    case 'tool.finished':
      return {
        ...view,
        tool: null,
        // Until the next one begins this says more than that work goes on.
        phases:
          view.tool === null ? view.phases : change(view.phases, 'agent', { detail: `${view.tool} · done` }),
      };
    case 'network.used':
    case 'pages.captured':
      return view;
    case 'check.finished': {
      const earlier = body.round === view.round ? view.checks : [];
      const others = earlier.filter((check) => check.name !== body.check.name);
      return { ...view, round: body.round, checks: [...others, body.check] };
    }
    case 'verify.finished':
      return {
        ...view,
        round: body.round,
        checks: body.verification.checks,
        verification: body.verification,
      };
    case 'artifact.published': {
      const { artifactId, name, title } = body;
      const others = view.sharedFiles.filter((file) => file.artifactId !== artifactId);
      return { ...view, sharedFiles: [...others, { artifactId, name, title }] };
    }
    case 'review.finished':
      return view;
    case 'attempts.started':
      return { ...view, state: 'running', tool: null, attempts: body.attempts };
    case 'attempts.ready':
      return { ...view, state: 'waiting', tool: null };
    case 'question.asked':
      return {
        ...view,
        state: 'waiting',
        tool: null,
        question: { id, question: body.question, options: body.options, answer: null },
      };
    case 'question.answered':
      return {
        ...view,
        state: 'running',
        question: view.question && { ...view.question, answer: { by: body.by, text: body.text } },
      };
    case 'published':
      return { ...view, published: { commit: body.commit, branch: body.branch } };
    case 'turn.finished':
      return { ...over(view, at), state: 'done', result: body.result };
    case 'turn.failed':
      return { ...over(view, at), state: 'failed', failure: body.failure, phases: broken(view.phases) };
    case 'turn.stopped':
      return { ...over(view, at), state: 'stopped', stopped: { by: body.by, leaves: body.leaves } };
    default:
      return unchanged(view, body);
  }
}

/** The compiler proves that all of our events are handled; one of a newer version changes nothing. */
function unchanged(view: StatusView, _newer: never): StatusView {
  return view;
}

function over(view: StatusView, at: Date): StatusView {
  return { ...view, tool: null, ahead: 0, repoChoice: null, finishedAt: at };
}

/** Later phases start over when an earlier one runs again: a failed check sends the work back. */
function enter(phases: readonly PhaseView[], phase: Phase, detail: string): readonly PhaseView[] {
  const place = PHASES.indexOf(phase);
  return phases.map((entry, index) => {
    if (index === place) return { phase, state: 'running', detail };
    if (index > place) return { phase: entry.phase, state: 'pending', detail: '' };
    return entry.state === 'running' ? { ...entry, state: 'done' } : entry;
  });
}

function change(
  phases: readonly PhaseView[],
  phase: Phase,
  to: Partial<Pick<PhaseView, 'state' | 'detail'>>,
): readonly PhaseView[] {
  return phases.map((entry) => (entry.phase === phase ? { ...entry, ...to } : entry));
}

function broken(phases: readonly PhaseView[]): readonly PhaseView[] {
  return phases.map((entry) => (entry.state === 'running' ? { ...entry, state: 'failed' } : entry));
}

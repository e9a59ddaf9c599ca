// Makes the view of a turn from its events. Pure: the same events give the same view.
import type { Phase, SessionEvent } from './event.ts';
import type { EndState, OpenState, PhaseView, RequestFacts, TurnView, WorkView } from './view.ts';

const PHASES: readonly Phase[] = ['prepare', 'agent', 'verify', 'publish'];

type State = OpenState | EndState;

/** What an event changes in a view. */
interface News {
  readonly work?: Partial<WorkView>;
  readonly state?: State;
}

/** What a turn looks like after these events, in their order. Events of other turns change nothing. */
export function turnView(facts: RequestFacts, events: readonly SessionEvent[]): TurnView {
  let work = untouched(facts);
  let state: State = { state: 'received' };
  for (const event of events) {
    if (event.turnId !== facts.turnId) continue;
    const news = newsIn(event, work, state);
    work = { ...work, ...news.work };
    state = news.state ?? state;
  }
  return { ...work, ...state };
}

function untouched(facts: RequestFacts): WorkView {
  return {
    ...facts,
    model: null,
    phases: PHASES.map((phase) => ({ phase, state: 'pending', detail: '' })),
    plan: [],
    tool: null,
    checks: [],
    round: 0,
    repoWhy: null,
    restored: null,
    alertDecision: null,
    approvals: [],
    mergeBlock: null,
    proposals: [],
    sharedFiles: [],
    attempts: [],
    isPublished: false,
    startedAt: null,
  };
}

const RUNNING = { state: 'running' } as const;

function newsIn({ id, body, at }: SessionEvent, work: WorkView, state: State): News {
  switch (body.type) {
    case 'turn.received':
    case 'call.mended':
    case 'network.used':
    case 'pages.captured':
    case 'review.finished':
      return {};
    case 'turn.repo_needed':
      return { state: { state: 'needs_repo', repoChoice: { choices: body.choices, reason: body.reason } } };
    case 'turn.queued':
      return {
        work: { repo: body.repo || null, repoWhy: body.why ?? work.repoWhy },
        // Words that attempts took up wait again where the one that was chosen has not read them.
        state: { state: 'queued', ahead: body.ahead, queue: null, isOffered: false },
      };
    case 'turn.rerouted':
      return {
        work: { ...untouched(work), repo: body.repo, base: body.base, repoWhy: 'changed' },
        state: { state: 'queued', ahead: 0, queue: null, isOffered: false },
      };
    case 'turn.routed':
      return { work: { repo: body.repo, repoWhy: body.why } };
    case 'turn.corrected':
      return { work: untouched(work), state: { state: 'received' } };
    case 'steering.offered':
      return state.state === 'queued' ? { state: { ...state, isOffered: true } } : {};
    case 'turn.taken_up':
      return ended({ state: 'done', finishedAt: at, result: null });
    case 'turn.withdrawn':
      return ended({ state: 'stopped', finishedAt: at, stopped: { how: body.how, by: body.by } });
    case 'alert.decided':
      return { work: { alertDecision: { by: body.by, how: body.how } } };
    case 'approval.given': {
      const { type: _type, ...approval } = body;
      return { work: { approvals: [...work.approvals, approval] } };
    }
    case 'merge.blocked': {
      const { type: _type, ...mergeBlock } = body;
      return { work: { mergeBlock } };
    }
    case 'turn.refused':
      return ended({ state: 'refused', finishedAt: at, failure: body.failure });
    case 'turn.claimed':
      return { work: { tool: null, startedAt: work.startedAt ?? at }, state: RUNNING };
    case 'sandbox.restored':
      return { work: { restored: body.lost } };
    case 'phase.started':
      return { work: { tool: null, phases: enter(work.phases, body.phase, body.detail) }, state: RUNNING };
    case 'phase.progress':
      return { work: { phases: change(work.phases, body.phase, { detail: body.detail }) } };
    case 'phase.finished': {
      const to = { state: body.ok ? 'done' : 'failed', detail: body.detail } as const;
      return { work: { tool: null, phases: change(work.phases, body.phase, to) } };
    }
    case 'plan.proposed':
      return {
        work: { tool: null, proposals: [...work.proposals, { text: body.text, decision: null }] },
        state: { state: 'waiting', question: null },
      };
    case 'plan.decided': {
      const { how, by, text } = body;
      const last = work.proposals.at(-1);
      if (last === undefined) return {};
      const proposals = [...work.proposals.slice(0, -1), { ...last, decision: { how, by, text } }];
      return { work: { proposals }, state: RUNNING };
    }
    case 'plan.updated':
      return { work: { plan: body.steps } };
    case 'model.named':
      return { work: { model: { name: body.model, scripted: body.scripted } } };
    case 'tool.started':
      return { work: { tool: body.summary } };
    case 'tool.finished':
      if (work.tool === null) return {};
      // Until the next call begins this says more than that work goes on.
      return {
        work: { tool: null, phases: change(work.phases, 'agent', { detail: `${work.tool} · done` }) },
      };
    case 'check.finished': {
      const earlier = body.round === work.round ? work.checks : [];
      const others = earlier.filter((check) => check.name !== body.check.name);
      return { work: { round: body.round, checks: [...others, body.check] } };
    }
    case 'verify.finished':
      return { work: { round: body.round, checks: body.verification.checks } };
    case 'artifact.published': {
      const { artifactId, name, title } = body;
      const others = work.sharedFiles.filter((file) => file.artifactId !== artifactId);
      return { work: { sharedFiles: [...others, { artifactId, name, title }] } };
    }
    case 'attempts.started':
      return { work: { tool: null, attempts: body.attempts }, state: RUNNING };
    case 'attempts.ready':
      return { work: { tool: null }, state: { state: 'waiting', question: null } };
    case 'question.asked': {
      const question = { id, question: body.question, options: body.options };
      return { work: { tool: null }, state: { state: 'waiting', question } };
    }
    case 'question.answered':
      return { state: RUNNING };
    case 'published':
      return { work: { isPublished: true } };
    case 'turn.finished':
      return ended({ state: 'done', finishedAt: at, result: body.result });
    case 'turn.failed':
      return {
        work: { tool: null, phases: broken(work.phases) },
        state: { state: 'failed', finishedAt: at, failure: body.failure },
      };
    case 'turn.stopped': {
      const stopped = { how: 'stopped', by: body.by, leaves: body.leaves } as const;
      return ended({ state: 'stopped', finishedAt: at, stopped });
    }
    default:
      return nothing(body);
  }
}

function ended(state: EndState): News {
  return { work: { tool: null }, state };
}

/** The compiler proves that all of our events are handled; an event of a newer version changes nothing. */
function nothing(_newer: never): News {
  return {};
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

// The status message of an open turn: a plan with a task for each phase, updated while the work goes on.
import type { ActionsBlock, PlanBlock, RichTextBlock, TaskCardBlock } from '@slack/types';
import type { Phase } from '../../core/event.ts';
import type { CheckResult } from '../../core/verification.ts';
import type { OpenView, PhaseView, WorkView } from '../../core/view.ts';
import { fit, textLines } from '../fit/fit.ts';
import { ACTION } from '../parts/actions.ts';
import { elapsed } from '../parts/amounts.ts';
import { actions, button, compact, context, type FittedMessage } from '../parts/message.ts';
import { nameOf } from '../parts/people.ts';
import { bold, code, paragraph, words } from '../parts/rich.ts';
import { TASK_TITLE_MAX } from '../rules/limits.ts';
import { count, oneLine } from '../rules/text.ts';
import { isBehind, placeInLine, waitingButtons } from './waiting.ts';

export interface StatusOptions {
  readonly now: Date;
  /** Whether to offer a button that stops the turn. */
  readonly stoppable?: boolean;
}

const STEPS_MAX = 12;
const DETAIL_MAX = 150;

const phaseTitles: Record<Phase, string> = {
  prepare: 'Prepare the sandbox',
  agent: 'Work on the request',
  verify: 'Verify',
  publish: 'Publish',
};

export const phaseWords: Record<Phase, string> = {
  prepare: 'Preparing',
  agent: 'Working',
  verify: 'Verifying',
  publish: 'Publishing',
};

const taskStates: Record<PhaseView['state'], TaskCardBlock['status']> = {
  pending: 'pending',
  running: 'in_progress',
  done: 'complete',
  failed: 'error',
};

/**
 * The message of an open turn. Two calls give the same message unless something changed that a person would see;
 * the clock counts at most once a minute.
 */
export function statusMessage(view: OpenView, options: StatusOptions): FittedMessage {
  const title = headline(view, options.now);
  const current = currentStep(view);
  const scripted = view.model?.scripted ? SCRIPTED_NOTE : '';
  // A turn behind others has no steps yet, and a turn that waits for a person makes none.
  const plan: PlanBlock | RichTextBlock =
    isBehind(view) || view.state === 'waiting'
      ? paragraph(bold(title))
      : { type: 'plan', title, tasks: tasks(view) };
  return fit({
    text: textLines(current ? `${title.replace(/…$/, '')}: ${current}` : title, restoredNote(view), scripted),
    blocks: compact(
      plan,
      context(restoredNote(view), scripted),
      context(placeOf(view)),
      controls(view, options),
    ),
  });
}

/** The line of what was chosen for the request, above all the repo, which may be the wrong one. */
function placeOf(view: WorkView): string {
  const why = view.repoWhy === null ? '' : ` (${view.repoWhy})`;
  return [
    view.repo === null ? '' : `${view.repo}${why}`,
    view.base ? `from ${view.base}` : '',
    view.branch,
    ...(view.options ?? []),
    `asked by ${nameOf(view.requester)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function controls(view: OpenView, options: StatusOptions): ActionsBlock | null {
  if (!options.stoppable) return null;
  if (view.state !== 'queued' && view.state !== 'running') return null;
  if (isBehind(view)) return waitingButtons(view);
  const value = view.turnId;
  const stop = button({ actionId: ACTION.stop, value, text: 'Stop' });
  // A move to another repo would discard work that is verified already.
  const settled = view.phases.some(({ phase, state }) => phase === 'publish' && state !== 'pending');
  const reroute = button({ actionId: ACTION.reroute, value, text: 'Change repo or branch' });
  return actions(stop, view.changeable === true && !settled ? reroute : null);
}

/** The note of each message of a scripted model, whose answers are recorded. */
export const SCRIPTED_NOTE =
  'A scripted model is at work: it plays recorded answers, because no model key is configured.';

/** The note of a turn whose sandbox was lost; empty for other turns. */
export function restoredNote({ restored }: Pick<WorkView, 'restored'>): string {
  if (restored === null) return '';
  const what =
    restored === 'sandbox'
      ? 'with its files as they were'
      : 'from the last commit that was published; what came after it is done again';
  return `The sandbox of this thread was lost. The work goes on in a fresh one, ${what}.`;
}

function headline(view: OpenView, now: Date): string {
  switch (view.state) {
    case 'received':
      return 'Got it';
    case 'needs_repo':
      return 'Waiting for a repo to be chosen';
    case 'queued':
      return placeInLine(view);
    case 'waiting':
      return view.proposals.at(-1)?.decision === null
        ? 'The plan is ready: it waits for a Go'
        : 'Waiting for an answer';
    case 'running': {
      const phase = view.phases.find((entry) => entry.state === 'running')?.phase;
      const time = view.startedAt && elapsed(view.startedAt, now);
      return `${phase ? phaseWords[phase] : 'Starting'}${time ? ` · ${time}` : '…'}`;
    }
  }
}

function currentStep(view: OpenView): string {
  if (view.state !== 'running') return '';
  const phase = view.phases.find((entry) => entry.state === 'running');
  return oneLine(view.tool ?? phase?.detail ?? '', DETAIL_MAX);
}

function tasks(view: WorkView): TaskCardBlock[] {
  return view.phases.flatMap((phase) =>
    phase.phase === 'agent' ? agentTasks(view, phase) : [phaseTask(view, phase)],
  );
}

function phaseTask(view: WorkView, phase: PhaseView): TaskCardBlock {
  const detail = phase.phase === 'verify' && view.checks.length > 0 ? checksSoFar(view.checks) : phase.detail;
  return task(phase.phase, phaseTitles[phase.phase], taskStates[phase.state], detail);
}

/** The agent's own steps, or one task for all of its work where it named none. */
function agentTasks(view: WorkView, phase: PhaseView): TaskCardBlock[] {
  const detail = phase.state === 'running' ? phase.detail : '';
  if (view.plan.length === 0)
    return [task('agent', phaseTitles.agent, taskStates[phase.state], phase.detail, view.tool)];
  const running = view.plan.findIndex((step) => step.status === 'in_progress');
  const shown = view.plan
    .slice(0, STEPS_MAX)
    .map((step, index) =>
      index === running
        ? task(`step-${index + 1}`, step.title, step.status, detail, view.tool)
        : task(`step-${index + 1}`, step.title, step.status),
    );
  const more = view.plan.length - shown.length;
  return more > 0 ? [...shown, task('steps-more', `and ${count(more, 'more step')}`, 'pending')] : shown;
}

function checksSoFar(checks: readonly CheckResult[]): string {
  return checks.map((check) => `${oneLine(check.name, 40)} ${check.status.replace('_', ' ')}`).join(' · ');
}

function task(
  id: string,
  title: string,
  status: TaskCardBlock['status'],
  detail = '',
  command: string | null = null,
): TaskCardBlock {
  const shown = command ? code(command, DETAIL_MAX) : words(oneLine(detail, DETAIL_MAX));
  return {
    type: 'task_card',
    task_id: id,
    title: oneLine(title, TASK_TITLE_MAX),
    status,
    ...(shown.length > 0 && { details: paragraph(shown) }),
  };
}

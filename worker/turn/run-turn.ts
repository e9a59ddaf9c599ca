// Runs one claimed turn: finds its repo and model, then runs the steps of its kind. Lost sandboxes are replaced.
// Steps: change.ts, start-attempts.ts, merge.ts, revert.ts, discard.ts.
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { type Lease, renewLease } from '../../db/schema/lease.ts';
import { openMirror } from '../forge/mirror.ts';
import type { Model } from '../model/model.ts';
import { attemptOf } from './attempt.ts';
import { runChangeTurn } from './change.ts';
import type { TurnContext, WorkerServices } from './context.ts';
import { runDiscardTurn } from './discard.ts';
import { runMergeTurn } from './merge.ts';
import { isPlanning } from './plan.ts';
import { runRevertTurn } from './revert.ts';
import { forgetBranch, routeTurn } from './route-repo.ts';
import { beginAttempts } from './start-attempts.ts';
import { waitForEngine } from './wait-for-engine.ts';

/** The turn fails when it loses its sandbox this often. */
const MAX_LOSSES = 3;
/** The turn fails when the engine goes away more often than this. */
const MAX_ABSENCES = 3;

/**
 * Works on a leased turn until it is over or waits for a person. Goes on in a fresh sandbox after its own was lost, and
 * after the engine was away. Throws the failure of the turn.
 */
export async function runTurn(tools: WorkerServices, lease: Lease, signal: AbortSignal): Promise<void> {
  let losses = 0;
  let absences = 0;
  for (let opening = 1; ; opening += 1) {
    try {
      return await runOnce(tools, lease, opening, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ThreadsmithError)) throw error;
      if (error.code === 'engine_unreachable' && ++absences <= MAX_ABSENCES)
        await waitForEngine(tools, lease, error, signal);
      else if (error.code !== 'sandbox_lost' || ++losses >= MAX_LOSSES) throw error;
      tools.log.warn('the sandbox was lost; the turn goes on in another', { turn: lease.turnId, error });
    }
  }
}

/**
 * A sandbox says that another worker has opened it. Throws `lease_lost` where that is true. While the lease is still
 * here, a program in the sandbox pretends to be a worker: the sandbox is removed, and the error says so.
 */
async function withoutImpostor(context: TurnContext, cause: unknown): Promise<ThreadsmithError> {
  const { database, lease, provider, attempt } = context;
  await renewLease(database, lease);
  await provider.remove(attempt.sandboxKey);
  return new ThreadsmithError(
    'sandbox_lost',
    'A program in the sandbox pretended to be a worker, so the sandbox was removed.',
    'Reply in the thread to go on in a fresh one.',
    { retry: 'now', cause },
  );
}

async function runOnce(
  tools: WorkerServices,
  lease: Lease,
  opening: number,
  signal: AbortSignal,
): Promise<void> {
  const em = tools.database.em();
  const turn = await em.findOneOrFail(Turn, { id: lease.turnId });
  const session = await em.findOneOrFail(Session, { id: lease.sessionId });
  if (typeof session.repo !== 'string' && turn.details.routing !== undefined) {
    const routed = await routeTurn(tools, lease, turn, signal);
    if (routed === null) return;
    session.repo = routed;
  }
  const repo = tools.config.repos.find((candidate) => candidate.name === session.repo);
  if (repo === undefined) {
    throw new ThreadsmithError(
      'config_invalid',
      `The repo ${session.repo ?? '(none)'} of this thread is not in the worker's configuration.`,
      'Add it under repos, restart the worker, then reply in the thread.',
    );
  }
  const log = tools.log.with({ turn: turn.id, session: session.id });
  const { baseBranch } = session;
  // A base branch that the request named takes the place of the default branch.
  const based = typeof baseBranch === 'string' ? { ...repo, default_branch: baseBranch } : repo;
  const context: TurnContext = {
    ...tools,
    model: modelOf(tools, session),
    log,
    lease,
    opening,
    turn,
    session,
    attempt: await attemptOf(tools.database, session, turn),
    mirror: openMirror(based, tools.mirrors),
    signal,
  };
  try {
    await runKind(context);
  } catch (error) {
    if (hasCode(error, 'lease_lost') && !signal.aborted) throw await withoutImpostor(context, error);
    const isMissing = hasCode(error, 'repo_empty') && typeof baseBranch === 'string';
    throw isMissing ? await forgetBranch(tools, lease, session) : error;
  }
}

/** The model that the thread asked for, if the configuration still has it; else the usual one. */
function modelOf({ model, choices }: WorkerServices, { model: wanted }: Session): Model {
  return (typeof wanted === 'string' ? choices?.get(wanted) : undefined) ?? model;
}

async function runKind(context: TurnContext): Promise<void> {
  const { kind, details } = context.turn;
  switch (kind) {
    case 'merge':
      return runMergeTurn(context);
    case 'discard':
      return runDiscardTurn(context);
    case 'revert':
      return runRevertTurn(context);
    case 'mention':
    case 'follow_up':
    case 'changes_requested':
    case 'alert':
    case 'answer':
      return (details.attempts ?? 1) > 1 && !isPlanning(context.turn)
        ? beginAttempts(context)
        : runChangeTurn(context);
    case 'attempt':
      return runChangeTurn(context);
  }
}

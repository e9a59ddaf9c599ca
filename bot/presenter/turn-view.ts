// Makes the message of a turn from its rows and events.

import { failureMessage } from '../../blocks/messages/failure.ts';
import { mergeBlockedMessage } from '../../blocks/messages/merge-blocked.ts';
import { pictureIds } from '../../blocks/messages/page-pictures.ts';
import { finishedMessage, turnMessage } from '../../blocks/messages/turn.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import type { Config } from '../../core/config/config.ts';
import type { SessionEvent } from '../../core/event.ts';
import type { TurnResult } from '../../core/result.ts';
import { countingApprovals } from '../../core/rights/approvals.ts';
import type { Person } from '../../core/turn.ts';
import { turnView } from '../../core/turn-view.ts';
import type { CodeLinks, MergeState, ResultView, TurnView, WorkView } from '../../core/view.ts';
import { VerificationRow } from '../../db/entities/log.ts';
import { MergeClaim, type Session, Turn } from '../../db/entities/session.ts';
import { promptersOf } from '../../db/log/prompters.ts';
import type { EntityManager } from '../../db/schema/database.ts';

/** What a turn's events say. */
export function viewOf(session: Session, turn: Turn, events: readonly SessionEvent[]): TurnView {
  return turnView(
    {
      turnId: turn.id,
      kind: turn.kind,
      requester: turn.requester,
      repo: session.repo ?? null,
      branch: session.branch,
      base: session.baseBranch ?? null,
      options: optionsOf(session, turn),
      changeable: isChangeable(session, turn),
    },
    events,
  );
}

/** What the request asked for besides its repo, in the words of the thread. */
function optionsOf({ model }: Session, { details }: Turn): readonly string[] {
  return [
    details.readOnly === true ? 'read only' : '',
    details.planFirst === true ? 'plan first' : '',
    details.attempts === undefined ? '' : `${details.attempts} attempts`,
    typeof model === 'string' ? `model ${model}` : '',
  ].filter((option) => option !== '');
}

/** The first request of a thread, until something of it was published. */
export function isChangeable(
  { headCommit, repo }: Session,
  { position, kind, state, details }: Turn,
): boolean {
  // Several attempts each have a branch and a sandbox of their own.
  if ((details.attempts ?? 1) > 1 && state !== 'queued') return false;
  const asks = kind === 'mention' || kind === 'follow_up' || kind === 'alert';
  return position === 0 && asks && typeof headCommit !== 'string' && typeof repo === 'string';
}

/** The message of a turn without a result. */
export function openMessage(view: TurnView, now: Date): FittedMessage {
  // A merge is tried again with the button of the result, where the commit is seen once more.
  if (view.kind === 'merge' && (view.state === 'failed' || view.state === 'refused')) {
    const { failure, turnId, branch, mergeBlock } = view;
    return mergeBlock === null
      ? failureMessage({ failure, turnId, canRetry: false, about: branch })
      : mergeBlockedMessage({ failure, turnId, branch, block: mergeBlock });
  }
  return turnMessage(view, { now, stoppable: view.kind !== 'merge' && view.kind !== 'discard' });
}

/** The message of a turn with a result. */
export function resultOf(view: ResultView): FittedMessage {
  return finishedMessage(view);
}

/** The pictures that belong to a result. */
export function picturesOf(result: TurnResult): readonly string[] {
  if (result.kind !== 'change') return [];
  return pictureIds(result.verification);
}

/** What only the rows know about a result: where its merge stands, and whether it is still the newest. */
export async function resultView(
  em: EntityManager,
  config: Config,
  session: Session,
  view: WorkView,
  result: TurnResult,
  files: Readonly<Record<string, string>>,
): Promise<ResultView> {
  const turns = await em.find(
    Turn,
    { sessionId: session.id, kind: { $ne: 'attempt' } },
    { orderBy: { position: 'asc' } },
  );
  const commit = result.kind === 'change' ? result.commit : null;
  const verification =
    commit === null ? null : await em.findOne(VerificationRow, { sessionId: session.id, commit });
  return {
    ...view,
    result,
    files,
    merge: commit === null ? { kind: 'open' } : await mergeState(em, session.id, turns, view.turnId, commit),
    isRivalled: turns.some(
      ({ details, finishedAt }) => details.tries === view.turnId && (finishedAt ?? null) === null,
    ),
    head: session.headCommit ?? newestCommit(turns),
    verified: verification?.passed === true,
    approval: {
      needed: config.approvals.needed,
      given: commit === null ? [] : await approversOf(em, config, session.id, turns, view, commit),
    },
    codeLinks: codeLinks(config, session, result),
  };
}

async function approversOf(
  em: EntityManager,
  config: Config,
  sessionId: string,
  turns: readonly Turn[],
  view: WorkView,
  commit: string,
): Promise<readonly Person[]> {
  const position = turns.find(({ id }) => id === view.turnId)?.position ?? 0;
  const prompters = await promptersOf(em, sessionId, position);
  return countingApprovals(config, view.approvals, commit, prompters).map(({ by }) => by);
}

async function mergeState(
  em: EntityManager,
  sessionId: string,
  turns: readonly Turn[],
  turnId: string,
  commit: string,
): Promise<MergeState> {
  const from = turns.findIndex((turn) => turn.id === turnId);
  for (const later of turns.slice(from + 1)) {
    const at = later.finishedAt ?? later.createdAt;
    if (later.result?.kind === 'merged' && later.result.commit === commit)
      return {
        kind: 'merged',
        by: later.result.by,
        at,
        mergeCommit: later.result.mergeCommit,
        approvers: later.result.approvers ?? [],
      };
    if (later.result?.kind === 'discarded') return { kind: 'discarded', by: later.result.by, at };
    if (later.kind === 'discard' && (later.state === 'queued' || later.state === 'running'))
      return { kind: 'discarded', by: later.requester, at, undoable: later.state === 'queued' };
  }
  const claim = await em.findOne(MergeClaim, { sessionId, commit });
  const merging = turns.find((turn) => turn.id === claim?.turnId && (turn.finishedAt ?? null) === null);
  return claim !== null && merging !== undefined ? { kind: 'merging', by: claim.person } : { kind: 'open' };
}

function newestCommit(turns: readonly Turn[]): string | null {
  const newest = turns.findLast((turn) => turn.result?.kind === 'change')?.result;
  return newest?.kind === 'change' ? newest.commit : null;
}

function codeLinks(config: Config, session: Session, result: TurnResult): CodeLinks | null {
  const repo = config.repos.find((candidate) => candidate.name === session.repo);
  if (repo?.web_url === undefined) return null;
  const commit =
    result.kind === 'change' ? result.commit : (session.baseCommit ?? repo.default_branch ?? null);
  return commit === null ? null : { template: repo.web_url, commit };
}

// Queues a turn and hands it over to the workers.
import type { Person, TurnKind } from '../../core/turn.ts';
import { Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { handOver } from '../../db/transport/outbox.ts';
import { addTurn, type LockedSession } from '../../db/turns/requests.ts';
import { moveTurn, turnsAhead } from '../../db/turns/turns.ts';

/**
 * Queues a turn whose session has a repo, or has one chosen for it; false where it is no longer in that state.
 * `why` says in a few words how its repo was found.
 */
export async function queueReceived(
  em: EntityManager,
  turnId: string,
  from: 'received' | 'needs_repo',
  why?: string,
): Promise<boolean> {
  if (!(await moveTurn(em, turnId, from, 'queued'))) return false;
  await announce(em, turnId, { why });
  return true;
}

export interface ButtonTurn {
  readonly kind: TurnKind;
  readonly text: string;
  readonly requester: Person;
  readonly details?: TurnDetails;
  /** Until then it can be taken back. */
  readonly delayMs?: number;
}

/**
 * The details of a turn that has an earlier one's request done again: what was asked, and not which question it came
 * to or which workers gave it up. A person who repeats the request of another has asked for nothing themselves.
 */
export function detailsAgain({ details, requester }: Turn, byId: string): TurnDetails {
  const { answer: _answer, callId: _call, leftBy: _left, ...asked } = details;
  return byId === requester.id ? asked : { ...asked, onBehalf: true };
}

/** Adds a turn that a person asked for by a button, after their right to it was checked. Gives its id. */
export async function queueButtonTurn(
  em: EntityManager,
  session: LockedSession,
  turn: ButtonTurn,
): Promise<string> {
  const { id, name, email } = turn.requester;
  const turnId = await addTurn(em, session, {
    ...turn,
    requester: { id, name, email },
    state: 'queued',
    messageTs: null,
  });
  await appendEvents(em, session.id, turnId, [{ type: 'turn.received', text: turn.text, by: id }]);
  await announce(em, turnId, { later: turn.delayMs !== undefined });
  return turnId;
}

/** A turn that is to wait is handed over once its time has come, by the reconciler. */
async function announce(
  em: EntityManager,
  turnId: string,
  { later = false, why }: { readonly later?: boolean; readonly why?: string | undefined },
): Promise<void> {
  const turn = await em.findOneOrFail(Turn, { id: turnId });
  const session = await em.findOneOrFail(Session, { id: turn.sessionId }, { refresh: true });
  const ahead = await turnsAhead(em, turn);
  await appendEvents(em, turn.sessionId, turnId, [
    { type: 'turn.queued', repo: session.repo ?? '', ahead, ...(why === undefined ? {} : { why }) },
  ]);
  if (!later) await handOver(em, 'turn', turnId);
}

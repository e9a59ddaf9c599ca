// Several attempts as they are drawn: the log of each folded into what it looks like now.
import type { StartedAttempt } from '../../core/attempt.ts';
import type { AttemptView } from '../../core/view.ts';
import type { Session } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { candidatesOf } from '../../db/turns/attempts.ts';
import { viewOf } from './turn-view.ts';

/** The attempts that a turn's log says were started, in their order. */
export async function attemptViews(
  em: EntityManager,
  session: Session,
  started: readonly StartedAttempt[],
): Promise<readonly AttemptView[]> {
  const views: AttemptView[] = [];
  for (const { turn, approach } of await candidatesOf(em, started)) {
    const status = viewOf(session, turn, await eventsOfTurn(em, turn.id));
    // What was chosen among earlier attempts has its steps in their logs, but its result in its own.
    views.push({ place: views.length + 1, approach, status, files: {} });
  }
  return views;
}

/** Changes when something happened in one of them that people wait for. */
export function stageOfAttempts(attempts: readonly AttemptView[]): string {
  return attempts
    .map(({ status }) => [status.state, ...status.phases.map(({ state }) => state)].join(' '))
    .join(', ');
}

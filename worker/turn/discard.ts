// A turn that discards: deletes the session's branch on the remote and its sandbox. The log stays.
import { Session } from '../../db/entities/session.ts';
import { forgetWork } from '../../db/turns/saved-work.ts';
import { finishTurn } from '../../db/turns/turns.ts';
import type { TurnContext } from './context.ts';

/** Discards the session's work. */
export async function runDiscardTurn(context: TurnContext): Promise<void> {
  const { database, lease, turn, session, attempt, mirror, forge, provider, signal } = context;
  if (session.headCommit !== null) await forge.discard(mirror, session.branch, signal);
  await provider.remove(attempt.sandboxKey);
  const result = { kind: 'discarded', by: turn.requester, branch: session.branch } as const;
  await finishTurn(database, lease, { state: 'done', result }, async (em) => {
    await em.nativeUpdate(
      Session,
      { id: session.id },
      { state: 'discarded', headCommit: null, baseCommit: null },
    );
    await forgetWork(em, attempt.sandboxKey);
  });
}

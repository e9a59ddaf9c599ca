// A turn that merges: a person clicked, the bot let the click through, and everything is checked again here.
import { may } from '../core/authority.ts';
import { ThreadsmithError } from '../core/errors.ts';
import type { MergedResult } from '../core/event.ts';
import type { EntityManager } from '../db/database.ts';
import { VerificationRow } from '../db/entities/log.ts';
import { MergeClaim, Session } from '../db/entities/session.ts';
import { appendEvents } from '../db/events.ts';
import { fenced } from '../db/lease.ts';
import { finishTurn } from '../db/turns.ts';
import { signatureOf } from './blueprint/bench.ts';
import type { TurnContext } from './turn.ts';

/** Merges exactly the commit that the person saw. */
export async function runMergeTurn(context: TurnContext): Promise<void> {
  const { database, lease, turn, session, mirror, signal } = context;
  const commit = turn.details.commit;
  try {
    if (commit === undefined) throw stale(session, 'nothing');
    if (session.headCommit !== commit) throw stale(session, commit);
    const verified = await isVerified(database.em(), session.id, commit);
    if (!verified && turn.details.unverified !== true) throw unverified(commit);
    for (const act of ['approve', 'merge'] as const) {
      // Guests were told apart by the bot at the click; here the lists are asked once more.
      if (!may(context.config.people, act, { ...turn.requester, isMember: true })) throw notAllowed(act);
    }
    await fenced(database, lease, (em) =>
      appendEvents(em, session.id, turn.id, [
        { type: 'phase.started', phase: 'publish', detail: `Merging ${session.branch}` },
      ]),
    );
    const approver = signatureOf(turn.requester);
    const title = turn.text === '' ? session.branch : turn.text;
    const request = { branch: session.branch, commit, approver, title, at: turn.createdAt };
    const { mergeCommit } = await context.forge.merge(mirror, request, signal);
    const { defaultBranch } = await mirror.refresh(signal);
    const result: MergedResult = {
      kind: 'merged',
      by: turn.requester,
      branch: session.branch,
      defaultBranch,
      commit,
      mergeCommit,
      verified,
    };
    await finishTurn(database, lease, { state: 'done', result }, async (em) => {
      await em.nativeUpdate(Session, { id: session.id }, { state: 'merged' });
    });
  } catch (error) {
    // The click is given back, so that the button can be used again once the cause is gone.
    await fenced(database, lease, async (em) => {
      await em.nativeDelete(MergeClaim, { sessionId: session.id, turnId: turn.id });
    });
    throw error;
  }
}

async function isVerified(em: EntityManager, sessionId: string, commit: string): Promise<boolean> {
  const row = await em.findOne(VerificationRow, { sessionId, commit });
  return row?.passed === true;
}

function stale(session: Session, shown: string): ThreadsmithError {
  return new ThreadsmithError(
    'head_moved',
    `The session is at ${session.headCommit?.slice(0, 8) ?? 'no commit'}, not at the ${shown.slice(0, 8)} that was shown.`,
    'Look at the newest result in the thread and approve that.',
  );
}

function unverified(commit: string): ThreadsmithError {
  return new ThreadsmithError(
    'not_allowed',
    `No passing verification is recorded for the commit ${commit.slice(0, 8)}.`,
    'Reply in the thread to have it verified again, or use Merge unverified.',
  );
}

function notAllowed(act: string): ThreadsmithError {
  return new ThreadsmithError(
    'not_allowed',
    `You may not ${act} here.`,
    `Ask somebody listed under people.${act} in the configuration.`,
  );
}

// What a turn works on: the session's own attempt, or one of several that are made in parallel.
import { type Approach, sandboxKey } from '../../core/attempt.ts';
import { branchOf } from '../../core/session.ts';
import { Session, type Turn } from '../../db/entities/session.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import { attemptOfTurn, keepAttemptHead } from '../../db/turns/attempts.ts';

export interface Attempt {
  /** Names its journal. */
  readonly number: number;
  readonly branch: string;
  readonly sandboxKey: string;
  /** Commit of the default branch that its work starts from, null until that is known. */
  readonly base: string | null;
  /** The last commit that people saw of it, null before the first one. */
  readonly head: string | null;
  /** Whether there was work before this turn, so that a new sandbox means that something may be gone. */
  readonly goesOn: boolean;
  /** Place in the session of the turn that asked for it. */
  readonly askedAt: number;
  /** In what it differs from the others; null where there are no others. */
  readonly approach: Approach | null;
  /** Writes down the base, in the transaction of `em`. */
  keepBase(em: EntityManager, base: string): Promise<void>;
  /** Writes down what was published, in the transaction of `em`. */
  keepHead(em: EntityManager, head: string): Promise<void>;
}

/** The attempt that a turn works on. After a merge or a discard the session's begins anew. */
export async function attemptOf(database: Database, session: Session, turn: Turn): Promise<Attempt> {
  const row = await attemptOfTurn(database.em(), turn.id);
  return row === null ? sessionsOwn(session, turn) : oneOfSeveral(session.id, turn, row);
}

function sessionsOwn(session: Session, turn: Turn): Attempt {
  const { id, attempt: number, branch } = session;
  const ended = session.state !== 'open';
  const base = ended ? null : (session.baseCommit ?? null);
  return {
    number,
    branch,
    sandboxKey: sandboxKey(id, number),
    base,
    head: ended ? null : (session.headCommit ?? null),
    goesOn: base !== null,
    askedAt: turn.position,
    approach: null,
    keepBase: async (em, baseCommit) => {
      const head = ended ? { headCommit: null } : {};
      await em.nativeUpdate(Session, { id }, { state: 'open', baseCommit, ...head });
    },
    keepHead: async (em, headCommit) => {
      await em.nativeUpdate(Session, { id }, { headCommit });
    },
  };
}

function oneOfSeveral(
  sessionId: string,
  turn: Turn,
  row: NonNullable<Awaited<ReturnType<typeof attemptOfTurn>>>,
): Attempt {
  const { number, base, head, approach, askedAt } = row;
  return {
    number,
    branch: branchOf(sessionId, number),
    sandboxKey: sandboxKey(sessionId, number),
    base,
    head,
    goesOn: row.goesOn || turn.leaseEpoch > 1,
    askedAt,
    approach,
    // It was fixed for all of them before they began.
    keepBase: async () => {},
    keepHead: (em, commit) => keepAttemptHead(em, turn.id, commit),
  };
}

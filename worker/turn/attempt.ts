// The attempt that a turn works on: the session's own, or one of several that run in parallel.
import { type Approach, sandboxKey } from '../../core/attempt.ts';
import { branchOf } from '../../core/session.ts';
import { Session, type Turn } from '../../db/entities/session.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import { attemptOfTurn, keepAttemptHead } from '../../db/turns/attempts.ts';

export interface Attempt {
  /** The number of its journal. */
  readonly number: number;
  readonly branch: string;
  readonly sandboxKey: string;
  /** The commit of the default branch that its work starts from; null until that is known. */
  readonly base: string | null;
  /** The commit that people saw last; null before the first one. */
  readonly head: string | null;
  /** Whether there was work before this turn, so that a new sandbox means that something may be gone. */
  readonly goesOn: boolean;
  /** The position in the session of the turn that asked for it. */
  readonly askedAt: number;
  /** How it differs from the other attempts; null where there are none. */
  readonly approach: Approach | null;
  /** Stores the base in the transaction of `em`. */
  keepBase(em: EntityManager, base: string): Promise<void>;
  /** Stores the published commit in the transaction of `em`. */
  keepHead(em: EntityManager, head: string): Promise<void>;
}

/** Finds the attempt of a turn. After a merge or a discard the session's own has neither base nor head. */
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
    // `startAttempts` has stored the base for all attempts.
    keepBase: async () => {},
    keepHead: (em, commit) => keepAttemptHead(em, turn.id, commit),
  };
}

// What verifications found, kept per commit, so that a later turn knows whether one has passed.
import { redactAll } from '../../core/redact.ts';
import type { Verification } from '../../core/verification.ts';
import { VerificationRow } from '../../db/entities/log.ts';
import { fenced } from '../../db/schema/lease.ts';
import type { TurnContext } from './context.ts';

/** Keeps what was verified of a commit. */
export async function record(context: TurnContext, verification: Verification): Promise<void> {
  const { database, lease, session } = context;
  await fenced(database, lease, async (em) => {
    const row = { sessionId: session.id, commit: verification.commit, passed: verification.passed };
    const body = redactAll(verification, database.redact);
    await em.upsert(VerificationRow, { ...row, body, createdAt: new Date() });
  });
}

/** Whether a verification of the commit has passed in this session. */
export async function hasPassed({ database, session }: TurnContext, commit: string): Promise<boolean> {
  const row = await database.em().findOne(VerificationRow, { sessionId: session.id, commit });
  return row?.passed === true;
}

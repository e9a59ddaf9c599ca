// Verifies the commit of a turn and keeps what was found, so that a later turn knows whether one has passed.

import { redactAll } from '../../core/redact.ts';
import type { Verification } from '../../core/verification.ts';
import { VerificationRow } from '../../db/entities/log.ts';
import { fenced } from '../../db/schema/lease.ts';
import { verify } from '../verify/verify.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';
import type { TurnPages } from './with-workspace.ts';

/** Verifies the commit that the working tree is at. Reports the phase, and keeps the outcome in the session. */
export async function verifyAndRecord(
  { database, lease, session }: Pick<TurnContext, 'database' | 'lease' | 'session'>,
  workspace: Workspace,
  { baselineShots, openBrowser }: TurnPages,
  commit: string,
  round: number,
): Promise<Verification> {
  await workspace.report({ type: 'phase.started', phase: 'verify', detail: 'Running the checks' });
  const before = await baselineShots();
  const verification = await verify({ workspace, commit, round, before, openBrowser });
  const { passed, problems } = verification;
  await fenced(database, lease, async (em) => {
    const body = redactAll(verification, database.redact);
    await em.upsert(VerificationRow, { sessionId: session.id, commit, passed, body, createdAt: new Date() });
  });
  await workspace.report({ type: 'phase.finished', phase: 'verify', ok: passed, detail: problems[0] ?? '' });
  return verification;
}

/** Whether a verification of the commit has passed in this session. */
export async function hasPassed(
  { database, session }: Pick<TurnContext, 'database' | 'session'>,
  commit: string,
): Promise<boolean> {
  const row = await database.em().findOne(VerificationRow, { sessionId: session.id, commit });
  return row?.passed === true;
}

// What people send to the turn at work, for the agent before its next step.
import type { MessageEntry } from '../core/journal.ts';
import type { Database } from '../db/database.ts';
import type { StepLog } from '../db/journal.ts';
import type { Lease } from '../db/lease.ts';
import { type SteeringMessage, takeSteering } from '../db/steering.ts';

/**
 * Gives what was sent. The first call gives everything, also what a worker took before it died; later ones
 * ask the database only where the journal's last step saw something new.
 */
export function steeringOf(
  database: Database,
  lease: Lease,
  journal: StepLog,
): () => Promise<readonly MessageEntry[]> {
  let hasAsked = false;
  return async () => {
    if (hasAsked && !journal.isSteered()) return [];
    const taken = await takeSteering(database, lease);
    hasAsked = true;
    return taken.map(saidMeanwhile);
  };
}

/** A reply that a person sent to the turn at work. */
function saidMeanwhile({ id, text, by }: SteeringMessage): MessageEntry {
  const name = by.name.replaceAll('"', "'");
  return { kind: 'message', id: `steering-${id}`, text: `<reply from="${name}">\n${text}\n</reply>` };
}

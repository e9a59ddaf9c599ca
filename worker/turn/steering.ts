// What people send to the turn at work, for the agent before its next step.
import type { MessageEntry } from '../../core/journal.ts';
import type { LaterAttachments } from '../../db/entities/session.ts';
import type { StepLog } from '../../db/log/journal.ts';
import type { Database } from '../../db/schema/database.ts';
import type { Lease } from '../../db/schema/lease.ts';
import { type SteeringMessage, takeSteering } from '../../db/turns/steering.ts';

/**
 * Gives what was sent. The first call gives everything, also what a worker took before it died; later ones
 * ask the database only where the journal's last step saw something new. `beside` makes a message of words and
 * what came with them.
 */
export function steeringOf(
  database: Database,
  lease: Lease,
  journal: StepLog,
  beside: (text: string, given: LaterAttachments) => Promise<Pick<MessageEntry, 'text' | 'imageArtifactIds'>>,
): () => Promise<readonly MessageEntry[]> {
  let hasAsked = false;
  return async () => {
    if (hasAsked && !journal.isSteered()) return [];
    const taken = await takeSteering(database, lease);
    hasAsked = true;
    const messages: MessageEntry[] = [];
    for (const reply of taken)
      messages.push({
        kind: 'message',
        id: `steering-${reply.id}`,
        ...(await beside(saidMeanwhile(reply), reply.beside)),
      });
    return messages;
  };
}

/** A reply that a person sent to the turn at work. */
function saidMeanwhile({ text, by }: SteeringMessage): string {
  const name = by.name.replaceAll('"', "'");
  return `<reply from="${name}">\n${text}\n</reply>`;
}

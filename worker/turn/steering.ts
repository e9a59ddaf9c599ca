// Takes the words that people send to the turn at work, for the agent's next step.
import type { MessageEntry } from '../../core/journal.ts';
import type { StepLog } from '../../db/log/journal.ts';
import type { Database } from '../../db/schema/database.ts';
import type { Lease } from '../../db/schema/lease.ts';
import { type SteeringMessage, takeSteering } from '../../db/turns/steering.ts';
import type { LaterContent } from './request.ts';

/**
 * Makes a function that takes the new messages. Its first call takes all of them, also those that a worker took before
 * it died; later calls ask the database only after the journal's last step saw something new.
 */
export function steeringOf(
  database: Database,
  lease: Lease,
  journal: StepLog,
  contentOf: LaterContent,
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
        ...(await contentOf(saidMeanwhile(reply), reply.beside)),
      });
    return messages;
  };
}

/** The reply of a person as the agent reads it. */
function saidMeanwhile({ text, by }: SteeringMessage): string {
  const name = by.name.replaceAll('"', "'");
  return `<reply from="${name}">\n${text}\n</reply>`;
}

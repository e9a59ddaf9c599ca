// Reminds people once of what has waited for them for a day.
import { reminderMessage } from '../../blocks/messages/reminder.ts';
import type { Database } from '../../db/schema/database.ts';
import { requestsToRemind } from '../../db/turns/reminders.ts';
import { publishMessage } from '../delivery/deliveries.ts';

const AFTER_MS = 24 * 3_600_000;
/** A change that has waited for longer gets no reminder: after an update people would get many at once. */
const UNTIL_MS = 3 * AFTER_MS;

/**
 * Posts the reminders that are due; gives the turns that people are reminded of. Several processes may do it at once:
 * the key of the delivery keeps a reminder single.
 */
export async function remind(database: Database): Promise<readonly string[]> {
  return database.transaction(async (em) => {
    const requests = await requestsToRemind(em, { afterMs: AFTER_MS, untilMs: UNTIL_MS });
    for (const request of requests) {
      const message = reminderMessage({ to: request.requester, about: request.about });
      await publishMessage(em, `reminder:${request.turnId}`, request, message);
    }
    return requests.map(({ turnId }) => turnId);
  });
}

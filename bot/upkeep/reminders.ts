// Reminds people once of what has waited for them for a day.
import { reminderMessage } from '../../blocks/messages/reminder.ts';
import type { Person } from '../../core/turn.ts';
import type { Database } from '../../db/schema/database.ts';
import { type DeliveryPlace, publishMessage } from '../delivery/deliveries.ts';

const AFTER_MS = 24 * 3_600_000;
/** What has waited for longer is not mentioned any more: nobody wants a heap of reminders after an update. */
const UNTIL_MS = 3 * AFTER_MS;

interface Waiting extends DeliveryPlace {
  readonly turnId: string;
  readonly about: 'answer' | 'attempt' | 'repo' | 'review';
  readonly requester: Person;
}

/** One round; gives the turns that people are reminded of. Several processes may: the delivery's key is the once. */
export async function remind(database: Database): Promise<readonly string[]> {
  return database.transaction(async (em) => {
    const rows = await em.execute<Waiting[]>(
      `select turn.id as "turnId", session_id as "sessionId", requester, team_id as "teamId",
         channel_id as "channelId", thread_ts as "threadTs",
         case turn.state when 'needs_repo' then 'repo' when 'waiting' then
           case when exists (select 1 from attempt where parent_id = turn.id) then 'attempt' else 'answer' end else 'review' end as about
       from turn join session on session.id = session_id
       where (turn.state in ('waiting', 'needs_repo') or (turn.state = 'done' and session.state = 'open'
           and turn.kind <> 'attempt' and turn.result->>'kind' = 'change' and state_since > now() - ? * interval '1 millisecond'
           and not exists (select 1 from turn later where later.session_id = turn.session_id
             and later.position > turn.position and later.kind not in ('answer', 'attempt') and later.state <> 'refused')))
         and state_since < now() - ? * interval '1 millisecond'
         and not exists (select 1 from delivery where dedupe_key = 'reminder:' || turn.id) limit 50`,
      [UNTIL_MS, AFTER_MS],
    );
    for (const row of rows) {
      const message = reminderMessage({ to: row.requester, about: row.about });
      await publishMessage(em, `reminder:${row.turnId}`, row, message);
    }
    return rows.map(({ turnId }) => turnId);
  });
}

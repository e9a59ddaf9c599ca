// Requests that have waited for a person too long.
import type { Person } from '../../core/turn.ts';
import type { EntityManager } from '../schema/database.ts';

export interface WaitingRequest {
  readonly turnId: string;
  readonly sessionId: string;
  readonly teamId: string;
  readonly channelId: string;
  readonly threadTs: string;
  readonly requester: Person;
  /** What the request waits for. */
  readonly about: 'answer' | 'attempt' | 'repo' | 'review';
}

/**
 * At most 50 requests that have waited for longer than `afterMs` and that no reminder was posted for. A change that
 * waits for its review counts for `untilMs` only.
 */
export async function requestsToRemind(
  em: EntityManager,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): Promise<readonly WaitingRequest[]> {
  return em.execute<WaitingRequest[]>(
    `select turn.id as "turnId", session_id as "sessionId", requester, team_id as "teamId",
       channel_id as "channelId", thread_ts as "threadTs",
       case turn.state when 'needs_repo' then 'repo' when 'waiting' then
         case when exists (select 1 from attempt where parent_id = turn.id) then 'attempt' else 'answer' end else 'review' end as about
     from turn join session on session.id = session_id
     where (turn.state in ('waiting', 'needs_repo') or (turn.state = 'done' and session.state = 'open'
         and turn.kind <> 'attempt' and turn.result->>'kind' = 'change' and state_since > now() - ? * interval '1 millisecond'
         and not exists (select 1 from request later where later.session_id = turn.session_id
           and later.position > turn.position and later.state <> 'refused')))
       and state_since < now() - ? * interval '1 millisecond'
       and not exists (select 1 from delivery where dedupe_key = 'reminder:' || turn.id) limit 50`,
    [untilMs, afterMs],
  );
}

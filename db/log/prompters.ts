// Who asked for the work that a session holds: whose change it is, and whom its commits name.
import type { Person } from '../../core/turn.ts';
import type { EntityManager } from '../schema/database.ts';

/**
 * Everybody who asked for something in the session up to this place of a turn, since the last merge or discard,
 * each once and in the order of their first words. Whoever only had something tried again or brought up to date
 * has asked for nothing. What attempts were sent belongs to the turn that asked for them.
 */
export async function promptersOf(
  em: EntityManager,
  sessionId: string,
  upTo: number,
): Promise<readonly Person[]> {
  const rows = await em.execute<{ requester: Person }[]>(
    `with begun as (
       select coalesce(max(position), -1) as position from turn
       where session_id = ? and position < ? and result->>'kind' in ('merged', 'discarded'))
     select requester from turn, begun
     where session_id = ? and turn.position > begun.position
       and (turn.position <= ? or id in (
         select from_turn_id from steering join turn target on target.id = steering.turn_id
         left join attempt on attempt.turn_id = target.id left join turn asking on asking.id = attempt.parent_id
         where target.session_id = ? and coalesce(asking.position, target.position) <= ? and taken_at is not null))
       and kind in ('mention', 'follow_up', 'changes_requested', 'answer', 'revert')
       and state <> 'refused' and not (state = 'stopped' and started_at is null)
       and details->>'onBehalf' is null
     order by turn.position`,
    [sessionId, upTo, sessionId, upTo, sessionId, upTo],
  );
  const people = new Map<string, Person>();
  for (const { requester } of rows) people.set(requester.id, people.get(requester.id) ?? requester);
  return [...people.values()];
}

// What the agent used, from the journals and the reviews: also of turns that failed or were stopped.
import type { EntityManager } from '../schema/database.ts';

export type AccountingKey = 'session' | 'person' | 'repo';

export interface UsageRow {
  /** The session, person (id and name) or repo. */
  readonly key: string;
  readonly model: string;
  readonly turns: number;
  readonly steps: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Time from claim to end of the turns, all models of a turn counting it. */
  readonly minutes: number;
}

const KEYS: Record<AccountingKey, string> = {
  session: `turn.session_id`,
  person: `(turn.requester ->> 'id') || ' ' || (turn.requester ->> 'name')`,
  repo: `coalesce(session.repo, '(none)')`,
};

/** Usage since a moment, one row for each key and model, the most tokens first. */
export async function usageBy(
  em: EntityManager,
  by: AccountingKey,
  since: Date,
): Promise<readonly UsageRow[]> {
  return em.execute<UsageRow[]>(
    `with used as (
       select turn_id, coalesce(entry ->> 'model', 'summaries') as model, entry -> 'usage' as usage,
         case when entry ->> 'kind' = 'response' then 1 else 0 end as step
       from journal where at >= ? and entry ->> 'kind' in ('response', 'compaction')
       union all
       select turn_id, body -> 'review' ->> 'model', body -> 'usage', 0
       from event where at >= ? and body ->> 'type' = 'review.finished' and body -> 'usage' is not null
     ), per_turn as (
       select turn_id, model, sum(step) as steps, sum((usage ->> 'inputTokens')::bigint) as input,
         sum((usage ->> 'cachedTokens')::bigint) as cached, sum((usage ->> 'outputTokens')::bigint) as output
       from used group by turn_id, model
     )
     select ${KEYS[by]} as key, per_turn.model, count(*)::int as turns, sum(steps)::int as steps,
       sum(input)::float8 as "inputTokens", sum(cached)::float8 as "cachedTokens",
       sum(output)::float8 as "outputTokens",
       coalesce(sum(extract(epoch from coalesce(turn.finished_at, now()) - turn.started_at)) / 60, 0)::float8 as minutes
     from per_turn join turn on turn.id = per_turn.turn_id join session on session.id = turn.session_id
     group by 1, 2 order by sum(input + output) desc, 1, 2`,
    [since, since],
  );
}

// Choosing one of several attempts: it becomes the session's, and the turn that asked ends with its result.
import type { Chosen } from '../../core/attempt.ts';
import type { TurnResult, Usage } from '../../core/result.ts';
import { Turn } from '../entities/session.ts';
import { eventsOfTurn } from '../log/events.ts';
import type { EntityManager } from '../schema/database.ts';
import { adoptAttempt, candidatesOf, isCandidate } from './attempts.ts';
import { reopenUnread } from './steering.ts';
import { endTurn } from './turns.ts';

/** `over`: nothing is to be chosen any more. `no_result`: that one has none, or there is no such one. */
export type ChoiceOutcome = 'chosen' | 'over' | 'no_result';

/**
 * Chooses the attempt at a place, from 1, in the transaction of `em` and with the session locked. The first
 * choice counts.
 */
export async function chooseAttempt(
  em: EntityManager,
  parentId: string,
  place: number,
  by: string,
): Promise<ChoiceOutcome> {
  const turn = await em.findOneOrFail(Turn, { id: parentId }, { refresh: true });
  const started = (await eventsOfTurn(em, parentId)).findLast(({ body }) => body.type === 'attempts.started');
  if (turn.state !== 'waiting' || started?.body.type !== 'attempts.started') return 'over';
  const candidates = await candidatesOf(em, started.body.attempts);
  const candidate = candidates[place - 1];
  if (candidate === undefined || !isCandidate(candidate.turn)) return 'no_result';
  const chosen = { place, of: candidates.length, by };
  const made = candidates.filter(({ approach }) => approach !== null).map(({ turn: { result } }) => result);
  const result: TurnResult =
    candidate.approach === null
      ? { kind: 'kept', chosen }
      : withChoice(candidate.turn.result, chosen, sumOfUsage(made));
  if (candidate.approach !== null) await adoptAttempt(em, turn.sessionId, candidate.turn.id);
  await reopenUnread(em, { sessionId: turn.sessionId, parentId, chosenId: candidate.turn.id });
  await endTurn(em, parentId, turn.sessionId, { state: 'done', result });
  return 'chosen';
}

/** The turn of a session whose attempts wait for a choice; null where there is none. */
export async function choosingTurn(em: EntityManager, sessionId: string): Promise<string | null> {
  const rows = await em.execute<{ id: string }[]>(
    `select id from turn where session_id = ? and state = 'waiting'
       and exists (select 1 from attempt where parent_id = turn.id) limit 1`,
    [sessionId],
  );
  return rows[0]?.id ?? null;
}

function withChoice(result: TurnResult, chosen: Chosen, usage: Usage | null): TurnResult {
  if (result.kind !== 'change' && result.kind !== 'answer') return result;
  return { ...result, chosen, usage: usage ?? result.usage };
}

/** Of all attempts with a result. They were made at the same time, so the longest one says how long it took. */
function sumOfUsage(results: readonly (TurnResult | null | undefined)[]): Usage | null {
  const all = results.flatMap((result) =>
    result?.kind === 'change' || result?.kind === 'answer' ? [result.usage] : [],
  );
  return all.length === 0 ? null : all.reduce(addUsage);
}

function addUsage(one: Usage, other: Usage): Usage {
  const { cost: first, ...rest } = one;
  const second = other.cost;
  const isPriced = first !== undefined && second !== undefined && first.currency === second.currency;
  return {
    ...rest,
    steps: one.steps + other.steps,
    inputTokens: one.inputTokens + other.inputTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    durationMs: Math.max(one.durationMs, other.durationMs),
    ...(isPriced ? { cost: { ...first, amount: first.amount + second.amount } } : {}),
  };
}

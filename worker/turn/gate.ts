// Gates are the steps that a change passes between the agent's answer and its publication.
import type { ThreadsmithError } from '../../core/errors.ts';
import { VERIFY_ROUNDS } from '../../core/limits.ts';
import type { Teller } from './agent-session.ts';

interface Passed<Next> {
  readonly kind: 'passed';
  readonly next: Next;
}

interface SentBack {
  readonly kind: 'again';
  /** The message that the agent begins its next round with. */
  readonly words: string;
  readonly from: Teller;
}

/** The turn ends with the agent's answer alone. */
interface NoChange {
  readonly kind: 'no_change';
}

/** After the last round nothing is sent back: the turn fails with `failure`, or the change passes with `next`. */
type Again<Next> = SentBack &
  (
    | { readonly atTheEnd: 'throw'; readonly failure: ThreadsmithError }
    | { readonly atTheEnd: 'pass'; readonly next: Next }
  );

export type Step<Next> = Passed<Next> | Again<Next> | NoChange;

/** Throws for reasons that the agent cannot mend. */
export type Gate<Given, Next> = (given: Given) => Promise<Step<Next>>;

type Result<Next> = Passed<Next> | SentBack | NoChange;

/** Each gate takes what the one before it gives. */
export type Gates<A, B, C, D, E> = readonly [Gate<A, B>, Gate<B, C>, Gate<C, D>, Gate<D, E>];

/** Takes the agent's answer of a round through the gates, up to the first one that it does not pass. */
export async function pass<A, B, C, D, E>(
  [first, second, third, last]: Gates<A, B, C, D, E>,
  given: A,
  round: number,
): Promise<Result<E>> {
  const through = async <Given, Next>(
    result: Result<Given>,
    gate: Gate<Given, Next>,
  ): Promise<Result<Next>> =>
    result.kind === 'passed' ? giveUpAfterLastRound(await gate(result.next), round) : result;
  const one = await through<A, B>({ kind: 'passed', next: given }, first);
  const two = await through(one, second);
  const three = await through(two, third);
  return through(three, last);
}

function giveUpAfterLastRound<Next>(step: Step<Next>, round: number): Result<Next> {
  if (step.kind !== 'again' || round < VERIFY_ROUNDS) return step;
  if (step.atTheEnd === 'throw') throw step.failure;
  return { kind: 'passed', next: step.next };
}

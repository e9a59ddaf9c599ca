// Plan first: the agent looks and plans without changing anything; after a person's Go it carries the plan out.
import type { MessageEntry } from '../../core/journal.ts';
import type { Turn } from '../../db/entities/session.ts';

const NOTHING_CHANGED =
  'Change no files and publish nothing: what you change now is thrown away. Look at the code as far as you need to, and answer with the plan in Markdown: the steps in their order with the files that each touches, how it will be checked, and what you are unsure of. A person decides on it before anything is changed.';

/** Whether the turn ends with a plan, because people have not agreed to one yet. */
export function isPlanning({ details }: Pick<Turn, 'details'>): boolean {
  return details.planFirst === true && details.plans?.at(-1)?.decision?.how !== 'go';
}

/** Whether the agent's changes of the files are undone. */
export function isReadOnly(turn: Pick<Turn, 'details'>): boolean {
  return turn.details.readOnly === true || isPlanning(turn);
}

/** The part of the request that asks for a plan, or holds the plan that was agreed to. */
export function planningNote(turn: Pick<Turn, 'details'>): string {
  if (isPlanning(turn)) return `<how>\nA plan is asked for first. ${NOTHING_CHANGED}\n</how>`;
  const agreed = turn.details.plans?.at(-1);
  // The other attempts have not made the plan themselves.
  return agreed === undefined
    ? ''
    : `<plan note="agreed to by a person; carry it out">\n${agreed.text}\n</plan>`;
}

/** The message with a person's decision on the newest plan; null before there is one. */
export function decisionMessage({ details }: Pick<Turn, 'details'>): MessageEntry | null {
  const plans = details.plans ?? [];
  const decision = plans.at(-1)?.decision ?? null;
  if (decision === null) return null;
  if (decision.how === 'go')
    return {
      kind: 'message',
      id: 'plan-go',
      text: '<decision>\nA person agreed to the plan. Carry it out now: from here on your changes count.\n</decision>',
    };
  return {
    kind: 'message',
    id: `plan-change-${plans.length}`,
    text: `<decision>\nThe plan is to be different: ${decision.text}\nMake it anew. ${NOTHING_CHANGED}\n</decision>`,
  };
}

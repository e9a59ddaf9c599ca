// Plan first: the agent looks and plans without changing anything; after a person's Go it carries the plan out.
import type { MessageEntry } from '../../core/journal.ts';
import type { Turn } from '../../db/entities/session.ts';

const NOTHING_CHANGED =
  'Change no files and publish nothing: what you change now is thrown away. Look at the code as far as you need to, and answer with the plan in Markdown: the steps in their order with the files that each touches, how it will be checked, and what you are unsure of. A person decides on it before anything is changed.';

/** Whether the turn is to end with a plan for now. */
export function isPlanning({ details }: Pick<Turn, 'details'>): boolean {
  return details.planFirst === true && details.plans?.at(-1)?.decision?.how !== 'go';
}

/** Whether whatever the agent does to the files is thrown away. */
export function isReadOnly(turn: Pick<Turn, 'details'>): boolean {
  return turn.details.readOnly === true || isPlanning(turn);
}

/** What the agent is told beside the request while it plans. */
export function planningNote(turn: Pick<Turn, 'details'>): string {
  if (isPlanning(turn)) return `<how>\nA plan is asked for first. ${NOTHING_CHANGED}\n</how>`;
  const agreed = turn.details.plans?.at(-1);
  // Other attempts have not seen how it was made.
  return agreed === undefined
    ? ''
    : `<plan note="agreed to by a person; carry it out">\n${agreed.text}\n</plan>`;
}

/** What a person decided on the newest plan, for the agent; null where nobody has decided yet. */
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

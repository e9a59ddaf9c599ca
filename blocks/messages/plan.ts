// The message of a plan: buttons while it waits for a decision, and then the decision.
import type { Proposal } from '../../core/proposal.ts';
import { fit, textLines } from '../fit/fit.ts';
import { markdownBlocks, markdownWords } from '../markdown/markdown.ts';
import { ACTION, type Choice, choiceValue } from '../parts/actions.ts';
import { actions, button, compact, context, type FittedMessage, header } from '../parts/message.ts';
import { nameInText } from '../parts/people.ts';
import { paragraph, person, words } from '../parts/rich.ts';
import { cut, escape, oneLine } from '../rules/text.ts';

export interface PlanOptions extends Proposal {
  readonly turnId: string;
  /** The plan's place among the turn's plans, from 0: a click decides on this one. */
  readonly place: number;
  /** Whether a person can decide on it now. */
  readonly waits: boolean;
}

const NO_TEXT = 'The agent made no plan.';

export function planMessage({ turnId, place, text, decision, waits }: PlanOptions): FittedMessage {
  const decided = decision === null ? null : DECIDED[decision.how](oneLine(decision.text, 300));
  return fit({
    text: [
      textLines('A plan, before anything is changed:', cut(markdownWords(text), 2_500) || NO_TEXT),
      ...(decision === null || decided === null
        ? []
        : [`${nameInText({ id: decision.by })}${escape(decided)}`]),
    ].join('\n'),
    blocks: compact(
      header('Plan'),
      markdownBlocks(text, { blank: NO_TEXT }),
      decision === null || decided === null ? null : paragraph(person({ id: decision.by }), words(decided)),
      decision === null && waits ? buttons({ turnId, place }) : null,
      decision === null && waits
        ? context('Nothing is changed before Go. A reply asks for another plan.')
        : null,
      decision === null && !waits ? context('Nobody decided on this plan.') : null,
    ),
  });
}

const DECIDED: Record<'go' | 'change', (text: string) => string> = {
  go: () => ' said Go.',
  change: (text) => ` asked for another plan: ${text}`,
};

function buttons(plan: Choice) {
  const value = choiceValue(plan);
  return actions(
    button({ actionId: ACTION.planGo, value, text: 'Go', style: 'primary' }),
    button({ actionId: ACTION.planChange, value, text: 'Change' }),
    button({ actionId: ACTION.stop, value: plan.turnId, text: 'Cancel' }),
  );
}

// A plan that waits for a person: Go, Change or Cancel; once it was decided, who did.
import type { ModalView } from '@slack/types';
import type { Proposal } from '../../core/proposal.ts';
import { fit, textLines } from '../fit/fit.ts';
import { markdownBlocks, markdownWords } from '../markdown/markdown.ts';
import { ACTION, type Choice, choiceValue, MODAL, PLAN_INPUT } from '../parts/actions.ts';
import { header } from '../parts/header.ts';
import { actions, button, context, type FittedMessage, plain, present } from '../parts/message.ts';
import { nameInText } from '../parts/people.ts';
import { paragraph, person, words } from '../parts/rich.ts';
import { INPUT_TEXT_MAX, PLACEHOLDER_MAX, TEXT_INPUT_MAX, VIEW_TITLE_MAX } from '../rules/limits.ts';
import { cut, escape, oneLine } from '../rules/text.ts';

export interface PlanOptions extends Proposal {
  readonly turnId: string;
  /** Its place among the turn's plans, from 0: what is decided is decided on this one. */
  readonly place: number;
  /** Whether a person can decide on it now. */
  readonly waits: boolean;
}

export function planMessage({ turnId, place, text, decision, waits }: PlanOptions): FittedMessage {
  const said = markdownBlocks(text);
  const decided = decision === null ? null : DECIDED[decision.how](oneLine(decision.text, 300));
  return fit({
    text: [
      textLines(
        'A plan, before anything is changed:',
        cut(markdownWords(text), 2_500) || 'The agent made no plan.',
      ),
      ...(decision === null || decided === null
        ? []
        : [`${nameInText({ id: decision.by })}${escape(decided)}`]),
    ].join('\n'),
    blocks: present(
      header('Plan'),
      said.length > 0 ? said : paragraph(words('The agent made no plan.')),
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

/** What should be different; the text comes back under `PLAN_INPUT`. */
export function planChangeModal(plan: Choice): ModalView {
  return {
    type: 'modal',
    callback_id: MODAL.planChange,
    private_metadata: choiceValue(plan),
    title: plain('Change the plan', VIEW_TITLE_MAX),
    submit: plain('Ask for it', VIEW_TITLE_MAX),
    close: plain('Cancel', VIEW_TITLE_MAX),
    blocks: [
      {
        type: 'input',
        block_id: PLAN_INPUT.blockId,
        label: plain('What should be different?', INPUT_TEXT_MAX),
        element: {
          type: 'plain_text_input',
          action_id: PLAN_INPUT.actionId,
          multiline: true,
          min_length: 1,
          max_length: TEXT_INPUT_MAX,
          focus_on_load: true,
          placeholder: plain('Leave the database as it is', PLACEHOLDER_MAX),
        },
      },
    ],
  };
}

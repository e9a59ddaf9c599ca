// The modal in which a person says what should be different in a plan.
import type { ModalView } from '@slack/types';
import { type Choice, choiceValue, MODAL, PLAN_INPUT } from '../parts/actions.ts';
import { input, modal, textArea } from '../parts/modal.ts';

/** The text comes back under `PLAN_INPUT`, the plan as metadata. */
export function planChangeModal(plan: Choice): ModalView {
  return modal({
    id: MODAL.planChange,
    metadata: choiceValue(plan),
    title: 'Change the plan',
    submit: 'Ask for it',
    blocks: [
      input({ at: PLAN_INPUT, label: 'What should be different?' }, textArea('Leave the database as it is')),
    ],
  });
}

// Messages about an alert besides its investigation: how often it was repeated, and what a person decided.
import type { KnownBlock } from '@slack/types';
import type { AlertDecision } from '../../core/event.ts';
import { ACTION } from '../parts/actions.ts';
import { actions, button, confirm, type FittedMessage } from '../parts/message.ts';
import { paragraph, person, words } from '../parts/rich.ts';
import { count, oneLine } from '../rules/text.ts';
import { lineMessage } from './line.ts';

/** The message about repeats of an alert. It is updated with each further repeat. */
export function repeatsMessage(repeats: number): FittedMessage {
  return lineMessage([words(`${count(repeats, 'more alert')} like this.`)]);
}

export function cappedMessage(rule: string, perHour: number): FittedMessage {
  const line = `Not looked into: the rule ${oneLine(rule, 60)} has had its ${count(perHour, 'alert')} of this hour. Mention me here to have it looked into.`;
  return lineMessage([words(line)]);
}

/** The row below the investigation: three buttons, or the decision that a person made with them. */
export function alertDecision(turnId: string, decision: AlertDecision | null): KnownBlock {
  if (decision !== null) return paragraph(person({ id: decision.by }), words(decided[decision.how]));
  return actions(
    button({ actionId: ACTION.alertFix, value: turnId, text: 'Fix it', style: 'primary' }),
    button({ actionId: ACTION.alertNotThis, value: turnId, text: 'Not this' }),
    button({
      actionId: ACTION.alertMute,
      value: turnId,
      text: 'Mute this alert',
      confirm: confirm({
        title: 'Mute this alert?',
        text: 'For a week nothing is done about alerts like this one, and nothing is said.',
        yes: 'Mute it',
      }),
    }),
  );
}

const decided: Record<AlertDecision['how'], string> = {
  fix: ' has it fixed below.',
  not_this: ' said that this is not it. Alerts like this one are only counted for a day.',
  mute: ' muted alerts like this one for a week.',
};

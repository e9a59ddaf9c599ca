// The words and buttons of a turn that waits in the queue, and the message that is left of it where the turn at work
// took its text up or a person took it back.
import type { ActionsBlock } from '@slack/types';
import type { TurnKind } from '../../core/turn.ts';
import type { OpenView, QueuedView, StopView } from '../../core/view.ts';
import { ACTION } from '../parts/actions.ts';
import { duration } from '../parts/amounts.ts';
import { actions, button, type FittedMessage } from '../parts/message.ts';
import { person, words } from '../parts/rich.ts';
import { count } from '../rules/text.ts';
import { lineMessage } from './line.ts';

/** Whether the turn waits for another turn of its thread. */
export function isBehind(view: OpenView): view is QueuedView {
  return view.state === 'queued' && (view.ahead > 0 || view.isOffered);
}

/** The place of a queued turn in one line. */
export function placeInLine(view: QueuedView): string {
  if (view.isOffered) return 'Handed to the request at work, which reads it before its next step';
  const { before = 0, waitMs = null } = view.queue ?? {};
  const time = waitMs === null ? '' : `, about ${duration(Math.max(waitMs, 60_000))}`;
  if (view.ahead > 0) return `Waiting: ${comesFirst(view.ahead, 'this thread')}${time}`;
  return before > 0
    ? `Waiting for a worker: ${comesFirst(before, 'other threads')}${time}`
    : 'Waiting for a worker';
}

function comesFirst(requests: number, whose: string): string {
  return `${count(requests, 'request')} of ${whose} ${requests === 1 ? 'comes' : 'come'} first`;
}

/** The buttons of a turn that waits for another one of its thread. */
export function waitingButtons(view: QueuedView): ActionsBlock {
  const value = view.turnId;
  return actions(
    view.isOffered ? null : button({ actionId: ACTION.sendNow, value, text: 'Send now' }),
    button({ actionId: ACTION.remove, value, text: 'Remove' }),
  );
}

/** The message of a turn whose text the turn at work has read. */
export function takenUpMessage(): FittedMessage {
  return lineMessage([words('Taken up by the request that was at work.')]);
}

/** The message of a turn that a person took back before its work began. */
export function withdrawnMessage(
  { how, by }: Exclude<StopView, { how: 'stopped' }>,
  kind: TurnKind = 'follow_up',
): FittedMessage {
  if (how === 'deleted')
    return lineMessage([words('The message was deleted before its work began, so nothing was done.')]);
  const rest =
    kind === 'discard'
      ? ' took the discard back: the change is here again.'
      : ' removed this before its work began, so nothing was done.';
  return lineMessage([person({ id: by }), words(rest)]);
}

// The messages about alerts, for the gallery.
import { cappedMessage, repeatsMessage } from '../../blocks/messages/alert.ts';
import { answerMessage } from '../../blocks/messages/answer.ts';
import { entries, type GalleryEntry } from './entries.ts';
import { answer, jon } from './turns.ts';

const FOUND =
  'The cart asks for `item.price` of an item that is sold out.\n\n- `src/cart.js:12` reads it without a check\n- `npm test` with an empty stock fails the same way\n\n**Proposed fix**: skip items without a price and say so in the cart.';

export function alerts(): GalleryEntry[] {
  const looked = { ...answer(FOUND), kind: 'alert' as const };
  const decided = (how: 'fix' | 'not_this' | 'mute') => ({
    ...looked,
    alertDecision: { by: jon.id, how },
  });
  return [
    ...entries('Alert: looked into', answerMessage(looked)),
    ...entries('Alert: being fixed', answerMessage(decided('fix'))),
    ...entries('Alert: not this', answerMessage(decided('not_this'))),
    ...entries('Alert: muted', answerMessage(decided('mute'))),
    ...entries('Alert: more like it', repeatsMessage(12)),
    ...entries('Alert: too many', cappedMessage('sentry-shop', 6)),
  ];
}

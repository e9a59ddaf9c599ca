// One line for somebody who mentioned the bot without saying what they want.
import { fit } from '../fit/fit.ts';
import type { FittedMessage } from '../parts/message.ts';
import { code, isUserId, paragraph, person, words } from '../parts/rich.ts';

export interface UsageOptions {
  /** The bot's own user id, so that the hint shows its name in this workspace. */
  readonly botUserId?: string;
}

export function usageMessage(options: UsageOptions = {}): FittedMessage {
  const id = options.botUserId ?? '';
  const known = isUserId(id);
  const wish = 'fix the total on the cart page';
  return fit({
    text: `Say what you want done, for example: ${known ? `<@${id}>` : '@threadsmith'} ${wish}`,
    blocks: [
      paragraph(
        words('Say what you want done, for example: '),
        known ? person({ id }) : words('@threadsmith', { bold: true }),
        words(' '),
        code(wish),
      ),
    ],
  });
}

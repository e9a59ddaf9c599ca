// The answer to a mention of the bot without a request: an example of one.
import type { FittedMessage } from '../parts/message.ts';
import { code, isUserId, person, words } from '../parts/rich.ts';
import { lineMessage } from './line.ts';

export interface UsageOptions {
  /** The bot's user id, to show its name in this Slack workspace. */
  readonly botUserId?: string;
}

export function usageMessage({ botUserId = '' }: UsageOptions = {}): FittedMessage {
  const bot = isUserId(botUserId) ? person({ id: botUserId }) : words('@threadsmith', { bold: true });
  const wish = code('fix the total on the cart page');
  return lineMessage([words('Say what you want done, for example: '), bot, words(' '), wish]);
}

// The message of a turn with attempts, after a person kept the result that was there before.
import type { KeptResult } from '../../core/result.ts';
import type { FittedMessage } from '../parts/message.ts';
import { person, words } from '../parts/rich.ts';
import { lineMessage } from './line.ts';

export function keptNote({ chosen }: KeptResult): FittedMessage {
  const rest = ' kept the result that was there before; the other attempts are removed. Decide on it above.';
  return lineMessage([person({ id: chosen.by }), words(rest)]);
}

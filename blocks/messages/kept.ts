// The line that is left where other ways were tried and the result that was there before was chosen.
import type { KeptResult } from '../../core/event.ts';
import { fit } from '../fit/fit.ts';
import type { FittedMessage } from '../parts/message.ts';
import { nameInText } from '../parts/people.ts';
import { paragraph, person, words } from '../parts/rich.ts';

export function keptNote({ chosen }: KeptResult): FittedMessage {
  const who = { id: chosen.by };
  const rest = ' kept the result that was there before; the other attempts are removed. Decide on it above.';
  return fit({ text: `${nameInText(who)}${rest}`, blocks: [paragraph(person(who), words(rest))] });
}

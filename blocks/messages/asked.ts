// The first message of a thread that the app begins for a person: who asked for what.
import { fit, textLines } from '../fit/fit.ts';
import type { FittedMessage } from '../parts/message.ts';
import { nameOf } from '../parts/people.ts';
import { type Named, person, quote, richText, section, words } from '../parts/rich.ts';

interface Asked {
  readonly by: Named;
  readonly text: string;
}

export function askedMessage({ by, text }: Asked): FittedMessage {
  return fit({
    text: textLines(`${nameOf(by)} asks: ${text}`),
    blocks: [richText(section(person(by), words(' asks:')), quote(words(text)))],
  });
}

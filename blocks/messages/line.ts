// Makes messages of one line, as most notes are.
import type { RichTextElement } from '@slack/types';
import { fit } from '../fit/fit.ts';
import type { FittedMessage } from '../parts/message.ts';
import { nameOf } from '../parts/people.ts';
import { type Named, paragraph } from '../parts/rich.ts';
import { escape } from '../rules/text.ts';

type Parts = readonly (readonly RichTextElement[])[];

/** A message of one line. Its text mentions the people in it, or names `who`, the only one, without a mention. */
export function lineMessage(parts: Parts, who?: Named): FittedMessage {
  return fit({ text: lineText(parts, who), blocks: [paragraph(...parts)] });
}

/** A line as the `text` of a message: escaped, with people as mentions, or `who` by name. */
export function lineText(parts: Parts, who?: Named): string {
  return parts
    .flat()
    .map((element) => {
      switch (element.type) {
        case 'text':
          return escape(element.text);
        case 'link':
          return escape(element.text ?? element.url);
        case 'user':
          return who === undefined ? `<@${element.user_id}>` : escape(nameOf(who));
        default:
          return '';
      }
    })
    .join('');
}

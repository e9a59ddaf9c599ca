// The message of a stopped turn: who stopped it, and what it leaves behind.
import { fit } from '../fit/fit.ts';
import { compact, context, type FittedMessage } from '../parts/message.ts';
import { paragraph, person, words } from '../parts/rich.ts';
import { clean, cut } from '../rules/text.ts';
import { lineText } from './line.ts';

export interface StoppedOptions {
  /** A Slack user id, or words such as `the deadline`. */
  readonly by: string;
  readonly leaves: string;
  readonly about?: string;
}

export function stoppedMessage({ by, leaves, about = '' }: StoppedOptions): FittedMessage {
  const rest = `${cut(clean(leaves).trim(), 1_500)}\nReply in the thread to go on.`;
  const line = [words('Stopped by '), person({ id: by }), words(`. ${rest}`)];
  return fit({ text: lineText(line), blocks: compact(paragraph(...line), context(about)) });
}

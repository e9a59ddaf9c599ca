// A turn that somebody stopped: who, and what it leaves behind.
import { fit } from '../fit/fit.ts';
import { context, type FittedMessage, present } from '../parts/message.ts';
import { nameInText } from '../parts/people.ts';
import { paragraph, person, words } from '../parts/rich.ts';
import { clean, cut, escape } from '../rules/text.ts';

export interface StoppedOptions {
  /** A Slack user id, or words such as `the deadline`. */
  readonly by: string;
  readonly leaves: string;
  readonly about?: string;
}

export function stoppedMessage(options: StoppedOptions): FittedMessage {
  const leaves = cut(clean(options.leaves).trim(), 1_500);
  const again = 'Reply in the thread to go on.';
  return fit({
    text: `Stopped by ${nameInText({ id: options.by })}. ${escape(`${leaves}\n${again}`)}`,
    blocks: present(
      paragraph(words('Stopped by '), person({ id: options.by }), words(`. ${leaves}\n${again}`)),
      context(options.about ?? ''),
    ),
  });
}

// The message to a repo's channel that its `setup` fails, and what requests start from in the meantime.
import type { Failure } from '../../core/errors.ts';
import { fit, textLines } from '../fit/fit.ts';
import type { FittedMessage } from '../parts/message.ts';
import { bold, preformatted, richText, section, withCode } from '../parts/rich.ts';
import { clean } from '../rules/text.ts';

const OUTPUT_MAX = 1_000;

/** The message is sent once, until the setup works again. */
export function snapshotFailedMessage(repo: string, { message, advice }: Failure): FittedMessage {
  const [what = '', ...lines] = clean(message).trim().split('\n');
  const output = lines.join('\n').slice(-OUTPUT_MAX).toWellFormed();
  const meanwhile =
    'Until then requests start from the last preparation that worked, with the newest files over it.';
  return fit({
    text: textLines(`The setup of ${repo} fails: ${what}`, `${clean(advice)} ${meanwhile}`),
    blocks: [
      richText(
        section(bold(`The setup of ${repo} fails.`), withCode(` ${what}`)),
        ...(output === '' ? [] : [preformatted(output)]),
        section(withCode(`${clean(advice)} ${meanwhile}`)),
      ),
    ],
  });
}

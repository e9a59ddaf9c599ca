// Turns failures of the browser into errors that can be shown.
import { untilAborted } from '../../core/async.ts';
import { ThreadsmithError } from '../../core/errors.ts';

export function browserFailed(message: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'browser_failed',
    message,
    'Check that the page works in a browser; a sandbox with more memory may help with heavy pages.',
    { retry: 'now', cause },
  );
}

/** Runs work on a page. Throws failures as `browser_failed`; on abort the signal's reason, and the work runs out. */
export async function onPage<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await (signal === undefined ? work() : untilAborted(signal, work()));
  } catch (thrown) {
    signal?.throwIfAborted();
    throw asBrowserFailure(thrown);
  }
}

/** Playwright's error messages go on for pages; the first line says what failed. */
function asBrowserFailure(thrown: unknown): ThreadsmithError {
  if (thrown instanceof ThreadsmithError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are what is taken out.
  const plain = message.replace(/\u001b\[[0-9;]*m/g, '').split('\n')[0] ?? '';
  return browserFailed(`The browser could not do that: ${plain.slice(0, 400)}`, thrown);
}

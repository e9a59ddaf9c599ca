// Reads the events of a model server's stream, which cannot hang, and keeps its connection for the next request.
//
// The SDK's own reader leaves each stream before its end, which closes the connection: every step then began
// with a new one.
import { createParser } from 'eventsource-parser';
import { APIError } from 'openai';
import { z } from 'zod';
import { parseJson } from '../../core/parse.ts';
import { BrokenStream, SilentServer } from './faults.ts';

/** The silence is counted in so many slices, of which a pause of this process takes one at most. */
const IDLE_SLICES = 10;
/** For so long a stream may stay open after its last event, before its connection is given up. */
const CLOSING_MS = 500;
/** Some servers put a blank behind it. */
const DONE = '[DONE]';

/** What nearly every event passes: a schema that fails costs more than the event. */
const errorSchema = z.object({ error: z.unknown().optional() });

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly idleTimeoutMs: number;
  /** Whether the answer is whole with this event. `[DONE]` ends every stream. */
  readonly isLast?: (event: unknown) => boolean;
}

/**
 * The events of a stream, as long as one arrives every `idleTimeoutMs`; then throws SilentServer. While
 * this process itself stands still, frozen or on a busy machine, the server's time is not counted.
 * Throws APIError for what the server reports in the stream, BrokenStream for what cannot be read, and the
 * signal's reason on abort. After the last event nothing is thrown any more.
 */
export async function* eventsOf(
  open: (signal: AbortSignal) => Promise<Response>,
  { signal, idleTimeoutMs, isLast = () => false }: StreamOptions,
): AsyncGenerator<unknown> {
  const own = new AbortController();
  const forward = (): void => own.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', forward, { once: true });
  let silent = 0;
  const timer = setInterval(() => {
    silent += 1;
    if (silent >= IDLE_SLICES) own.abort(new SilentServer(idleTimeoutMs));
  }, idleTimeoutMs / IDLE_SLICES);
  let closing: NodeJS.Timeout | undefined;
  try {
    const response = await open(own.signal);
    for await (const { event, data } of messagesOf(response)) {
      if (closing !== undefined) continue;
      silent = 0;
      const said = data.startsWith(DONE) ? undefined : parse(data);
      if (said !== undefined) {
        throwIfError(event, said, response.headers);
        yield said;
      }
      if (said === undefined || isLast(said)) closing = setTimeout(() => own.abort(), CLOSING_MS);
    }
    if (closing === undefined) own.signal.throwIfAborted();
  } catch (thrown) {
    if (closing !== undefined) return;
    own.signal.throwIfAborted();
    throw thrown;
  } finally {
    clearInterval(timer);
    clearTimeout(closing);
    signal.removeEventListener('abort', forward);
  }
}

interface Message {
  readonly event?: string | undefined;
  readonly data: string;
}

async function* messagesOf({ body }: Response): AsyncGenerator<Message> {
  if (body === null) throw new BrokenStream('The answer has no body.');
  let ready: Message[] = [];
  const parser = createParser({ onEvent: (message) => ready.push(message) });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready;
    ready = [];
  }
  // Some servers leave out the empty line behind their last event.
  parser.feed('\n\n');
  yield* ready;
}

function parse(data: string): unknown {
  const event = parseJson(data);
  if (event === undefined) throw new BrokenStream('The stream holds an event that is not JSON.');
  return event;
}

function throwIfError(event: string | undefined, said: unknown, headers: Headers): void {
  const error = errorSchema.safeParse(said).data?.error;
  if (event === 'error' || error) throw new APIError(undefined, Object(error ?? said), undefined, headers);
}

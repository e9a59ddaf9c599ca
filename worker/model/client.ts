// The connection to a model server through the openai SDK, and streams that cannot hang.
import OpenAI from 'openai';
import { type ModelServer, SilentServer } from './faults.ts';
import type { RetryPolicy } from './retry.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
/** The silence is counted in so many slices, of which a pause of this process takes one at most. */
const IDLE_SLICES = 10;

export interface ModelSettings {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly apiKey: string;
  readonly retry: RetryPolicy;
  readonly idleTimeoutMs: number;
}

/** Opens a client that reads nothing from the environment, logs nothing and never retries by itself. */
export function connect(settings: ModelSettings): { readonly client: OpenAI; readonly server: ModelServer } {
  const url = settings.baseUrl ?? OPENAI_URL;
  const client = new OpenAI({
    apiKey: settings.apiKey,
    baseURL: url,
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
    // Our own idle timer comes first and covers the stream as well.
    timeout: settings.idleTimeoutMs * 2,
  });
  return { client, server: { host: new URL(url).host, model: settings.name, apiKey: settings.apiKey } };
}

/**
 * The events of a stream, as long as something arrives every `idleTimeoutMs`; then throws SilentServer. While
 * this process itself stands still, frozen or on a busy machine, the time of the server does too.
 * Abort throws the signal's reason. The SDK ends a stream without a word on abort, hence the checks.
 */
export async function* eventsOf<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  signal: AbortSignal,
  idleTimeoutMs: number,
): AsyncGenerator<T> {
  const own = new AbortController();
  const forward = (): void => own.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', forward, { once: true });
  let silent = 0;
  const timer = setInterval(() => {
    silent += 1;
    if (silent >= IDLE_SLICES) own.abort(new SilentServer(idleTimeoutMs));
  }, idleTimeoutMs / IDLE_SLICES);
  try {
    for await (const event of await open(own.signal)) {
      silent = 0;
      yield event;
    }
    own.signal.throwIfAborted();
  } catch (thrown) {
    own.signal.throwIfAborted();
    throw thrown;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', forward);
  }
}

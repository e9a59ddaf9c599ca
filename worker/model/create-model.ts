// Makes a model behind one of the three APIs: it sends requests, reads streams, and tries again after transient faults.
import type { Api, FinishedAnswer } from './api.ts';
import { chatApi } from './chat.ts';
import { connect, connectAnthropic, type ModelSettings } from './client.ts';
import { BrokenStream, faultOf, type ModelServer } from './faults.ts';
import { messagesApi } from './messages.ts';
import type { Model, ModelApi, ModelRequest, RespondOptions } from './model.ts';
import { quirksOf } from './quirks.ts';
import { responsesApi } from './responses.ts';
import { defaultRetryPolicy, type RetryPolicy, withRetries } from './retry.ts';
import { eventsOf } from './stream.ts';
import { ImageSupport } from './text-only.ts';

export interface ModelOptions {
  readonly api: ModelApi;
  readonly name: string;
  /** Default: the vendor's own. */
  readonly baseUrl?: string | undefined;
  readonly apiKey: string;
  readonly retry?: Partial<RetryPolicy>;
  /** A request or a stream that is silent for this long counts as failed. */
  readonly idleTimeoutMs?: number;
}

/** Below the 300 s after which Node's fetch gives up; reasoning models may think for minutes in silence. */
const IDLE_TIMEOUT_MS = 240_000;

/** Makes a model. Nothing is asked of the server yet. */
export function createModel(options: ModelOptions): Model {
  const { name, baseUrl, apiKey, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const { api, server } = openApi(options.api, { name, baseUrl, apiKey, idleTimeoutMs });
  const policy = { ...defaultRetryPolicy, ...options.retry };
  const images = new ImageSupport(quirksOf(name).noImages === true ? 'text_only' : 'images');
  return {
    name,
    api: options.api,
    respond: async (request, respondOptions) => {
      const { signal, onWait } = respondOptions;
      const { ending, opaque, ...answer } = await images.ask(request, (taken) =>
        withRetries(
          () => readAnswer(api, taken, respondOptions, idleTimeoutMs),
          (thrown) => faultOf(thrown, server),
          { policy, signal, onWait },
        ),
      );
      const verbatim = opaque.length === 0 ? {} : { opaque: { api: options.api, items: opaque } };
      return { ending, response: { kind: 'response', model: name, ...answer, ...verbatim } };
    },
  };
}

function openApi(
  kind: ModelApi,
  settings: Omit<ModelSettings, 'retry'>,
): { readonly api: Api; readonly server: ModelServer } {
  if (kind === 'messages') {
    const { client, server } = connectAnthropic(settings);
    return { api: messagesApi(client, settings.name), server };
  }
  const { client, server } = connect(settings);
  return {
    api: kind === 'chat' ? chatApi(client, settings.name) : responsesApi(client, settings.name),
    server,
  };
}

async function readAnswer(
  api: Api,
  request: ModelRequest,
  { signal, onDelta }: RespondOptions,
  idleTimeoutMs: number,
): Promise<FinishedAnswer> {
  const answer = api.begin();
  const events = eventsOf((ended) => api.send(request, ended), {
    signal,
    idleTimeoutMs,
    isLast: (event) => api.isLast(event),
  });
  for await (const event of events) {
    const added = answer.take(event);
    if (added !== '') onDelta?.(added);
  }
  const finished = answer.finish();
  if (finished === null) throw new BrokenStream('The stream ended before the answer was complete.');
  return finished;
}

// Makes the model that the configuration names.
import { chatModel } from './chat.ts';
import type { ModelSettings } from './client.ts';
import type { Model, ModelApi } from './model.ts';
import { responsesModel } from './responses.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry.ts';

export interface ModelOptions {
  readonly api: ModelApi;
  readonly name: string;
  /** Default: OpenAI's own. */
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
  const settings: ModelSettings = {
    name: options.name,
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    retry: { ...defaultRetryPolicy, ...options.retry },
    idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
  };
  switch (options.api) {
    case 'responses':
      return responsesModel(settings);
    case 'chat':
      return chatModel(settings);
  }
}

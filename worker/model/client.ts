// Connects to a model server through the openai SDK.
import OpenAI from 'openai';
import type { ModelServer } from './faults.ts';
import type { RetryPolicy } from './retry.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

export interface ModelSettings {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly apiKey: string;
  readonly retry: RetryPolicy;
  readonly idleTimeoutMs: number;
}

/** Opens a client that reads nothing from the environment, logs nothing and never retries by itself. */
export function connect(settings: Omit<ModelSettings, 'retry'>): {
  readonly client: OpenAI;
  readonly server: ModelServer;
} {
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

// Connects to a model server through its vendor's SDK.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { ModelServer } from './faults.ts';
import type { RetryPolicy } from './retry.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
const ANTHROPIC_URL = 'https://api.anthropic.com';
/** What people set where something about the server is wrong. */
const OPENAI_VARIABLES = {
  key: 'OPENAI_API_KEY',
  url: 'OPENAI_BASE_URL',
  model: 'OPENAI_MODEL, OPENAI_BASE_URL and OPENAI_API',
};
const ANTHROPIC_VARIABLES = {
  key: 'ANTHROPIC_API_KEY',
  url: 'ANTHROPIC_BASE_URL',
  model: 'ANTHROPIC_MODEL and ANTHROPIC_BASE_URL',
};

export interface ModelSettings {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly apiKey: string;
  readonly retry: RetryPolicy;
  readonly idleTimeoutMs: number;
}

/** Opens a client for OpenAI's protocols that reads nothing from the environment, logs nothing and never retries by itself. */
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
  return { client, server: serverOf(url, settings, OPENAI_VARIABLES) };
}

/** The same for Anthropic's protocol. */
export function connectAnthropic(settings: Omit<ModelSettings, 'retry'>): {
  readonly client: Anthropic;
  readonly server: ModelServer;
} {
  // The SDK adds the version, which people copy along from OpenAI's form of an address.
  const url = (settings.baseUrl ?? ANTHROPIC_URL).replace(/\/v1\/?$/, '');
  const client = new Anthropic({
    apiKey: settings.apiKey,
    authToken: null,
    baseURL: url,
    maxRetries: 0,
    logLevel: 'off',
    timeout: settings.idleTimeoutMs * 2,
  });
  return { client, server: serverOf(url, settings, ANTHROPIC_VARIABLES) };
}

function serverOf(
  url: string,
  { name, apiKey }: Omit<ModelSettings, 'retry'>,
  variables: ModelServer['variables'],
): ModelServer {
  return { host: new URL(url).host, model: name, apiKey, variables };
}

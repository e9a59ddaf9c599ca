// Which model server the environment names.
import type { Environment } from '../../core/config/config.ts';
import type { ModelApi } from './model.ts';

export interface ServerAddress {
  readonly api: ModelApi;
  /** The vendor's own where it is undefined. */
  readonly baseUrl: string | undefined;
  readonly apiKey: string;
}

/** A server, and the model on it where the environment names one. */
export interface NamedServer extends ServerAddress {
  readonly model: string | undefined;
}

/**
 * The server that the environment names: OpenAI's protocols where one of its variables is set, else Anthropic's; null
 * where there is neither. A server of one's own often wants no key, but the header must not be empty: then the key
 * is `none`.
 */
export function serverInEnvironment(environment: Environment): NamedServer | null {
  const { OPENAI_API_KEY: openaiKey, OPENAI_BASE_URL: openaiUrl } = environment;
  const { ANTHROPIC_API_KEY: anthropicKey, ANTHROPIC_BASE_URL: anthropicUrl } = environment;
  if (openaiKey !== undefined || openaiUrl !== undefined) {
    const { OPENAI_API: api, OPENAI_MODEL: model } = environment;
    return { api, baseUrl: openaiUrl, apiKey: openaiKey ?? 'none', model };
  }
  if (anthropicKey === undefined && anthropicUrl === undefined) return null;
  const { ANTHROPIC_MODEL: model } = environment;
  return { api: 'messages', baseUrl: anthropicUrl, apiKey: anthropicKey ?? 'none', model };
}

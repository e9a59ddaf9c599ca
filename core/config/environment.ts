// The environment variables that the product knows.
import { z } from 'zod';
import { configInvalid, invalid } from './invalid.ts';

const environmentSchema = z.object({
  THREADSMITH_CONFIG: z.string().min(1).default('threadsmith.yaml'),
  THREADSMITH_DATA: z.string().min(1).default('.data'),
  DATABASE_URL: z.url().optional(),
  REDIS_URL: z.url().optional(),
  DOCKER_HOST: z.string().min(1).optional(),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  SLACK_BOT_TOKEN: z.string().min(1).optional(),
  SLACK_APP_TOKEN: z.string().min(1).optional(),
  SLACK_SIGNING_SECRET: z.string().min(1).optional(),
  SLACK_API_URL: z.url().optional(),
  /** The app's client id and secret install it in further Slack workspaces. */
  SLACK_CLIENT_ID: z.string().min(1).optional(),
  SLACK_CLIENT_SECRET: z.string().min(1).optional(),
  /** The key that seals the tokens of those Slack workspaces: 32 bytes in base64. */
  SLACK_TOKEN_KEY: z
    .base64()
    .refine((text) => Buffer.from(text, 'base64').byteLength === 32, '32 bytes in base64')
    .optional(),
  /** The bot's address for browsers. */
  PUBLIC_URL: z.url().optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: z.url().optional(),
  OPENAI_MODEL: z.string().min(1).optional(),
  OPENAI_API: z.enum(['responses', 'chat']).default('responses'),
  /** Anthropic's protocol, where no variable names a server of OpenAI's. */
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  ANTHROPIC_MODEL: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type Environment = z.infer<typeof environmentSchema>;

/** Reads the environment variables that the product knows. Throws `config_invalid` naming the variable. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw invalid('the environment', parsed.error.issues);
}

/** The value of an environment variable. Throws `config_invalid` with these words where it is unset or empty. */
export function requiredVariable(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  message: string,
  advice: string,
): string {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  throw configInvalid(message, advice);
}

// Which parts are ours and which were given, and what each child may know of it.
import type { Environment } from '../../core/config/config.ts';

/** The parts that `npm start` brings because the environment names no other. */
export interface EmbeddedParts {
  readonly workspace: boolean;
  readonly model: boolean;
  readonly database: boolean;
}

/** One of these names a model server. */
const MODEL_VARIABLES = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
] as const;

/** With `--once` the request is always played in the local workspace. */
export function embeddedParts(environment: Environment, once: boolean): EmbeddedParts {
  return {
    workspace:
      once || (environment.SLACK_BOT_TOKEN === undefined && environment.SLACK_TOKEN_KEY === undefined),
    model: MODEL_VARIABLES.every((name) => environment[name] === undefined),
    database: environment.DATABASE_URL === undefined,
  };
}

export interface SlackSettings {
  readonly SLACK_BOT_TOKEN: string;
  readonly SLACK_APP_TOKEN: string;
  readonly SLACK_API_URL: string;
}

export interface ModelSettings {
  readonly OPENAI_API_KEY: string;
  readonly OPENAI_BASE_URL?: string;
  readonly OPENAI_MODEL?: string;
  readonly OPENAI_API?: string;
}

/** What both processes know. */
export interface SharedSettings {
  readonly DATABASE_URL: string;
  readonly THREADSMITH_DATA: string;
  readonly THREADSMITH_CONFIG: string;
}

/** The bot has Slack's tokens and nothing of the model or the sandboxes. */
export function botEnvironment(
  own: NodeJS.ProcessEnv,
  shared: SharedSettings,
  slack: SlackSettings | null,
): NodeJS.ProcessEnv {
  return {
    ...without(own, ['OPENAI_', 'ANTHROPIC_', ...(slack === null ? [] : ['SLACK_'])]),
    ...slack,
    ...shared,
  };
}

/** The worker drives untrusted code: it never gets Slack's tokens. */
export function workerEnvironment(
  own: NodeJS.ProcessEnv,
  shared: SharedSettings,
  model: ModelSettings | null,
  dockerHost: string,
): NodeJS.ProcessEnv {
  return { ...without(own, ['SLACK_']), ...model, ...shared, DOCKER_HOST: dockerHost };
}

/** The stand-ins for Slack and the model get no setting and no secret at all. */
export function standInEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return without(own, ['SLACK_', 'OPENAI_', 'ANTHROPIC_', 'DATABASE_', 'REDIS_', 'DOCKER_', 'THREADSMITH_']);
}

function without(env: NodeJS.ProcessEnv, prefixes: readonly string[]): NodeJS.ProcessEnv {
  const hidden = [...prefixes, 'npm_', 'THREADSMITH_STARTED_BY'];
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !hidden.some((prefix) => name.startsWith(prefix))),
  );
}

// The configuration file and the environment, each read once and checked against a schema.
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ThreadsmithError } from './errors.ts';

const names = z.array(z.string().min(1));

const mcpName = z.string().regex(/^[A-Za-z0-9-]{1,30}$/, 'letters, digits and dashes');
/** What a header or a variable of the server is called, and the worker's environment variable that holds it. */
const fromEnvironment = z.record(z.string(), z.string().min(1)).default({});

const mcpSchema = z.union([
  z.strictObject({ name: mcpName, url: z.url(), headers_from: fromEnvironment }),
  z.strictObject({ name: mcpName, command: names.min(1), env_from: fromEnvironment }),
]);

const repoSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,60}$/, 'letters, digits, dots, dashes and underscores'),
  /** A git URL, or a path relative to the configuration file. */
  url: z.string().min(1),
  default_branch: z.string().min(1).optional(),
  description: z.string().max(500).optional(),
  /** Channel ids or names (without #) whose requests are for this repo. */
  channels: names.default([]),
  /** A web address whose `{commit}`, `{path}` and `{line}` are filled in for links to the code. */
  web_url: z.url().optional(),
  /** MCP servers that the agent may use here, each with the names of its tools, or `*`. */
  mcp: z.record(mcpName, names).optional(),
});

const peopleSchema = z.strictObject({
  start: names.default([]),
  approve: names.default([]),
  merge: names.default([]),
});

const price = z.number().min(0);

/** For a million tokens of each kind. */
const pricesSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters, such as USD')
    .default('USD'),
  models: z.record(z.string(), z.strictObject({ input: price, cached: price, output: price })).default({}),
});

const fallbackSchema = z.strictObject({
  name: z.string().min(1),
  /** Attempts at one answer that fail before the fallback stands in. */
  after: z.int().min(1).max(8).default(4),
});

const alertSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,60}$/, 'letters, digits, dots, dashes and underscores'),
  /** A channel's id, or its name without #. */
  channel: z.string().min(1),
  /** Bot ids (B…) or app ids (A…) whose messages count. */
  from: names.min(1, 'at least one bot or app id'),
  /** A regular expression that their words must match; case does not count. */
  pattern: z.string().min(1).default('.').refine(isPattern, 'a regular expression'),
  repo: z.string().min(1),
  /** `ask`: it is only looked into, and a person decides. */
  fix: z.enum(['ask', 'at_once']).default('ask'),
  quiet_minutes: z.int().min(1).max(10_080).default(60),
  per_hour: z.int().min(1).max(100).default(6),
});

const modelSchema = z.strictObject({
  name: z.string().min(1).optional(),
  /** A cheaper model on the same server that judges changes. */
  judge: z.string().min(1).optional(),
  /** A model on the same server that stands in where the first one keeps failing. */
  fallback: fallbackSchema.optional(),
  prices: pricesSchema.prefault({}),
  /** How much the model takes in at once: the conversation is summed up before. */
  context_tokens: z.int().min(4_000).default(200_000),
  max_steps: z.int().min(1).max(1000).default(80),
  max_minutes: z.int().min(1).max(600).default(60),
  /** Of one turn, input and output together. */
  max_tokens: z.int().min(1_000).optional(),
  /** Of one turn, in the currency of the prices. */
  max_cost: z.number().positive().optional(),
});

const workerSchema = z.strictObject({
  turns: z.int().min(1).max(64).default(2),
});

const sandboxSchema = z.strictObject({
  memory_mb: z.int().min(256).default(2048),
  cpus: z.number().min(0.1).default(2),
  pids: z.int().min(64).default(512),
  disk_mb: z.int().min(256).default(4096),
  setup_minutes: z.int().min(1).default(15),
  /** For each check; parts of a minute count. */
  check_minutes: z.number().min(0.01).default(10),
});

const configSchema = z.strictObject({
  repos: z.array(repoSchema).min(1, 'at least one repo'),
  people: peopleSchema,
  alerts: z.array(alertSchema).default([]),
  model: modelSchema.prefault({}),
  worker: workerSchema.prefault({}),
  sandbox: sandboxSchema.prefault({}),
  mcp: z.array(mcpSchema).default([]),
});

export type RepoConfig = z.infer<typeof repoSchema>;
export type AlertRule = z.infer<typeof alertSchema>;
export type Config = z.infer<typeof configSchema>;
export type People = Config['people'];

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
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: z.url().optional(),
  OPENAI_MODEL: z.string().min(1).optional(),
  OPENAI_API: z.enum(['responses', 'chat']).default('responses'),
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

/**
 * Reads and checks a configuration file. Relative repo paths are resolved against the file's folder.
 * Throws `config_invalid` with the file, the key and what was expected.
 */
export function readConfig(file: string): Config {
  const path = resolve(file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ThreadsmithError(
      'config_invalid',
      `The configuration file ${file} could not be read.`,
      'Create it (the README shows a minimal one), or point THREADSMITH_CONFIG at another file.',
      { cause },
    );
  }
  let raw: unknown;
  try {
    raw = parseYaml(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ThreadsmithError(
      'config_invalid',
      `${file} is not valid YAML: ${reason}`,
      `Mend ${file} and start again.`,
      { cause },
    );
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw invalid(file, parsed.error.issues);
  const repeated = parsed.data.repos
    .map((repo) => repo.name)
    .find((name, index, all) => all.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new ThreadsmithError(
      'config_invalid',
      `${file}: repos: the name ${repeated} is used twice.`,
      'Give each repo its own name.',
    );
  }
  const astray = parsed.data.alerts.find(({ repo }) => !parsed.data.repos.some(({ name }) => name === repo));
  if (astray !== undefined) {
    throw new ThreadsmithError(
      'config_invalid',
      `${file}: alerts: ${astray.name} is for the repo ${astray.repo}, which is not among the repos.`,
      'Name one of the repos.',
    );
  }
  const servers = parsed.data.mcp.map(({ name }) => name);
  for (const repo of parsed.data.repos) {
    const unknown = Object.keys(repo.mcp ?? {}).find((server) => !servers.includes(server));
    if (unknown === undefined) continue;
    throw new ThreadsmithError(
      'config_invalid',
      `${file}: repos: ${repo.name} names the MCP server ${unknown}, which is not under mcp.`,
      'Name one of the servers under mcp.',
    );
  }
  const repos = parsed.data.repos.map((repo) => ({
    ...repo,
    url: resolveRepoUrl(repo.url, dirname(path)),
  }));
  return { ...parsed.data, repos };
}

/** The configuration of one repo with every default, for runs without a file. */
export function configOfRepo(name: string, url: string): Config {
  return configSchema.parse({ repos: [{ name, url }], people: {} });
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'iu') instanceof RegExp;
  } catch {
    return false;
  }
}

/** A path becomes absolute; anything with a scheme or in scp form (`host:path`) stays as it is. */
function resolveRepoUrl(url: string, folder: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[\w.-]+@[\w.-]+:/.test(url) || isAbsolute(url)) return url;
  return resolve(folder, url);
}

function invalid(where: string, issues: readonly z.core.$ZodIssue[]): ThreadsmithError {
  const lines = issues.map(
    (issue) => `${issue.path.map(String).join('.') || '(top level)'}: ${issue.message}`,
  );
  return new ThreadsmithError(
    'config_invalid',
    `${where} is not a valid configuration: ${lines.join('; ')}.`,
    'Correct the named keys and start again.',
  );
}

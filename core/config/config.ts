// Reads the configuration file and checks it against a schema; each part of the schema is a file beside this one.
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ThreadsmithError } from '../errors.ts';
import { alertSchema } from './alerts.ts';
import { invalid } from './invalid.ts';
import { linkSchema } from './links.ts';
import { mcpSchema } from './mcp.ts';
import { modelSchema } from './model.ts';
import { names } from './names.ts';
import { approvalsSchema, peopleSchema } from './people.ts';
import { repliesSchema } from './replies.ts';
import { repoSchema } from './repo.ts';
import { sandboxSchema, workerSchema } from './sandbox.ts';

export type { AlertRule } from './alerts.ts';
export { type Environment, readEnvironment } from './environment.ts';
export type { LinkRule } from './links.ts';
export { modelsOf } from './model.ts';
export type { People } from './people.ts';
export type { Replies } from './replies.ts';
export type { RepoConfig } from './repo.ts';

export const configSchema = z.strictObject({
  repos: z.array(repoSchema).min(1, 'at least one repo'),
  people: peopleSchema,
  /** Ids (T…) of the Slack workspaces that may install the app by OAuth. */
  workspaces: names.default([]),
  approvals: approvalsSchema.prefault({}),
  alerts: z.array(alertSchema).default([]),
  links: z.array(linkSchema).default([]),
  replies: repliesSchema.prefault({}),
  model: modelSchema.prefault({}),
  worker: workerSchema.prefault({}),
  sandbox: sandboxSchema.prefault({}),
  mcp: z.array(mcpSchema).default([]),
});

export type Config = z.infer<typeof configSchema>;

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

/** A path becomes absolute; anything with a scheme or in scp form (`host:path`) stays as it is. */
function resolveRepoUrl(url: string, folder: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[\w.-]+@[\w.-]+:/.test(url) || isAbsolute(url)) return url;
  return resolve(folder, url);
}

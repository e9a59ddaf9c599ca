// Reads the configuration file and checks it against a schema; each part of the schema is a file beside this one.
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { configInvalid, invalid } from './invalid.ts';
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
  const parsed = configSchema.safeParse(readYaml(file, path));
  if (!parsed.success) throw invalid(file, parsed.error.issues);
  checkNames(file, parsed.data);
  const repos = parsed.data.repos.map((repo) => ({ ...repo, url: resolveRepoUrl(repo.url, dirname(path)) }));
  return { ...parsed.data, repos };
}

function readYaml(file: string, path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const advice = 'Create it (the README shows a minimal one), or point THREADSMITH_CONFIG at another file.';
    throw configInvalid(`The configuration file ${file} could not be read.`, advice, cause);
  }
  try {
    return parseYaml(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw configInvalid(`${file} is not valid YAML: ${reason}`, `Mend ${file} and start again.`, cause);
  }
}

/** Checks that names are used once where they are defined, and defined where they are used. */
function checkNames(file: string, { repos, alerts, mcp }: Config): void {
  const names = repos.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw configInvalid(
      `${file}: repos: the name ${repeated} is used twice.`,
      'Give each repo its own name.',
    );
  const astray = alerts.find(({ repo }) => !names.includes(repo));
  if (astray !== undefined)
    throw configInvalid(
      `${file}: alerts: ${astray.name} is for the repo ${astray.repo}, which is not among the repos.`,
      'Name one of the repos.',
    );
  const servers = mcp.map(({ name }) => name);
  for (const repo of repos) {
    const unknown = Object.keys(repo.mcp ?? {}).find((server) => !servers.includes(server));
    if (unknown !== undefined)
      throw configInvalid(
        `${file}: repos: ${repo.name} names the MCP server ${unknown}, which is not under mcp.`,
        'Name one of the servers under mcp.',
      );
  }
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

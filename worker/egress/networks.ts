// Makes each repo's egress policy from the configuration, with secrets from the worker's environment. The secrets stay
// in this process.
import { validateHeaderValue } from 'node:http';
import type { Config, RepoConfig } from '../../core/config/config.ts';
import type { SecretConfig } from '../../core/config/network.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { machineCertificates, npmRegistry } from '../../sandbox/egress/machine.ts';
import type { Lookup } from '../../sandbox/egress/resolve.ts';
import type { EgressPolicy, EgressRule, EgressSecret } from '../../sandbox/port/network-policy.ts';

/** Shorter ones could not be told from other text in an answer, see core/redact.ts. */
const MIN_SECRET_CHARS = 8;

export interface RepoNetwork {
  readonly policy: EgressPolicy;
  /** Variables that point tools at these hosts. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Networks {
  /** By the repo's name; repos without `network` are not in it. */
  readonly byRepo: ReadonlyMap<string, RepoNetwork>;
  /** PEM. Sandboxes and their proxies trust these authorities. */
  readonly certificates: string;
  /** Looks names up; the system's resolver without it. */
  readonly lookup?: Lookup;
}

/**
 * Reads what each repo may reach. The preset `npm` also means the registry that npm on this machine is set to.
 * Throws `config_invalid` naming the variable where a secret is not set or cannot be sent.
 */
export async function networksOf(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Networks> {
  const entries: [string, RepoNetwork][] = [];
  for (const repo of config.repos) {
    if (repo.network === undefined) continue;
    const secrets = (repo.secrets ?? []).map((secret) => secretOf(repo, secret, environment));
    const registry = repo.network.some(({ preset }) => preset === 'npm') ? await npmRegistry() : undefined;
    const rules = [
      ...repo.network.map(ruleOf),
      ...(registry === undefined ? [] : [fetchedFrom(registry.rule)]),
    ];
    const maxBytes = config.sandbox.network_mb * 2 ** 20;
    const env: Record<string, string> = registry === undefined ? {} : { npm_config_registry: registry.url };
    entries.push([repo.name, { policy: { rules, secrets, maxBytes }, env }]);
  }
  return {
    byRepo: new Map(entries),
    certificates: entries.length === 0 ? '' : await machineCertificates(),
  };
}

/** Allows reading only, as with the registries of presets: nothing is published there. */
function fetchedFrom(rule: EgressRule): EgressRule {
  return { ...rule, methods: ['GET', 'HEAD'] };
}

/** Maps a NetworkRule, which a person writes, to an EgressRule, whose reach `anywhere` no configuration may give. */
function ruleOf(rule: NonNullable<RepoConfig['network']>[number]): EgressRule {
  const { host, ports, methods } = rule;
  return {
    host,
    ports,
    ...(methods === undefined ? {} : { methods }),
    reach: rule.private ? 'private' : 'public',
  };
}

function secretOf(
  repo: RepoConfig,
  { host, header, value_from: variable, format }: SecretConfig,
  environment: Readonly<Record<string, string | undefined>>,
): EgressSecret {
  const secret = environment[variable];
  const where = `The secret of ${repo.name} for ${host}`;
  if (secret === undefined || secret === '') {
    throw unusable(`${where} needs the environment variable ${variable}, which is not set.`, variable);
  }
  if (secret.length < MIN_SECRET_CHARS) {
    throw unusable(
      `${where} is in ${variable}, which has fewer than ${MIN_SECRET_CHARS} characters.`,
      variable,
    );
  }
  const value = format.replace('{value}', () => secret);
  if (!isHeaderValue(header, value)) {
    throw unusable(`${where} is in ${variable}, whose value cannot be sent in a header.`, variable);
  }
  return { host, header, value, secret };
}

function isHeaderValue(header: string, value: string): boolean {
  try {
    validateHeaderValue(header, value);
    return /^[\x20-\x7e]*$/.test(value);
  } catch {
    return false;
  }
}

function unusable(message: string, variable: string): ThreadsmithError {
  return new ThreadsmithError(
    'config_invalid',
    message,
    `Set ${variable} where the worker runs, or take the secret out of the configuration.`,
  );
}

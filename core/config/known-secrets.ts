// Finds the credentials in the environment and the configuration: the values that must not leave a process.
import type { Config } from './config.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Names of variables that hold a credential: ours, and those of git, cloud providers and others. */
const CREDENTIAL = /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PAT|KEY)$/i;

/**
 * The credentials among the variables: those with such a name, passwords in URLs, and all that `named` lists.
 * A path to a file with a credential is not one.
 */
export function secretsOfEnvironment(variables: Variables, named: readonly string[] = []): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    if (named.includes(name)) return withoutScheme(value);
    const inUrl = passwordsIn(value);
    return CREDENTIAL.test(name) && !value.startsWith('/') ? [...withoutScheme(value), ...inUrl] : inUrl;
  });
}

/**
 * The credentials of the configuration: in the addresses of repos, and in the variables that MCP servers, links
 * and the `secrets` of repos name.
 */
export function secretsOfConfig(config: Config, variables: Variables): readonly string[] {
  const named = [
    ...config.mcp.flatMap((server) => Object.values('url' in server ? server.headers_from : server.env_from)),
    ...config.links.flatMap((link) => Object.values(link.headers_from)),
    ...config.repos.flatMap(({ secrets = [] }) => secrets.map(({ value_from }) => value_from)),
  ];
  const addresses = [
    ...config.repos.map(({ url }) => url),
    ...config.mcp.flatMap((server) => ('url' in server ? [server.url] : [])),
  ];
  return [...secretsOfEnvironment(variables, named), ...addresses.flatMap(passwordsIn)];
}

/** Adds the value of a header without its scheme, such as `Bearer`: both are secret. */
function withoutScheme(value: string): readonly string[] {
  const found = /^[A-Za-z]+ (\S+)$/.exec(value.trim());
  return found?.[1] === undefined ? [value] : [value, found[1]];
}

/** The password of a URL, or a token in place of the user name. */
function passwordsIn(text: string): readonly string[] {
  const url = URL.parse(text);
  if (url === null || (url.username === '' && url.password === '')) return [];
  const [user, password] = [url.username, url.password].map(decoded);
  // Development databases often have one word as name, user and password; ssh://git@… has no secret.
  if (password === user || (password === '' && url.protocol === 'ssh:')) return [];
  return [password === '' ? (user ?? '') : (password ?? '')];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

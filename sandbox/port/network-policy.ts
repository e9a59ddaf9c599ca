// What a sandbox may reach: hosts, ports and methods by name. The proxy refuses everything that no rule names.

/**
 * Where the host of a rule may be: on the public internet; also in the private networks of a company; or anywhere, for
 * what the operator's own machine uses, such as its package registry.
 */
export type Reach = 'public' | 'private' | 'anywhere';

export interface EgressRule {
  /** A host name, `*.example.com` for all names below it, or `*` for any public host. */
  readonly host: string;
  /** Default 443 and 80. */
  readonly ports?: readonly number[];
  /** Only these methods. A tunnel hides its methods, so the proxy ends TLS for such a host and reads them. */
  readonly methods?: readonly string[];
  /** Default `public`. */
  readonly reach?: Reach;
}

/** A header that the proxy sets, so that its value never enters the sandbox. For such hosts it ends TLS. */
export interface EgressSecret {
  /** One host, which a rule has to allow too. */
  readonly host: string;
  readonly header: string;
  /** The header's value. */
  readonly value: string;
  /** The secret in that value; the proxy takes it out of the host's answers. */
  readonly secret: string;
}

export interface EgressPolicy {
  readonly rules: readonly EgressRule[];
  readonly secrets?: readonly EgressSecret[];
  /** The bound for all requests and answers together. */
  readonly maxBytes?: number;
}

export const PLAIN_PORT = 80;
export const TLS_PORT = 443;

const DEFAULT_PORTS: readonly number[] = [TLS_PORT, PLAIN_PORT];

export interface Destination {
  /** In lower case, without a dot at its end. */
  readonly host: string;
  readonly port: number;
}

/** Parses `host:port`; undefined where it is not a plain name or address with a port. */
export function parseDestination(authority: string, defaultPort?: number): Destination | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(\d{1,5}))?$/i.exec(authority);
  const host = match?.[1]?.toLowerCase().replace(/^\[|\]$/g, '');
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (host === undefined || host.length > 253 || port === undefined || port < 1 || port > 65_535)
    return undefined;
  return { host, port };
}

/** All rules that name a destination, whatever the method. */
export function rulesFor(policy: EgressPolicy, { host, port }: Destination): readonly EgressRule[] {
  return policy.rules.filter(
    (rule) => namesHost(rule.host.toLowerCase(), host) && (rule.ports ?? DEFAULT_PORTS).includes(port),
  );
}

/** Whether one of these rules allows the method. */
export function allowsMethod(rules: readonly EgressRule[], method: string): boolean {
  return rules.some((rule) => rule.methods === undefined || rule.methods.includes(method));
}

/** The headers that are set for a host. */
export function secretsFor({ secrets = [] }: EgressPolicy, { host }: Destination): readonly EgressSecret[] {
  return secrets.filter((secret) => secret.host.toLowerCase() === host);
}

/** True where the proxy has to read the requests to this host instead of passing bytes through. */
export function isRead(policy: EgressPolicy, destination: Destination): boolean {
  const restricted = rulesFor(policy, destination).every(({ methods }) => methods !== undefined);
  return restricted || secretsFor(policy, destination).length > 0;
}

/** The widest reach of these rules. */
export function reachOf(rules: readonly EgressRule[]): Reach {
  const reaches = rules.map(({ reach }) => reach ?? 'public');
  return (
    reaches.find((reach) => reach === 'anywhere') ?? reaches.find((reach) => reach === 'private') ?? 'public'
  );
}

function namesHost(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1));
  return pattern === host;
}

// What a sandbox may reach: named hosts, ports and methods. What no rule names is refused.

export interface EgressRule {
  /** A host name, `*.example.com` for all names below it, or `*` for any public host. */
  readonly host: string;
  /** Default 443 and 80. */
  readonly ports?: readonly number[];
  /**
   * Only these methods. A tunnel hides its methods, so such a rule takes no CONNECT: tools then ask for
   * `http://host/…`, and the proxy itself speaks TLS to the host, on any port but 80.
   */
  readonly methods?: readonly string[];
  /** Headers that the proxy adds, so that their values never enter the sandbox. As with `methods`, no CONNECT. */
  readonly headers?: Readonly<Record<string, string>>;
  /** True for a host that the operator named and that is inside, such as a company's package registry. */
  readonly inside?: boolean;
}

export interface EgressPolicy {
  readonly rules: readonly EgressRule[];
}

const DEFAULT_PORTS: readonly number[] = [443, 80];

export interface Destination {
  /** In lower case, without a dot at its end. */
  readonly host: string;
  readonly port: number;
}

/** A destination as it stands in a request, or undefined where it is not a plain name or address with a port. */
export function parseDestination(authority: string, defaultPort?: number): Destination | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(\d{1,5}))?$/i.exec(authority);
  const host = match?.[1]?.toLowerCase().replace(/^\[|\]$/g, '');
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (host === undefined || host.length > 253 || port === undefined || port < 1 || port > 65_535)
    return undefined;
  return { host, port };
}

/** The first rule for a destination; the method is undefined for a tunnel. */
export function findRule(
  policy: EgressPolicy,
  { host, port }: Destination,
  method?: string,
): EgressRule | undefined {
  return policy.rules.find((rule) => {
    if (!namesHost(rule.host.toLowerCase(), host) || !(rule.ports ?? DEFAULT_PORTS).includes(port))
      return false;
    if (method === undefined) return rule.methods === undefined && rule.headers === undefined;
    return rule.methods === undefined || rule.methods.includes(method);
  });
}

/** True where the proxy itself speaks to the host of this rule, instead of passing bytes through. */
export function isSpokenFor(rule: EgressRule): boolean {
  return rule.methods !== undefined || rule.headers !== undefined;
}

function namesHost(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1));
  return pattern === host;
}

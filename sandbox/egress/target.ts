// What a request to the proxy asks for: the destination, the Host header and the path that are sent on.
import type { IncomingMessage } from 'node:http';
import { type Destination, PLAIN_PORT, parseDestination } from '../port/network-policy.ts';

export interface Target {
  readonly destination: Destination;
  /** The Host header. */
  readonly host: string;
  readonly path: string;
}

/** The target of `GET http://host/path`, whose Host header does not count; undefined where it is no such address. */
export function proxiedTarget({ url: text = '' }: IncomingMessage): Target | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' || url.username !== '' || url.password !== '') return undefined;
  const destination = parseDestination(url.host, PLAIN_PORT);
  return destination && { destination, host: url.host, path: `${url.pathname}${url.search}` };
}

/**
 * The target of a request inside a tunnel to `destination`; undefined where its Host header names another host, which
 * may live at the same address.
 */
export function tunnelledTarget(
  request: IncomingMessage,
  destination: Destination,
  defaultPort: number,
): Target | undefined {
  const { host, port } = destination;
  const path = request.url ?? '';
  const named = parseDestination(request.headers.host ?? '', defaultPort);
  if (named?.host !== host || named.port !== port || !path.startsWith('/')) return undefined;
  const name = host.includes(':') ? `[${host}]` : host;
  return { destination, host: port === defaultPort ? name : `${name}:${port}`, path };
}

// Decides which headers pass the proxy, and sets its own.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { EgressSecret } from '../port/network-policy.ts';

/** Between this proxy and its client, https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-(authenticate|authorization|connection)|te|trailer|transfer-encoding|upgrade)$/;
/** Headers that a `connection` header cannot remove. */
const FRAMING = ['content-length', 'host'];

/** A request's headers for this host. Its secrets replace what the sandbox sent in their headers. */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  host: string,
  secrets: readonly EgressSecret[],
): OutgoingHttpHeaders {
  const passed = withoutHops(headers);
  delete passed['expect'];
  passed['host'] = host;
  // The body is framed anew: a body that nothing announces would be read as the next request.
  if (headers['content-length'] === undefined && headers['transfer-encoding'] !== undefined)
    passed['transfer-encoding'] = 'chunked';
  if (secrets.length === 0) return passed;
  // The proxy searches the answer for the secret, so the answer has to come whole and unencoded.
  passed['accept-encoding'] = 'identity';
  delete passed['range'];
  for (const { header, value } of secrets) passed[header.toLowerCase()] = value;
  return passed;
}

/** An answer's headers as the sandbox gets them. */
export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const passed = withoutHops(headers);
  // It names another way to the host, around this proxy.
  delete passed['alt-svc'];
  return passed;
}

function withoutHops(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/)
    .filter((name) => !FRAMING.includes(name));
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_BY_HOP.test(name) || named.includes(name) ? [] : [[name, value]],
    ),
  );
}

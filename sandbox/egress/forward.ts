// Passes one HTTP request on to the address that was checked for it, and its answer back.
import {
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { pipeline, Transform } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { createRedactor, openRedactedStream } from '../../core/redact.ts';
import type { Destination, EgressSecret } from '../port/network-policy.ts';
import { answerHeaders, requestHeaders } from './headers.ts';
import type { Resolved } from './resolve.ts';
import { type Allowance, type EgressTraffic, Meter } from './traffic.ts';

export const IDLE_TIMEOUT_MS = 120_000;

export interface Forwarded {
  readonly destination: Destination;
  /** The Host header. */
  readonly host: string;
  readonly path: string;
  readonly to: Resolved;
  /** What the proxy trusts where it speaks TLS to the host; undefined for plain HTTP. */
  readonly trust: SecureContext | undefined;
  readonly secrets: readonly EgressSecret[];
  readonly allowance: Allowance;
  readonly onEnd: (traffic: EgressTraffic) => void;
}

/** Sends the request on and the answer back. Answers 502 where that fails; never throws. */
export function forward(request: IncomingMessage, response: ServerResponse, to: Forwarded): void {
  const sent = new Meter(to.allowance);
  const received = new Meter(to.allowance);
  let status: number | null = null;
  response.once('close', () =>
    to.onEnd({ status, sentBytes: sent.counted, receivedBytes: received.counted }),
  );
  const fail = (reason: string): void => refuse(response, 502, `${to.destination.host} ${reason}`);
  const send = to.trust === undefined ? httpRequest : httpsRequest;
  const outgoing = send({
    host: to.destination.host,
    port: to.destination.port,
    method: request.method,
    path: to.path,
    headers: requestHeaders(request.headers, to.host, to.secrets),
    // Connects to the checked address; another lookup could find another one.
    lookup: (_host, _options, done) => done(null, [to.to]),
    timeout: IDLE_TIMEOUT_MS,
    agent: false,
    ...(to.trust === undefined ? {} : { secureContext: to.trust }),
    ...(isIP(to.destination.host) === 0 ? { servername: to.destination.host } : {}),
  });
  outgoing.once('response', (incoming) => {
    status = incoming.statusCode ?? 502;
    try {
      sendBack(incoming, received, response, to.secrets);
    } catch (thrown) {
      // What is thrown here would end the process: a status or a header that no answer may have.
      fail(
        `gave an answer that cannot be passed on: ${thrown instanceof Error ? thrown.message : 'unknown'}`,
      );
      outgoing.destroy();
    }
  });
  response.once('close', () => outgoing.destroy());
  outgoing.once('timeout', () => outgoing.destroy(new Error('did not answer in time')));
  outgoing.once('error', (error) => fail(`could not be reached: ${error.message}`));
  pipeline(request, sent, outgoing, () => {});
}

function sendBack(
  incoming: IncomingMessage,
  received: Meter,
  response: ServerResponse,
  secrets: readonly EgressSecret[],
): void {
  const status = incoming.statusCode ?? 502;
  const headers = answerHeaders(incoming.headers);
  if (secrets.length === 0) {
    response.writeHead(status, headers);
    pipeline(incoming, received, response, () => {});
    return;
  }
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new Error('its encoding cannot be looked through');
  const hidden = secrets.map(({ secret }) => secret);
  response.writeHead(status, withoutSecrets(headers, hidden));
  pipeline(incoming, received, hiding(hidden), response, () => {});
}

/** Answers with a status and a reason; an answer that has begun is cut off. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.writableEnded) return;
  if (response.headersSent || response.destroyed) return void response.destroy();
  // The rest of the request is not read, so no other may follow on this connection.
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`Threadsmith: ${reason}.\n`);
}

function withoutSecrets(headers: OutgoingHttpHeaders, hidden: readonly string[]): OutgoingHttpHeaders {
  const redact = createRedactor(hidden);
  // The body may become longer or shorter.
  const entries = Object.entries(headers).filter(([name]) => name !== 'content-length');
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.map(redact) : redact(String(value))]),
  );
}

/** A stream that takes the secrets out of the bytes. */
function hiding(hidden: readonly string[]): Transform {
  const through = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      redacted.push(chunk.toString('latin1'));
      done();
    },
    flush: (done) => {
      redacted.end();
      done();
    },
  });
  const redacted = openRedactedStream(hidden, (text) => void through.push(Buffer.from(text, 'latin1')));
  return through;
}
